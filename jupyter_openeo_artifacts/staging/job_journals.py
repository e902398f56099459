"""The journals of jobs' uploads, looked at without taking any of them over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable
from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.transfer.journal_folder import intents, is_owed, standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.staging.job import Job


def about(job: Job) -> dict[str, Any]:
    """Return what a journal says of the job that it is for."""
    return {"job": job.id, "connection": job.target.id, "backend": job.target.backend}


def job_journals() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the journals that are for jobs, and what `about` has put into each."""
    try:
        folder = state_folder("journals")
    except RecordsUnusable:
        return
    for path, intent in intents(folder):
        if intent.about.get("job"):
            yield path, dict(intent.about)


def vouched(job: str) -> int:
    """Return how many bytes of a job, from the first one on, are in storage to be gone on with."""
    for path, said in job_journals():
        if said["job"] == job and not is_owed(path):
            return standing(path).vouched
    return 0
