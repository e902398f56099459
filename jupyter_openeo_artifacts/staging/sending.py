"""One try to bring a job's file to storage and onto the ledger."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.exceptions import NoSuchRecord, RecordsUnusable
from jupyter_openeo_artifacts.records.ids import new_id
from jupyter_openeo_artifacts.records.ledger import Ledger, StagedRecord
from jupyter_openeo_artifacts.records.once import warn_once
from jupyter_openeo_artifacts.staging.job_journals import about
from jupyter_openeo_artifacts.staging.look import look
from jupyter_openeo_artifacts.transfer.config import TransferConfig

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.artifacts.stored import Stored
    from jupyter_openeo_artifacts.staging.job import Job


_LONGEST_REST = timedelta(days=8)  # nobody goes on with an upload that was left for longer
_log = logging.getLogger(__name__)

_PATIENCE = 3600.0  # a job may wait for a network; after that, a person says when to go on


@dataclass(frozen=True)
class Sent:
    """What was noted; `reused` where it was in storage and on the ledger already."""

    record: StagedRecord
    reused: bool


def send(job: Job, ledger: Ledger) -> Sent:
    """Send the file, note it, and return what was noted; blocks as long as that takes.

    Raises
    ------
    Cancelled
        The job was; nothing is left in storage.
    OpenEOArtifactsError
        What happened and who has to act; nothing is left in storage.
    """
    from jupyter_openeo_artifacts.artifacts.reuse import KnownObject

    job.cancel.raise_if_cancelled()
    helper = job.cancel.run(job.target.helper)  # an STS may be silent for minutes
    source = job.open_source()
    noted: list[StagedRecord] = []

    def note(stored: Stored) -> None:
        noted.append(_note(job, ledger, stored, helper))
        # Before its journal goes: a successor would stage it once more.
        job.ticket.remove()

    def verifying() -> None:
        job.note_verifying()
        if job.spool is not None:  # now its end is here
            look(job, source)

    try:
        job.note_size(source.size)
        look(job, source)
        records = _same_name(job, ledger, helper.provider, source.size)
        stored = helper.upload(
            source,
            job.name,
            on_progress=job.acknowledge,
            on_verifying=verifying,
            on_trouble=job.note_trouble,
            cancel=job.cancel,
            known=[
                KnownObject(each.uri, each.size, each.sha256, each.verified) for each in records
            ],
            about=about(job),
            on_stored=note,
            patience=_PATIENCE,
        )
    finally:
        source.close()
    if noted:
        return Sent(noted[-1], reused=False)
    record = next(each for each in records if each.uri == str(stored.uri))
    if _is_forgotten(record, ledger):
        ledger.add_or_keep(record)
    return Sent(record, stored.reused)


def _note(job: Job, ledger: Ledger, stored: Stored, helper: S3STSArtifactHelper) -> StagedRecord:
    """Put what was stored on the ledger, unless a process that was killed then has done so."""
    if stored.resumed:
        with suppress(RecordsUnusable, OSError):
            since = datetime.now(timezone.utc) - _LONGEST_REST
            for each in ledger.since(since):
                if each.connection == job.target.id and each.uri == str(stored.uri):
                    return each
    record = _record(job, stored, helper)
    ledger.add_or_keep(record)
    if problem := ledger.problem(record.id):
        warn_once(_log, f"Staged files are on no list: {problem.message}", of="ledger")
    return record


def _same_name(job: Job, ledger: Ledger, provider: str, size: int | None) -> list[StagedRecord]:
    """Return what may be the same file, newest first; nothing while asking would hold up bytes.

    At whatever address it was staged: panel and notebook may know one backend by two. What is not
    this login's, in this storage, `same_object` passes over.
    """
    if not job.reuse or size is None or (not job.has_arrived and size > TransferConfig().part_size):
        return []  # a file of one part leaves only when its last byte is here
    try:
        records = ledger.find(None, job.name, size)
    except (RecordsUnusable, OSError):
        return []
    return [each for each in records if each.provider == provider]


def _is_forgotten(record: StagedRecord, ledger: Ledger) -> bool:
    """Whether somebody has taken it off the list meanwhile."""
    try:
        ledger.get(record.id)
    except NoSuchRecord:
        return True
    return False


def _record(job: Job, stored: Stored, helper: S3STSArtifactHelper) -> StagedRecord:
    now, retention = datetime.now(timezone.utc), helper.retention
    return StagedRecord(
        id=new_id(),
        name=job.name,
        uri=str(stored.uri),
        backend=job.target.backend,
        connection=job.target.id,
        provider=helper.provider,
        size=stored.size,
        sha256=stored.sha256,
        content_type=stored.content_type,
        origin=job.origin,
        staged_at=now,
        verified=stored.verified,
        account=helper.account,
        kept_until=None if retention is None else now + retention,
    )
