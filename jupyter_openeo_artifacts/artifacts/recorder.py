"""The list that all ways in share: what is put there of an upload, and what may be reused.

Why what the helper stages is on it: docs/decisions/027-one-list.md.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.uri import day_of
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord, StagedRecord

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.uploader import UploadResult
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.state.staged_record import Origin

_log = logging.getLogger(__name__)

_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True)
class Recorder:
    """Puts on a ledger what is staged in one storage by one way in, and finds it there.

    `backend` is the backend's address as that way in knows it, `provider` the id under which it
    advertises the storage; `retention` is how long each object is kept at least, None where that
    is not configured.
    """

    ledger: Ledger
    backend: str
    connection: str
    provider: str
    origin: Origin
    retention: timedelta | None

    def known(self, name: str, size: int) -> list[StagedRecord]:
        """Return what was staged today under that name and size, newest first.

        At whatever address: panel and notebook may know one backend by two. What is not this
        login's, in this storage, `find_identical` passes over.
        """
        try:
            records = self.ledger.find(None, name, size)
        except (RecordsUnusable, OSError):
            return []
        return [each for each in records if each.provider == self.provider]

    def note(self, name: str, stored: UploadResult, account: str) -> StagedRecord:
        """Put it on the ledger, unless a process that was killed then has done so.

        A ledger that cannot be written fails no upload; `Ledger.problem` tells.
        """
        if stored.resumed:
            # What is listed cannot be asked where this fails, so it may be there twice.
            with suppress(RecordsUnusable, OSError):
                for each in records_of(stored.uri, self.ledger):
                    if each.connection == self.connection:
                        return each
        now = datetime.now(timezone.utc)
        record = StagedRecord(
            id=new_id(),
            name=name,
            uri=str(stored.uri),
            backend=self.backend,
            connection=self.connection,
            provider=self.provider,
            size=stored.size,
            sha256=stored.sha256,
            content_type=stored.content_type,
            origin=self.origin,
            staged_at=now,
            verified=stored.verified,
            account=account,
            kept_until=None if self.retention is None else now + self.retention,
        )
        self.ledger.add_or_keep(record)
        return record

    def note_or_warn(self, name: str, stored: UploadResult, account: str) -> None:
        """Put it on the ledger as `note` does; warn in the log where that was not possible."""
        record = self.note(name, stored, account)
        if problem := self.ledger.problem(record.id):
            _log.warning("%s is stored, but not on the list here: %s", record.uri, problem.message)


def forget_deleted(uri: S3URI) -> None:
    """Take what was deleted from storage off the ledger, as far as that can be written."""
    with suppress(RecordsUnusable, OSError):
        for record in records_of(uri):
            with suppress(NoSuchRecord):
                Ledger().forget(record.id)


def records_of(uri: S3URI, ledger: Ledger | None = None) -> list[StagedRecord]:
    """Return what the ledger says of an object; those made before its day are not read.

    Raises
    ------
    RecordsUnusable, OSError
        The ledger cannot be read.
    """
    day = day_of(uri.key)
    ledger = ledger or Ledger()
    found = ledger.records() if day is None else ledger.since(day - _CLOCKS_DIFFER)
    return [record for record in found if record.uri == str(uri)]
