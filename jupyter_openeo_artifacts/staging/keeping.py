"""What a job has on the disk, its ticket and its spool: had, left to a successor, thrown away.

A spool without a ticket is thrown away by whoever finds it (`interrupted.sweep`), so the ticket
comes first and goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.staging.ticket import Ticket
from jupyter_openeo_artifacts.staging.wish import Wish

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.staging.job import Job


def keep(job: Job) -> None:
    """Have it on disk that a job is under way, where a successor could go on with it."""
    reachable = job.contents is not None or job.spool is not None
    if reachable and not job.ticket.kept:
        job.ticket = Ticket.issue(Wish.of(job))


def outlives(job: Job) -> bool:
    """Tell whether a successor of this process may go on with a job, or try it again."""
    if job.is_over or job.cancel.cancelled:
        return False
    return job.origin != "widget" or job.has_arrived  # its page talks to this process alone


def let_go(job: Job) -> None:
    """Leave to a successor what a job has."""
    if job.spool is not None:
        job.spool.detach()
    job.ticket.close()


def throw_away(job: Job) -> None:
    """Throw away what nobody will ask for again."""
    job.ticket.remove()
    if job.spool is not None:
        job.spool.remove()
