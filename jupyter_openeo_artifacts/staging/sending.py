"""One try to bring a job's file to storage and onto the ledger."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable
from jupyter_openeo_artifacts.records.ids import new_id
from jupyter_openeo_artifacts.records.ledger import Ledger, StagedRecord
from jupyter_openeo_artifacts.staging.exceptions import NotNoted

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.helper import Stored
    from jupyter_openeo_artifacts.staging.job import Job


def send(job: Job, ledger: Ledger) -> StagedRecord:
    """Send the file, note it, and return what was noted; blocks as long as that takes.

    Raises
    ------
    Cancelled
        The job was; nothing is left in storage.
    NotNoted
        It is in storage, but our list could not be written.
    OpenEOArtifactsError
        What happened and whose move it is; nothing is left in storage.
    """
    job.cancel.raise_if_cancelled()
    helper = job.cancel.run(job.target.helper)  # an STS may be silent for minutes
    source = job.open_source()
    try:
        job.note_size(source.size)
        stored = helper.upload(
            source,
            job.name,
            on_progress=job.acknowledge,
            on_verifying=job.note_verifying,
            on_trouble=job.note_trouble,
            cancel=job.cancel,
        )
    finally:
        source.close()
    record = _record(job, stored, helper.provider)
    try:
        ledger.add(record)
    except RecordsUnusable as error:
        raise NotNoted(
            f"The file was stored as {record.uri}, but it could not be put on the list here.",
            todo=error.todo,
        ) from error
    return record


def _record(job: Job, stored: Stored, provider: str) -> StagedRecord:
    return StagedRecord(
        id=new_id(),
        name=job.name,
        uri=str(stored.uri),
        backend=job.target.backend,
        connection=job.target.id,
        provider=provider,
        size=stored.size,
        sha256=stored.sha256,
        content_type=stored.content_type,
        origin=job.origin,
        staged_at=datetime.now(UTC),
    )
