"""A job made again from its ticket."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.staging.debts import give_up
from jupyter_openeo_artifacts.staging.job import Job, JobView
from jupyter_openeo_artifacts.staging.job_journals import vouched
from jupyter_openeo_artifacts.staging.keeping import outlives, throw_away
from jupyter_openeo_artifacts.transfer.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.ticket import Ticket
    from jupyter_openeo_artifacts.staging.wish import Wish
    from jupyter_openeo_artifacts.transfer.source import Source


@dataclass(frozen=True)
class Root:
    """Jupyter's root: its folder, and what opens a contents path below it."""

    folder: str
    open: Callable[[str], Source]


def job_again(
    wish: Wish,
    ticket: Ticket,
    target: Target,
    root: Root | None,
    changed: Callable[[JobView], None],
) -> Job | None:
    """Return the job under its old id; None where nobody has its bytes: it is given up then.

    Parameters
    ----------
    ticket
        Taken over, and the job's from now on.
    root
        Where files of Jupyter's root are opened again.
    changed
        As `Job` takes it.
    """
    spool = _spool_again(wish, confirmed=ticket.confirmed) if wish.arrives else None
    open_source: Callable[[], Source] | None = spool.source if spool is not None else None
    if wish.contents is not None and root is not None:
        open_source = partial(root.open, wish.contents.path)
    if open_source is None:
        ticket.remove()
        give_up(wish.job)
        return None
    job = Job(
        target=target,
        name=wish.name,
        size=wish.size,
        origin=wish.origin,
        open_source=open_source,
        spool=spool,
        changed=changed,
        job_id=wish.job,
        reuse=wish.reuse,
        contents=wish.contents,
        ticket=ticket,
    )
    if outlives(job):
        return job
    throw_away(job)
    give_up(job.id)
    return None


def _spool_again(wish: Wish, *, confirmed: bool) -> Spool | None:
    """Return what has arrived of a job; None where it is lost or in other hands."""
    path, size = state_folder("spool") / wish.job, wish.size or 0
    needed = wish.confirm and not confirmed
    if not path.exists():
        return Spool(path, size, needs_confirmation=needed)  # nothing had arrived
    stored = vouched(wish.job)
    trusted = stored if wish.power_cut else None
    return Spool.reopen(path, size, given_back=stored, trusted=trusted, needs_confirmation=needed)
