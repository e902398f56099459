"""A look at a job's file, as soon as both of its ends are here."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.transfer.source import read_bytes

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.staging.job import Job
    from jupyter_openeo_artifacts.transfer.source import Source


def look(job: Job, source: Source) -> None:
    """Note what readers of the file will trip over; of a file that still arrives, by its name."""
    from jupyter_openeo_artifacts.artifacts.file_check import advice_by_name, advice_on

    if not job.has_arrived:
        job.note_advice(advice_by_name(job.name))
        return
    with suppress(OpenEOArtifactsError):  # whatever it is, the upload meets it, too, and says it
        job.note_advice(
            advice_on(
                job.name,
                source.size or 0,
                lambda offset, length: read_bytes(source, offset, length, job.cancel),
            )
        )
