"""The files of the ledger's records: written whole, several at once where several come at once.

Why so, and how files of several lose one: docs/decisions/022-ledger-index.md.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.state.files import create_private, write_private
from jupyter_openeo_artifacts.state.group_commit import GROUP_COMMIT
from jupyter_openeo_artifacts.state.record_names import path_of, stem_of, without
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord, StagedRecord

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from jupyter_openeo_artifacts.state.ledger_index import Key, LedgerIndex


_LOOKS = 20  # at most for one record, whose file others may be renaming


class RecordFiles:
    """Those of one folder, with the index that says which there are."""

    def __init__(self, folder: Path, index: LedgerIndex) -> None:
        self._folder = folder
        self.index = index

    def add(self, record: StagedRecord) -> None:
        """Write a record, with those that other threads bring just now; it is on disk then.

        One of an id that is there already is replaced: it gets a file of its own, and then the
        file of several is renamed. Whoever finds both takes the one with fewer records.

        Raises
        ------
        RecordsUnusable
            It could not be written; none of it is left then.
        """
        _check(record.id)
        if self.index.knows(record.id):
            self._replace(record)
        else:
            GROUP_COMMIT.write(self._folder, record.id, record, self._create)

    def read(self, record_id: str) -> StagedRecord:
        """Return a record.

        Raises
        ------
        NoSuchRecord
            There is none of that id, or it is damaged.
        """
        _check(record_id)
        stem = None
        try:
            for _ in range(_LOOKS):
                stem = self.index.stem(record_id, gone=stem)
                if stem is None:
                    break
                with suppress(FileNotFoundError), open(self._path(stem), "rb") as file:  # noqa: PTH123  many are read
                    return _record_in(file.read(), record_id)
        except (OSError, ValueError) as error:
            raise no_such_record() from error
        raise no_such_record()

    def remove(self, record_id: str) -> None:
        """Take a record away; where its file holds others, that is renamed and keeps its lines.

        Raises
        ------
        NoSuchRecord
            There is none of that id, or it cannot be taken away.
        """
        _check(record_id)
        stem = None
        try:
            for _ in range(_LOOKS):
                stem = self.index.stem(record_id, gone=stem)
                if stem is None:
                    break
                with suppress(FileNotFoundError):
                    self._take_out_of_older(record_id)
                    if rest := self._take_out(stem, record_id):
                        self.index.moved(rest)
                    if stem != record_id:  # killed while it was replaced: the newer one is there
                        with suppress(FileNotFoundError):
                            self._take_out(record_id, record_id)
                    self.index.removed(record_id)
                    return
        except OSError as error:
            raise no_such_record() from error
        raise no_such_record()

    def _create(self, records: Mapping[str, StagedRecord]) -> None:
        stem = stem_of(records)
        content = b"".join(each.to_json() + b"\n" for each in records.values())
        try:
            made = create_private(self._path(stem), content)
        except BaseException:
            if len(records) > 1:  # each is now written alone
                with suppress(OSError):
                    os.unlink(self._path(stem))  # noqa: PTH108  as below
            raise
        if not made:  # this process has not seen it yet
            for each in records.values():
                self._replace(each)
            return
        self.index.added({name: key_of(each) for name, each in records.items()}, stem)

    def _replace(self, record: StagedRecord) -> None:
        name, stem = record.id, self.index.stem(record.id)
        for _ in range(_LOOKS):
            write_private(self._path(name), record.to_json() + b"\n")
            if stem is None or stem == name:
                break
            try:
                self.index.moved(self._take_out(stem, name))
                break
            except FileNotFoundError:  # that rename may have put the older one in its place
                stem = self.index.stem(name, gone=stem)
        self.index.added({name: key_of(record)}, name)

    def _take_out_of_older(self, record_id: str) -> None:
        """Take a record out of a file that was to lose it when its process was killed."""
        if (older := self.index.older(record_id)) is not None:
            with suppress(FileNotFoundError):
                self._take_out(older, record_id)
            self.index.relist()  # a hint would make others take it for the newer one

    def _take_out(self, stem: str, record_id: str) -> str:
        """Return the name that the file has then; empty where nothing is left of it."""
        rest = without(stem, record_id)
        for patience in (0.01, 0.1, 1.0, None):
            try:
                if rest:
                    os.replace(self._path(stem), self._path(rest))  # noqa: PTH105  as above
                else:
                    os.unlink(self._path(stem))  # noqa: PTH108  as above
            except PermissionError:
                if os.name == "posix" or patience is None:
                    raise
                time.sleep(patience)  # somebody reads it: Windows renames no file that is open
            else:
                break
        return rest

    def _path(self, stem: str) -> str:
        return path_of(self._folder, stem)


def _check(record_id: str) -> None:
    if not record_id.isalnum() or not record_id.isascii():
        raise no_such_record()  # an id is never part of a path unless it is one of ours


def _record_in(content: bytes, record_id: str) -> StagedRecord:
    """Find a record among the lines, of which the last may be torn and some are of others.

    Raises
    ------
    ValueError
        It is not there, or damaged.
    """
    begin = b'{"id": "%s"' % record_id.encode()  # as `to_json` writes it, and always did
    for line in content.splitlines():
        if line.startswith(begin):
            return StagedRecord.from_json(line)
    raise ValueError("not in this ledger file")


def key_of(record: StagedRecord) -> Key:
    """Return what the index keeps of a record."""
    return (record.connection, record.name, record.size)


def no_such_record() -> NoSuchRecord:
    """Return what is said of an id that is not on the ledger."""
    return NoSuchRecord(
        "This artifact is not on the list.",
        todo="Reload the list; it may have been removed from it.",
    )
