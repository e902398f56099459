"""Logs whose story has ended, kept empty for the next one while there are others."""

from __future__ import annotations

import os
import threading
from collections import defaultdict
from typing import TYPE_CHECKING
from weakref import WeakSet

from jupyter_openeo_artifacts.forks import begin_anew_after_fork
from jupyter_openeo_artifacts.records.append_log import AppendLog
from jupyter_openeo_artifacts.records.ids import new_id
from jupyter_openeo_artifacts.records.log_folder import ENDING

if TYPE_CHECKING:
    from pathlib import Path


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
        begin_anew_after_fork(self)
        self.begin_anew()

    def begin_anew(self) -> None:
        """Have no log: after a fork those that there are belong to the parent."""
        self._lock = threading.Lock()
        self._folders: defaultdict[Path, _Folder] = defaultdict(_Folder)

    def take(self, folder: Path) -> AppendLog:
        """Return an empty log in `folder`, which is made where there is no spare one.

        Raises
        ------
        RecordsUnusable
            As `AppendLog.create`.
        """
        with self._lock:
            here = self._folders[folder]
            if here.spare:
                found = here.spare.pop()
                here.in_use.add(found)
                return found
        made = AppendLog.create(folder / f"{new_id()}{ENDING}", durable=False)
        with self._lock:
            self._folders[folder].in_use.add(made)
        return made

    def give_back(self, log: AppendLog) -> None:
        """End a log that was taken here: what it told of is no more."""
        with self._lock:
            here = self._folders[log.path.parent]
            here.in_use.discard(log)
            if here.is_used and log.clear():
                here.spare.append(log)
                return
            over = [*self._unneeded(log.path.parent), log]
        for each in over:
            each.remove()

    def let_go(self, log: AppendLog) -> None:
        """Close a log that was taken here and stays as it is, for whoever takes it over."""
        with self._lock:
            self._folders[log.path.parent].in_use.discard(log)
            over = self._unneeded(log.path.parent)
        log.close()
        for each in over:
            each.remove()

    def forget(self) -> None:
        """Start again in a forked process: the files are its parent's."""
        self.__init__()  # type: ignore[misc]

    def _unneeded(self, folder: Path) -> list[AppendLog]:
        if self._folders[folder].is_used:
            return []
        return self._folders.pop(folder).spare


SPARE_LOGS = SpareLogs()
"""Those of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SPARE_LOGS.forget)
