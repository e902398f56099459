"""A folder of append logs: which there are, and empty ones made ahead."""

from __future__ import annotations

import logging
import os
import threading
import time
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakSet

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import warn_once
from jupyter_openeo_artifacts.state.append_log import AppendLog, first_line, is_held_here
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import new_id

if TYPE_CHECKING:
    from pathlib import Path


_log = logging.getLogger(__name__)

ENDING = ".jsonl"


TICK_SECONDS = 0.2
"""After which a folder's time has moved on, whatever its file system's resolution."""
TRUSTED_SECONDS = 2.0
"""For which a folder's time is believed: a network file system may be late with it."""

_JUST_MADE = 60.0  # seconds: whoever makes a log may not have written its first line yet


def upload_file(upload: str) -> Path:
    """Return where the record of an upload lies as long as a process goes on with it.

    Raises
    ------
    RecordsUnusable
        Our folder cannot be used.
    """
    return state_folder("uploads") / f"{upload}{ENDING}"


class _Listing(NamedTuple):
    """The logs of a folder, since when by its time and ours, and when they were read."""

    changed: int
    since: float
    read: float
    settled: bool
    names: list[str]


_listings: dict[Path, _Listing] = {}


def logs_in(folder: Path, *, include_own: bool = True) -> list[Path]:
    """Return the logs in `folder` by name; none where there is no such folder, or it is unreadable.

    Parameters
    ----------
    include_own
        Whether those that this process has in hand count, too; there may be many.
    """
    try:
        names = _names(folder)
    except FileNotFoundError:
        return []
    except OSError as error:  # left by another user (sudo), or on a broken mount
        reason = error.strerror or type(error).__name__
        warn_once(_log, f"{folder} cannot be read ({reason}): no upload in it is gone on with.")
        return []
    if not include_own:
        begin = f"{folder}{os.sep}"  # spelled once: each small file asks for all that are in hand
        names = [name for name in names if not is_held_here(begin + name)]
    return [folder / name for name in names]


def _names(folder: Path) -> list[str]:
    """Return what `logs_in` does, by a look at the folder's time where that has not changed.

    Reading a folder costs each small upload more than all of its own lines, as Python hands its
    lock on for each name. The time is trusted when it has been the same for longer than a tick of
    any system's clock, where it is finer than a second, and for two seconds: some systems of
    networks are late with it.
    """
    changed, now = os.stat(folder).st_mtime_ns, time.monotonic()  # noqa: PTH116  see above
    known = _listings.get(folder)
    same = known is not None and known.changed == changed
    since = known.since if known is not None and same else now
    if known is not None and same and known.settled and now - known.read < TRUSTED_SECONDS:
        return known.names
    with os.scandir(folder) as found:
        names = sorted([each.name for each in found if each.name.endswith(ENDING)])
    settled = now - since > TICK_SECONDS and changed % 1_000_000_000 != 0
    _listings[folder] = _Listing(changed, since, now, settled, names)
    return names


def is_older(path: Path, seconds: float) -> bool:
    """Whether nothing was written to a file for so long; False where it is gone."""
    try:
        return time.time() - path.stat().st_mtime > seconds
    except OSError:
        return False


def remove_hollow(folder: Path) -> None:
    """Remove what processes have left that were killed before they had written a first line."""
    for path in logs_in(folder):
        if not is_older(path, _JUST_MADE) or first_line(path) is not None:
            continue
        if (log := AppendLog.take(path)) is not None:
            (log.close if log.entries else log.remove)()


class _Folder:
    """The logs of one folder: those that are in use, as far as nobody forgot them, and the rest."""

    def __init__(self) -> None:
        self.in_use: WeakSet[AppendLog] = WeakSet()
        self.spare: list[AppendLog] = []

    @property
    def is_used(self) -> bool:
        return any(not log.closed for log in self.in_use)


class SpareLogs:
    """Makes logs for what is short, and uses their files again: making one costs more than a line.

    When the last log of a folder ends, none is left there. For any number of threads.
    """

    def __init__(self) -> None:
        call_after_fork(self)
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Have no log: after a fork those that there are belong to the parent."""
        self._lock = threading.Lock()
        self._folders: defaultdict[str, _Folder] = defaultdict(_Folder)

    def take(self, folder: Path) -> AppendLog:
        """Return an empty log in `folder`, which is made where there is no spare one.

        Raises
        ------
        RecordsUnusable
            As `AppendLog.create`.
        """
        with self._lock:
            here = self._folders[str(folder)]
            if here.spare:
                found = here.spare.pop()
                here.in_use.add(found)
                return found
        made = AppendLog.create(folder / f"{new_id()}{ENDING}", durable=False)
        with self._lock:
            self._folders[made.folder].in_use.add(made)
        return made

    def give_back(self, log: AppendLog) -> None:
        """End a log that was taken here: what it told of is no more."""
        with self._lock:
            here = self._folders[log.folder]
            here.in_use.discard(log)
            if here.is_used and log.clear():
                here.spare.append(log)
                return
            over = [*self._unneeded(log.folder), log]
        for each in over:
            each.remove()

    def let_go(self, log: AppendLog) -> None:
        """Close a log that was taken here and stays as it is, for whoever takes it over."""
        with self._lock:
            self._folders[log.folder].in_use.discard(log)
            over = self._unneeded(log.folder)
        log.close()
        for each in over:
            each.remove()

    def forget(self) -> None:
        """Start again in a forked process: the files are its parent's."""
        self.__init__()  # type: ignore[misc]

    def _unneeded(self, folder: str) -> list[AppendLog]:
        if self._folders[folder].is_used:
            return []
        return self._folders.pop(folder).spare


SPARE_LOGS = SpareLogs()
"""Those of this process."""


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SPARE_LOGS.forget)
