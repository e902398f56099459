"""The ledger: a record of each artifact that was staged from this machine, in small files.

Server, kernels and command line share it; a presigned URL is never in it.
"""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from datetime import datetime, timezone
from heapq import merge
from itertools import islice, takewhile
from typing import TYPE_CHECKING, NamedTuple

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.files import ENVIRONMENT, state_folder
from jupyter_openeo_artifacts.state.ids import first_id
from jupyter_openeo_artifacts.state.ledger_index import LedgerIndex
from jupyter_openeo_artifacts.state.record_files import RecordFiles, key_of
from jupyter_openeo_artifacts.state.staged_record import GRACE, UNLISTED, NoSuchRecord, StagedRecord

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Sequence
    from pathlib import Path

    from jupyter_openeo_artifacts.state.ledger_index import LedgerState


class Page(NamedTuple):
    """Records, newest first, and whether there are older ones."""

    records: list[StagedRecord]
    more: bool


class Ledger:
    """The artifacts staged from this machine, by whatever way in.

    Parameters
    ----------
    folder
        Where the files lie; `artifacts` in our state folder if not given.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self._given = folder

    @property
    def _folder(self) -> Path:
        if self._given is None:
            return state_folder("artifacts")
        self._given.mkdir(mode=0o700, parents=True, exist_ok=True)
        return self._given

    @property
    def _index(self) -> LedgerIndex:
        return index_of(self._folder)

    @property
    def _files(self) -> RecordFiles:
        folder = self._folder
        return RecordFiles(folder, index_of(folder))

    def add(self, record: StagedRecord) -> None:
        """Keep `record`; it is on disk when this returns."""
        files = self._files
        files.add(record)
        self._drop_one_that_is_over(files.index)

    def add_or_keep(self, record: StagedRecord) -> None:
        """Keep `record`: on disk, or where that cannot be, in this process alone.

        `problem` tells then why it is on no list.
        """
        try:
            self.add(record)
        except (RecordsUnusable, OSError) as error:
            problem = error if isinstance(error, RecordsUnusable) else _unusable(error)
            UNLISTED.add(self._name, record, problem)

    def problem(self, record_id: str) -> RecordsUnusable | None:
        """Return why a record is on no list; None where it is on one."""
        found = UNLISTED.get(self._name, record_id)
        return None if found is None else found.problem

    @property
    def _name(self) -> str:
        return "" if self._given is None else str(self._given)

    def get(self, record_id: str) -> StagedRecord:
        """Return one record.

        Raises
        ------
        NoSuchRecord
            None of that id is kept.
        """
        if unlisted := UNLISTED.get(self._name, record_id):
            return unlisted.record
        return self._files.read(record_id)

    def list(self, connection: str | None = None) -> list[StagedRecord]:
        """Return all records, newest first; only those of `connection` where that is given."""
        return [*self.records(None if connection is None else {connection})]

    def count(self) -> int:
        """Return how many records there are at most; none is read for it.

        Those whose object the provider has removed by now, and torn ones, are among them.
        """
        return self._index.count() + len(UNLISTED.of(self._name))

    def page(
        self, limit: int, before: str | None = None, connections: Container[str] | None = None
    ) -> Page:
        """Return the newest `limit` records with ids below `before`."""
        found = [*islice(self.records(connections, before), limit + 1)]
        return Page(found[:limit], len(found) > limit)

    def records(
        self, connections: Container[str] | None = None, before: str | None = None
    ) -> Iterator[StagedRecord]:
        """Yield the records newest first, each read when its turn comes.

        A file that cannot be read is passed over: another process may just be replacing it. So is
        a record whose object the provider has removed by now.

        Parameters
        ----------
        connections
            Only records of these.
        before
            Only records with ids below this one.
        """
        own = [each for each in UNLISTED.of(self._name) if before is None or each.id < before]
        kept = self._readable(connections, before, {each.id for each in own})
        own = [each for each in own if connections is None or each.connection in connections]
        return _newest_first(own, kept)

    def _readable(
        self, connections: Container[str] | None, before: str | None, own: set[str]
    ) -> Iterator[StagedRecord]:
        """Yield those on disk, without `own`, as far as they can be read where there are such."""
        try:
            for each in self._on_disk(connections, before):
                if each.id not in own:
                    yield each
        except (RecordsUnusable, OSError) as error:
            if own:
                return  # what is known is more than nothing
            raise (error if isinstance(error, RecordsUnusable) else _unusable(error)) from error

    def _on_disk(
        self, connections: Container[str] | None, before: str | None
    ) -> Iterator[StagedRecord]:
        index = self._index
        for record_id in index.ids(before):
            known = index.connection(record_id)
            if connections is not None and known is not None and known not in connections:
                continue
            record = self._read(index, record_id)
            if record is None or record.is_over:
                continue
            if connections is None or record.connection in connections:
                yield record

    def find(self, connection: str | None, name: str, size: int) -> Sequence[StagedRecord]:
        """Return what was staged today (UTC) under that name and size, newest first.

        Each process reads each record of the day once; after that this costs what it finds.

        Parameters
        ----------
        connection
            Only records of this one; of all where it is None.
        """
        own = [
            each
            for each in UNLISTED.of(self._name)
            if (each.name, each.size) == (name, size) and connection in (None, each.connection)
        ]
        try:
            kept = self._find_on_disk(connection, name, size)
            return [*(_newest_first(own, kept) if own else kept)]
        except (RecordsUnusable, OSError):
            if own:
                return own
            raise

    def _find_on_disk(self, connection: str | None, name: str, size: int) -> Iterator[StagedRecord]:
        index = self._index
        midnight = datetime.now(timezone.utc).replace(hour=0, minute=0, second=0, microsecond=0)
        for record_id in index.unread_since(first_id(midnight)):
            self._read(index, record_id)
        for each in index.named(name, size):
            record = self._read(index, each)
            if record is not None and connection in (None, record.connection):
                yield record

    def since(self, at: datetime) -> Iterator[StagedRecord]:
        """Yield the records that were made since then, newest first, by the folder itself.

        Nobody's hints are relied on: they may be those of a process that was killed.
        """
        first = first_id(at)
        return takewhile(lambda record: record.id >= first, self.anew())

    def anew(self) -> Iterator[StagedRecord]:
        """Yield all records, newest first, by the folder itself, as `since` does."""
        try:
            self._index.relist()
        except OSError as error:
            raise _unusable(error) from error
        return self.records()

    def forget(self, record_id: str) -> None:
        """Take one off the ledger; the stored object is not touched.

        Raises
        ------
        NoSuchRecord
            None of that id is kept.
        """
        if UNLISTED.pop(self._name, record_id):
            return
        self._files.remove(record_id)

    def state(self) -> LedgerState:
        """Return what changes when a record comes or goes; the folder is rarely listed for it."""
        return self._index.state()

    def mark(self) -> str | None:
        """Return what tells the present state from later ones; None where nothing does."""
        return None if UNLISTED.of(self._name) else self._index.mark()

    def changed_since(self, mark: str) -> set[str] | None:
        """Return the ids that came or went since; None where not all of them are known."""
        return None if UNLISTED.of(self._name) else self._index.changed_since(mark)

    def _read(self, index: LedgerIndex, record_id: str) -> StagedRecord | None:
        if not index.knows(record_id):  # meanwhile
            return None
        try:
            record = self.get(record_id)
        except NoSuchRecord:
            return None
        index.note_read(record_id, key_of(record))
        return record

    def _drop_one_that_is_over(self, index: LedgerIndex) -> None:
        """Look at one record with each that is added, so that none stays for ever."""
        record_id = index.next_to_check()
        minute = datetime.now(timezone.utc).replace(second=0, microsecond=0)
        yesterday = first_id(minute - GRACE)
        if record_id is None or record_id > yesterday:  # none is over before that
            return
        with suppress(NoSuchRecord):
            if self.get(record_id).is_over:
                self.forget(record_id)


def _newest_first(*sorted_ones: Iterable[StagedRecord]) -> Iterator[StagedRecord]:
    return merge(*sorted_ones, key=lambda record: record.id, reverse=True)


def _unusable(error: OSError) -> RecordsUnusable:
    place = error.filename or "The list of staged files"
    return RecordsUnusable(
        f"{place} cannot be used: {error.strerror or type(error).__name__}.",
        todo=f"Make it readable and writable for you, or point {ENVIRONMENT} to a folder that is.",
    )


_lock = threading.Lock()

_indexes: dict[Path, LedgerIndex] = {}


def index_of(folder: Path) -> LedgerIndex:
    """Return the index of `folder`, one for all of this process."""
    with _lock:
        found = _indexes.get(folder)
        if found is None:
            found = _indexes[folder] = LedgerIndex(folder)
        return found


def _forget_all() -> None:
    """Start again in a forked process: a lock may be held by a thread that is not there."""
    global _lock  # noqa: PLW0603  the parent's may be held
    _lock = threading.Lock()
    _indexes.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
