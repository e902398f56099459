"""What a job has on the disk, its record and its spool: had, left to a successor, thrown away.

A spool without a record is thrown away by whoever finds it (`recovery.sweep`), so the record
comes first and goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.staging.job_record import JobRecord
from jupyter_openeo_artifacts.staging.job_spec import JobSpec, boot_id

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.staging.job import Job


def keep(job: Job) -> None:
    """Have it on disk that a job is under way, where a successor could go on with it."""
    reachable = job.contents is not None or job.spool is not None
    if reachable and not job.job_record.kept:
        job.job_record = JobRecord.issue(_spec_of(job))


def outlives(job: Job) -> bool:
    """Tell whether a successor of this process may go on with a job, or try it again."""
    if job.is_over or job.cancel.cancelled:
        return False
    return job.origin != "widget" or job.has_arrived  # its page talks to this process alone


def let_go(job: Job) -> None:
    """Leave to a successor what a job has."""
    if job.spool is not None:
        job.spool.detach()
    job.job_record.close()


def throw_away(job: Job) -> None:
    """Throw away what nobody will ask for again."""
    job.job_record.remove()
    if job.spool is not None:
        job.spool.remove()


def _spec_of(job: Job) -> JobSpec:
    return JobSpec(
        job=job.id,
        connection=job.target.id,
        backend=job.target.backend,
        name=job.name,
        origin=job.origin,
        size=job.view().size,
        contents=job.contents,
        arrives=job.spool is not None,
        reuse=job.reuse,
        boot=boot_id(),
        confirm=job.spool is not None and job.spool.needs_confirmation,
        owner=job.owner,
    )
