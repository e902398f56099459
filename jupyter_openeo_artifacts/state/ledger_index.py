"""Which records a ledger folder holds, kept current without listing it for each file.

One file of hints beside the records names each id that was added or removed; every process reads
on from the line that it has read last. A hint may be lost (a crash, a network file system, an older
version of this package), so the folder is listed again when its time has changed, but at most once
a minute.
"""

from __future__ import annotations

import os
import secrets
import sys
import threading
import time
from bisect import bisect_left, insort
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from jupyter_openeo_artifacts.state.files import OPEN_FLAGS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


ENDING = ".json"


HINTS = ".changes"


LONGEST_HINTS = 1024 * 1024
"""Bytes of hints, after which the file is started again."""


LIST_SECONDS = 60.0
"""Shortest time between two listings of a folder whose hints are in order."""


_SETTLED_NS = 2_000_000_000


_FLAGS = os.O_CREAT | os.O_APPEND | OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0)


Key = tuple[str, str, int]
"""Connection, name and size in bytes: what two stagings of one file have in common."""


class LedgerState(NamedTuple):
    """A version that grows with each change, and the ids that came and went last."""

    version: int = 0
    added: str | None = None
    removed: str | None = None


class _Position(NamedTuple):
    """How far a hints file was read."""

    inode: int
    offset: int


