"""What a thread does with a job: one try, and its outcome as the job's state."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.staging.exceptions import StoppedByUs
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
    except Cancelled:
        if job.cancel.suspended:
            return  # it has not ended: another process goes on with it
        job.move("cancelled")
    except OpenEOArtifactsError as problem:
        job.move("failed", problem=problem)
    except Exception as error:  # noqa: BLE001  a worker must end its job whatever happens
        # Its text may hold a signed request, so only its kind and place are logged.
        way = " < ".join(
            f"{frame.name} ({frame.filename}:{frame.lineno})"
            for frame in reversed(traceback.extract_tb(error.__traceback__))
        )
        _log.error("job %s stopped by %s in %s", job.id, type(error).__name__, way)
        job.move("failed", problem=StoppedByUs())
    else:
        job.move("staged", artifact=sent.record.id, reused=sent.reused)
    tidy(job)


def tidy(job: Job) -> None:
    """Throw away bytes that nobody will ask for again."""
    ended = job.view()
    if job.spool is not None and ended.ended and not ended.can_retry:
        job.spool.remove()
