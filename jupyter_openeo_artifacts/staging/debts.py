"""What uploads have left in storage, and what their journals owe for it."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.records.exceptions import ResourcesExhausted
from jupyter_openeo_artifacts.staging.job_journals import job_journals
from jupyter_openeo_artifacts.transfer.journal import Journal
from jupyter_openeo_artifacts.transfer.journal_folder import is_owed

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.staging.target import Target


def give_up(job: str) -> None:
    """Have what a job left in storage cleaned up at the next occasion, instead of gone on with."""
    with suppress(ResourcesExhausted):  # it is owed after a day then
        for path, said in job_journals():
            if said["job"] == job and (journal := Journal.take(path)) is not None:
                journal.note_owed()
                journal.close()


def owes(connection: str) -> bool:
    """Tell whether uploads of a connection are to be cleaned up."""
    return any(
        is_owed(path) for path, said in job_journals() if said.get("connection") == connection
    )


def settle(target: Target) -> None:
    """Clean up what is owed; blocks, and leaves what cannot be for the next start."""
    with suppress(OpenEOArtifactsError):
        target.helper().settle()