class LedgerIndex:
    """The ids of one folder in order, and what is known of them; for any number of threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hints = f"{folder}{os.sep}{HINTS}"  # asked for with each small file
        self._lock = threading.Lock()
        self._ids: list[str] = []
        self._known: set[str] = set()
        self._connections: dict[str, str] = {}
        self._hints_fd: int | None = None  # kept open for the next one
        self._position: _Position | None = None
        self._listed_at = float("-inf")
        self._listed_time = -1  # of the folder, where it was old enough to be trusted
        self._state = LedgerState()
        self._since = ""
        self._keys: dict[tuple[str, int], list[str]] = {}
        self._keyed: set[str] = set()
        self._unread: set[str] = set()  # those since then that are not among them
        self._cursor = 0

    def state(self) -> LedgerState:
        """Return the present state; one stat where nothing has changed."""
        with self._lock:
            self._refresh()
            return self._state

    def relist(self) -> None:
        """List the folder, whatever the hints say."""
        with self._lock:
            self._list(self._look())

    def ids(self, before: str | None = None, batch: int = 256) -> Iterator[str]:
        """Yield the ids below `before`, newest first, as they are meanwhile."""
        with self._lock:
            self._refresh()
        while True:
            with self._lock:
                end = len(self._ids) if before is None else bisect_left(self._ids, before)
                found = self._ids[max(0, end - batch) : end]
            if not found:
                return
            yield from reversed(found)
            before = found[0]

    def count(self) -> int:
        """Return how many there are."""
        with self._lock:
            self._refresh()
            return len(self._ids)

    def connection(self, record: str) -> str | None:
        """Return the connection of a record that this process has read before."""
        return self._connections.get(record)

    def note_read(self, record: str, key: Key) -> None:
        """Remember what a record that was read is about."""
        with self._lock:
            self._note_key(record, key)

    def added(self, record: str, key: Key) -> None:
        """Note a record that this process has written, and tell the others."""
        with self._lock:
            self._put(record)
            self._note_key(record, key)
            self._tell(record)

    def removed(self, record: str) -> None:
        """Note a record that this process has removed, and tell the others."""
        with self._lock:
            self._drop(record)
            self._tell(record)

    def unread_since(self, since: str) -> list[str]:
        """Return the ids from `since` on whose keys are not known yet; oldest first."""
        with self._lock:
            self._refresh()
            if since > self._since:
                self._keys, self._keyed = {}, set()
            if since != self._since:
                self._since = since
                self._unread = {*self._ids[bisect_left(self._ids, since) :]} - self._keyed
            return sorted(self._unread)

    def named(self, name: str, size: int) -> list[str]:
        """Return the ids of that name and size, newest first, as far as `unread_since` went."""
        with self._lock:
            found = self._keys.get((name, size), ())
            return sorted(self._known.intersection(found), reverse=True)

    def next_to_check(self) -> str | None:
        """Return one id after the other, from the oldest on and around."""
        with self._lock:
            if not self._ids:
                return None
            self._cursor %= len(self._ids)
            found = self._ids[self._cursor]
            self._cursor += 1
            return found

    def _note_key(self, record: str, key: Key) -> None:
        self._connections[record] = sys.intern(key[0])
        if record >= self._since and record not in self._keyed:
            self._keyed.add(record)
            self._unread.discard(record)
            self._keys.setdefault(key[1:], []).append(record)

    def _refresh(self) -> None:
        found = self._look()
        here = self._position
        now = time.monotonic()
        if (
            here is None
            or found is None
            or found.inode != here.inode
            or found.offset < here.offset
            or (now - self._listed_at > LIST_SECONDS and self._folder_changed())
        ):
            self._list(found)
        elif found.offset > here.offset:
            self._read_hints(here)

    def _look(self) -> _Position | None:
        try:
            seen = os.stat(self._hints)  # noqa: PTH116  as above
        except OSError:
            return None
        return _Position(seen.st_ino, seen.st_size)

    def _folder_changed(self) -> bool:
        return os.stat(self._folder).st_mtime_ns != self._listed_time  # noqa: PTH116  as above

    def _list(self, position: _Position | None) -> None:
        """List the folder; hints written meanwhile are read again, which does no harm."""
        changed, now = self._folder.stat().st_mtime_ns, time.time_ns()
        with os.scandir(self._folder) as entries:
            names = [
                each.name[: -len(ENDING)]
                for each in entries
                if each.name.endswith(ENDING) and not each.name.startswith(".")
            ]
        found = set(names)
        for record in self._known - found:
            self._drop(record, keep_order=False)
        came = found - self._known
        if came:
            self._known |= came
            self._unread.update(each for each in came - self._keyed if each >= self._since)
            self._changed(added=max(came))
        self._ids = sorted(found)
        self._position = position
        self._listed_at = time.monotonic()
        self._listed_time = changed if now - changed > _SETTLED_NS else -1

    def _read_hints(self, here: _Position) -> None:
        try:
            with open(self._hints, "rb") as file:  # noqa: PTH123  as above
                if os.fstat(file.fileno()).st_ino != here.inode:
                    self._list(None)  # started again just now; the next look finds the new one
                    return
                file.seek(here.offset)
                content = file.read()
        except OSError:
            self._list(None)
            return
        end = content.rfind(b"\n") + 1
        for line in content[:end].splitlines():
            record = line.decode("ascii", "replace")
            if not record.isalnum():
                continue
            if (self._folder / f"{record}{ENDING}").exists():
                self._put(record)
            else:
                self._drop(record)
        self._position = _Position(here.inode, here.offset + end)

    def _put(self, record: str) -> None:
        if record not in self._known:
            self._known.add(record)
            insort(self._ids, record)
            if record >= self._since and record not in self._keyed:
                self._unread.add(record)
        self._changed(added=record)

    def _drop(self, record: str, *, keep_order: bool = True) -> None:
        if record not in self._known:
            return
        self._known.remove(record)
        self._unread.discard(record)
        if keep_order:
            del self._ids[bisect_left(self._ids, record)]
        self._connections.pop(record, None)
        self._changed(removed=record)

    def _changed(self, *, added: str | None = None, removed: str | None = None) -> None:
        state = self._state
        self._state = LedgerState(state.version + 1, added or state.added, removed or state.removed)

    def _tell(self, record: str) -> None:
        """Append a hint; one that cannot be written costs others a minute, nothing else."""
        line = f"\n{record}\n".encode()  # whatever was torn before it ends here
        with suppress(OSError):
            seen = self._append(line)
            if seen.st_size > LONGEST_HINTS:
                self._begin_anew()
            elif self._position == _Position(seen.st_ino, seen.st_size - len(line)):
                self._position = _Position(seen.st_ino, seen.st_size)  # nobody else wrote

    def _append(self, line: bytes) -> os.stat_result:
        """Write a line to the hints that are in the folder now; return what they are then."""
        if self._hints_fd is not None:
            with suppress(OSError):  # stale, on a file system of a network
                os.write(self._hints_fd, line)
                seen = os.fstat(self._hints_fd)
                looked_at = self._position
                if seen.st_nlink and (looked_at is None or looked_at.inode == seen.st_ino):
                    return seen
            self._close()  # another process has started it again, or it was removed
        fd = os.open(self._hints, os.O_WRONLY | _FLAGS, 0o600)
        try:
            os.write(fd, line)
            seen = os.fstat(fd)
        except BaseException:
            os.close(fd)
            raise
        if os.name == "posix":
            self._hints_fd = fd
        else:
            os.close(fd)  # Windows replaces no file that is open
        return seen

    def _close(self) -> None:
        fd, self._hints_fd = self._hints_fd, None
        if fd is not None:
            with suppress(OSError):
                os.close(fd)

    def __del__(self) -> None:
        self._close()

    def _begin_anew(self) -> None:
        draft = self._folder / f"{HINTS}.{secrets.token_hex(6)}"
        os.close(os.open(draft, os.O_WRONLY | os.O_EXCL | _FLAGS, 0o600))
        draft.replace(self._hints)  # all others list the folder then
