"""Which records a ledger folder holds, kept current without listing it for each file.

One file of hints beside the records names each of their files that is new, and each id that was
removed; every process reads on from the line that it has read last. A hint may be lost (a crash, a
network file system, an older version of this package), so the folder is listed again when its time
has changed, but at most once a minute.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from bisect import bisect_left, insort
from collections import deque
from typing import TYPE_CHECKING, NamedTuple

from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.record_names import HintsFile, ids_of, path_of, stems_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jupyter_openeo_artifacts.state.record_names import Position


LIST_SECONDS = 60.0
"""Shortest time between two listings of a folder whose hints are in order."""

_SETTLED_NS = 2_000_000_000

MOST_NOTED = 1000
"""The last changes whose ids are kept; who knows an older state reads the whole list."""

_DIGITS = 18

Key = tuple[str, str, int]
"""Connection, name and size in bytes: what two stagings of one file have in common."""


class LedgerState(NamedTuple):
    """A version that grows with each change, and the ids that came and went last."""

    version: int = 0
    added: str | None = None
    removed: str | None = None


class LedgerIndex:
    """The ids of one folder in order, and what is known of them; for any number of threads."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._hints = HintsFile(folder)
        self._lock = threading.Lock()
        self._ids: list[str] = []
        self._stems: dict[str, str] = {}  # of the file that holds each
        self._older: dict[str, str] = {}  # of one that holds it, too
        self._connections: dict[str, str] = {}
        self._position: Position | None = None
        self._listed_at = float("-inf")
        self._listed_time = -1  # of the folder, where it was old enough to be trusted
        self._state = LedgerState()
        self._name = new_id()
        self._noted: deque[tuple[int, str]] = deque(maxlen=MOST_NOTED)
        self._complete_since = 0  # the version after which each change is among them
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

    def mark(self) -> str:
        """Return what tells the present state from later ones, and from those of other indexes."""
        with self._lock:
            self._refresh()
            return f"{self._name}-{self._state.version}"

    def changed_since(self, mark: str) -> set[str] | None:
        """Return the ids that came or went since; None where not all of them are known."""
        name, _, version = mark.partition("-")
        if name != self._name or not version.isdecimal() or len(version) > _DIGITS:
            return None
        with self._lock:
            self._refresh()
            known = int(version)
            if known < self._complete_since or known > self._state.version:
                return None
            return {record for at, record in self._noted if at > known}

    def relist(self) -> None:
        """List the folder, whatever the hints say."""
        with self._lock:
            self._list(self._hints.look())

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

    def knows(self, record: str) -> bool:
        """Whether a record is there, as far as was looked."""
        return record in self._stems

    def stem(self, record: str, *, gone: str | None = None) -> str | None:
        """Return the name of the file that holds a record; None where none does.

        The folder is listed where that is not known, or is the name `gone` that is there no more.
        """
        with self._lock:
            found = self._stems.get(record)
            if found is None and gone is None and self._is_there(record):
                return record
            if found is None or found == gone:
                self._list(self._hints.look())
            return self._stems.get(record)

    def older(self, record: str) -> str | None:
        """Return the name of a file that holds an older state of a record, too."""
        with self._lock:
            if self._position is None:
                self._refresh()
            return self._older.get(record)

    def added(self, keys: Mapping[str, Key], stem: str) -> None:
        """Note the records of a file that this process has written, and tell the others."""
        with self._lock:
            for record, key in keys.items():
                if record in self._stems:
                    self._stems[record] = stem  # replaced, not only renamed
                self._put(record, stem)
                self._note_key(record, key)
            self._tell(stem)

    def moved(self, stem: str) -> None:
        """Note the new name of a file that this process has renamed, and tell the others."""
        with self._lock:
            for record in ids_of(stem):
                if record in self._stems:
                    self._stems[record] = stem
            self._tell(stem)

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
            return sorted([each for each in found if each in self._stems], reverse=True)

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
        found = self._hints.look()
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

    def _folder_changed(self) -> bool:
        return os.stat(self._folder).st_mtime_ns != self._listed_time  # noqa: PTH116  with each small file

    def _list(self, position: Position | None) -> None:
        """List the folder; hints written meanwhile are read again, which does no harm."""
        changed, now = self._folder.stat().st_mtime_ns, time.time_ns()
        found, self._older = stems_in(self._folder)
        came = found.keys() - self._stems.keys()
        for record in self._stems.keys() - found.keys():
            self._drop(record, keep_order=False)
        self._stems = found
        if came:
            self._unread.update(each for each in came - self._keyed if each >= self._since)
            self._changed(added=max(came))
            for record in came if len(came) <= MOST_NOTED else ():
                self._note(record)
            if len(came) > MOST_NOTED:
                self._complete_since = self._state.version
        self._ids = sorted(found)
        self._position = position
        self._listed_at = time.monotonic()
        self._listed_time = changed if now - changed > _SETTLED_NS else -1

    def _read_hints(self, here: Position) -> None:
        found = self._hints.read(here)
        if found is None:
            self._list(None)
            return
        lines, end = found
        if self._follow({line: ids_of(line) for line in lines if line.isascii()}):
            self._position = end
        else:
            self._list(end)

    def _follow(self, stems: dict[str, tuple[str, ...]]) -> bool:
        """Look at what hints name; false where only a listing tells where something went."""
        there = {stem: ids for stem, ids in stems.items() if ids and self._is_there(stem)}
        for stem, ids in there.items():
            for record in ids:
                self._put(record, stem)
        seen = {record for ids in there.values() for record in ids}
        lost = False
        for stem, ids in stems.items():
            for record in ids:
                if record not in seen and not self._is_there(self._stems.get(record)):
                    if record == stem or record in stems:
                        self._drop(record)
                    else:  # its file was renamed, and the hint of that has not come yet
                        lost = True
        return not lost

    def _is_there(self, stem: str | None) -> bool:
        return stem is not None and os.path.exists(path_of(self._folder, stem))  # noqa: PTH110  as above

    def _put(self, record: str, stem: str) -> None:
        before = self._stems.get(record)
        self._stems[record] = stem
        if before is None:
            insort(self._ids, record)
            if record >= self._since and record not in self._keyed:
                self._unread.add(record)
        if before in (None, stem):
            self._changed(added=record)

    def _drop(self, record: str, *, keep_order: bool = True) -> None:
        if self._stems.pop(record, None) is None:
            return
        self._unread.discard(record)
        if keep_order:
            del self._ids[bisect_left(self._ids, record)]
        self._connections.pop(record, None)
        self._changed(removed=record)

    def _changed(self, *, added: str | None = None, removed: str | None = None) -> None:
        state = self._state
        self._state = LedgerState(state.version + 1, added or state.added, removed or state.removed)
        self._note(added or removed or "")

    def _note(self, record: str) -> None:
        if len(self._noted) == MOST_NOTED:
            self._complete_since = self._noted[0][0]
        self._noted.append((self._state.version, record))

    def _tell(self, name: str) -> None:
        self._position = self._hints.tell(name, self._position)
