"""The ledger: one small file for each artifact that was staged from this machine.

Server, kernels and command line share it; a presigned URL is never in it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, fields
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Literal, get_args

from jupyter_openeo_artifacts.records.exceptions import NoSuchRecord
from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.records.writing import write_private

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Origin = Literal["browser", "contents", "magic", "widget", "cli", "api"]
Verified = Literal["etag", "size"]

_LATER = {"verified": "etag", "account": ""}
"""What older versions did not note, as they meant it."""


@dataclass(frozen=True)
class StagedRecord:
    """One line of the ledger.

    `size` is in bytes, `sha256` in hex (empty where it is not known: a dropped file that was sent
    on by a restarted server), `staged_at` aware; `provider` is the id under which the backend
    advertises the storage, `account` the name or id it has for the login (empty where older
    versions noted none). `verified` is "etag" where the storage's MD5s were compared with those
    of the file, and "size" where it has none to compare, so that size and our own mark were.
    """

    id: str
    name: str
    uri: str
    backend: str
    connection: str
    provider: str
    size: int
    sha256: str
    content_type: str
    origin: Origin
    staged_at: datetime
    verified: Verified = "etag"
    account: str = ""

    def to_json(self) -> bytes:
        """Return the file's content."""
        return json.dumps({**asdict(self), "staged_at": self.staged_at.isoformat()}).encode()

    @classmethod
    def from_json(cls, content: bytes) -> StagedRecord:
        """Read a file's content.

        Raises
        ------
        ValueError
            It is not one of ours.
        """
        found: Any = json.loads(content)
        names = {f.name for f in fields(cls)}
        if not isinstance(found, dict) or not names - _LATER.keys() <= found.keys():
            raise ValueError("not a ledger file")
        found = _LATER | found
        known = {name: found[name] for name in names}
        texts = known.keys() - {"size"}
        if not all(isinstance(known[name], str) for name in texts):
            raise ValueError("not a ledger file")
        if not isinstance(known["size"], int) or known["origin"] not in get_args(Origin):
            raise ValueError("not a ledger file")
        if known["verified"] not in get_args(Verified):
            raise ValueError("not a ledger file")
        staged_at = datetime.fromisoformat(known["staged_at"])
        known["staged_at"] = (
            staged_at if staged_at.tzinfo else staged_at.replace(tzinfo=timezone.utc)
        )
        return cls(**known)


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

    def add(self, record: StagedRecord) -> None:
        """Keep `record`; it is on disk when this returns."""
        write_private(self._file(record.id), record.to_json())

    def get(self, record_id: str) -> StagedRecord:
        """Return one record.

        Raises
        ------
        NoSuchRecord
            None of that id is kept.
        """
        try:
            return StagedRecord.from_json(self._file(record_id).read_bytes())
        except (OSError, ValueError) as error:
            raise _no_such() from error

    def list(self, connection: str | None = None) -> list[StagedRecord]:
        """Return all records, newest first; only those of `connection` where that is given.

        A file that cannot be read is passed over: another process may just be replacing it.
        """
        found = []
        for entry in self._entries():
            try:
                record = StagedRecord.from_json((self._folder / entry.name).read_bytes())
            except (OSError, ValueError):
                continue
            if connection in (None, record.connection):
                found.append(record)
        return sorted(found, key=lambda record: record.id, reverse=True)

    def forget(self, record_id: str) -> None:
        """Take one off the ledger; the stored object is not touched.

        Raises
        ------
        NoSuchRecord
            None of that id is kept.
        """
        try:
            self._file(record_id).unlink()
        except OSError as error:
            raise _no_such() from error

    def fingerprint(self) -> frozenset[tuple[str, int]]:
        """Return what changes when a record comes or goes, at the price of one folder listing."""
        return frozenset((entry.name, entry.inode()) for entry in self._entries())

    def _entries(self) -> Iterator[os.DirEntry[str]]:
        with os.scandir(self._folder) as entries:
            for entry in entries:
                if entry.name.endswith(".json") and not entry.name.startswith("."):
                    yield entry

    def _file(self, record_id: str) -> Path:
        if not record_id.isalnum() or not record_id.isascii():
            raise _no_such()  # an id is never part of a path unless it is one of ours
        return self._folder / f"{record_id}.json"


def _no_such() -> NoSuchRecord:
    return NoSuchRecord(
        "This artifact is not on the list.", todo="Refresh the list; it may have been forgotten."
    )
