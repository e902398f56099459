"""What interrupted uploads leave in storage, and its removal at the next sign-in."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import (
    OpenEOArtifactsError,
    RecordsUnusable,
    ResourcesExhausted,
)
from jupyter_openeo_artifacts.journal.journal import Journal, headers_in, is_owed, read_state
from jupyter_openeo_artifacts.state.files import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.staging.job import Job
    from jupyter_openeo_artifacts.staging.target import Target


def give_up(job: str) -> None:
    """Have what a job left in storage cleaned up at the next occasion, instead of gone on with."""
    with suppress(ResourcesExhausted):  # it is owed after a day then
        for path, said in job_journals():
            if said["job"] == job and (journal := Journal.take(path)) is not None:
                journal.mark_for_cleanup()
                journal.close()


def has_cleanup(connection: str) -> bool:
    """Tell whether uploads of a connection are to be cleaned up."""
    return any(
        is_owed(path) for path, said in job_journals() if said.get("connection") == connection
    )


def settle(target: Target) -> None:
    """Clean up what is owed; blocks, and leaves what cannot be for the next start."""
    with suppress(OpenEOArtifactsError):
        target.helper().settle()


def about(job: Job) -> dict[str, Any]:
    """Return what a journal says of the job that it is for."""
    return {"job": job.id, "connection": job.target.id, "backend": job.target.backend}


def job_journals() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the journals that are for jobs, and what `about` has put into each."""
    try:
        folder = state_folder("journals")
    except RecordsUnusable:
        return
    for path, header in headers_in(folder):
        if header.about.get("job"):
            yield path, dict(header.about)


def confirmed_bytes(job: str) -> int:
    """Return how many bytes of a job, from the first one on, are in storage to be gone on with."""
    for path, said in job_journals():
        if said["job"] == job and not is_owed(path):
            return read_state(path).confirmed_bytes
    return 0
