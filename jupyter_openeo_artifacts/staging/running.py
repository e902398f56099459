"""What a thread does with a job: one try, and its outcome as the job's state."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.staging.exceptions import StoppedByUs
from jupyter_openeo_artifacts.staging.keeping import throw_away
from jupyter_openeo_artifacts.staging.sending import send
from jupyter_openeo_artifacts.transfer.exceptions import Cancelled

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.records.ledger import Ledger
    from jupyter_openeo_artifacts.staging.job import Job

_log = logging.getLogger(__name__)


def run(job: Job, ledger: Ledger) -> None:
    """Try a job, unless somebody has taken this try on; whatever happens, it ends its state."""
    if not job.begin() or (job.view().state == "queued" and not job.move("uploading")):
        return
    try:
        sent = send(job, ledger)
    except Exception as error:  # noqa: BLE001  a worker must end its job whatever happens
        if job.cancel.suspended:
            return  # it has not ended: another process goes on with it
        _note_failure(job, error)
    else:
        job.move("staged", artifact=sent.record.id, reused=sent.reused)
    tidy(job)


def tidy(job: Job) -> None:
    """Throw away what nobody will ask for again."""
    if job.is_over:
        throw_away(job)


def _note_failure(job: Job, error: Exception) -> None:
    match error:
        case Cancelled():
            job.move("cancelled")
        case OpenEOArtifactsError():
            job.move("failed", problem=error)
        case _:
            # Its text may hold a signed request, so only its kind and place are logged.
            way = " < ".join(
                f"{frame.name} ({frame.filename}:{frame.lineno})"
                for frame in reversed(traceback.extract_tb(error.__traceback__))
            )
            _log.error("job %s stopped by %s in %s", job.id, type(error).__name__, way)
            job.move("failed", problem=StoppedByUs())
