"""The list that all ways in share, as the helper reads and writes it.

Why what the helper stages is on it: docs/decisions/027-one-list.md.
"""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.deduplication import KnownObject
from jupyter_openeo_artifacts.artifacts.uri import day_of
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.ids import connection_id, new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord, StagedRecord

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_openeo_artifacts.artifacts.uploader import UploadResult
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

_log = logging.getLogger(__name__)

_CLOCKS_DIFFER = timedelta(days=1)


class Recorder:
    """Puts on the ledger what a helper stages, and finds there what may be reused.

    Parameters
    ----------
    backend
        The backend's address, as the openEO connection knows it.
    provider
        Id under which the backend advertises the storage.
    retention
        How long the provider keeps each object at least; None where that is not configured.
    """

    def __init__(self, backend: str, provider: str, retention: timedelta | None) -> None:
        self._backend = backend
        self._connection = connection_id(backend)
        self._provider = provider
        self._retention = retention

    def known(self, name: str, size: int) -> Sequence[KnownObject]:
        """Return what was staged today under that name and size, newest first.

        At whatever address: the panel may have come to this backend by another one. What is not
        this login's, in this storage, `find_identical` passes over.
        """
        try:
            records = Ledger().find(None, name, size)
        except (RecordsUnusable, OSError):
            return []
        return [
            KnownObject(each.uri, each.size, each.sha256, each.verified)
            for each in records
            if each.provider == self._provider
        ]

    def note(self, name: str, stored: UploadResult, account: str) -> None:
        """Put it on the ledger; a ledger that cannot be written fails no upload."""
        now = datetime.now(timezone.utc)
        uri = str(stored.uri)
        record = StagedRecord(
            id=new_id(),
            name=name,
            uri=uri,
            backend=self._backend,
            connection=self._connection,
            provider=self._provider,
            size=stored.size,
            sha256=stored.sha256,
            content_type=stored.content_type,
            origin="api",
            staged_at=now,
            verified=stored.verified,
            account=account,
            kept_until=None if self._retention is None else now + self._retention,
        )
        try:
            # A process that was killed may have noted what this one has gone on with.
            if not (stored.resumed and any(records_of(stored.uri))):
                _add(record)
        except (RecordsUnusable, OSError):
            _add(record)  # what is listed cannot be asked, so it may be there twice


def _add(record: StagedRecord) -> None:
    ledger = Ledger()
    ledger.add_or_keep(record)
    if problem := ledger.problem(record.id):
        _log.warning("%s is stored, but not on the list here: %s", record.uri, problem.message)


def forget_deleted(uri: S3URI) -> None:
    """Take what was deleted from storage off the ledger, as far as that can be written."""
    with suppress(RecordsUnusable, OSError):
        for record in records_of(uri):
            with suppress(NoSuchRecord):
                Ledger().forget(record.id)


def records_of(uri: S3URI) -> list[StagedRecord]:
    """Return what the ledger says of an object; those made before its day are not read.

    Raises
    ------
    RecordsUnusable, OSError
        The ledger cannot be read.
    """
    day = day_of(uri.key)
    ledger = Ledger()
    found = ledger.records() if day is None else ledger.since(day - _CLOCKS_DIFFER)
    return [record for record in found if record.uri == str(uri)]
