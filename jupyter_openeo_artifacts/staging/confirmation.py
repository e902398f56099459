"""Whether what a page has sent is the file that was chosen; only the page can tell, at its end.

A browser sends a file as it lies on the disk while it is read. One that is rewritten meanwhile
arrives as a mixture of two states, with the right size: docs/decisions/020-confirmed-drops.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.sources.exceptions import SourceChanged
from jupyter_openeo_artifacts.staging.exceptions import NoSuchJob, NotArrived
from jupyter_openeo_artifacts.staging.job_runner import tidy

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.staging.job import Job


def confirm(job: Job) -> None:
    """Let a job end: after the last byte, its file was still the one that was chosen.

    Raises
    ------
    NoSuchJob
        Its bytes do not come from a page.
    NotArrived
        Not all of them are here.
    """
    if job.spool is None:
        raise NoSuchJob
    if job.spool.awaits_confirmation:
        job.job_record.note_confirmed()  # first: a successor is not to wait for it again
    if not job.spool.confirm():
        raise NotArrived


def refute(job: Job) -> None:
    """Fail a job whose file has changed since it was chosen; without effect once confirmed.

    Raises
    ------
    NoSuchJob
        Its bytes do not come from a page.
    """
    if job.spool is None:
        raise NoSuchJob
    problem = SourceChanged(
        "The file changed while it was being sent.",
        todo="Wait until nothing writes to it any more, then choose it again.",
    )
    job.spool.fail(problem)
    if job.spool.failed and job.begin():  # it was still waiting for a thread
        job.move("failed", problem=problem)
        tidy(job)
