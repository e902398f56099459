"""Jobs whose process has ended before they had.

Who only looks holds nothing, not even for a moment; who takes a job goes on with it. So two
processes that come at once each get jobs, and none gets those of the other.
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.append_log import first_line
from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable
from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.records.log_folder import ENDING, is_older, logs_in, remove_hollow
from jupyter_openeo_artifacts.staging.job_journals import job_journals
from jupyter_openeo_artifacts.staging.ticket import Ticket, is_held_here
from jupyter_openeo_artifacts.staging.wish import Wish
from jupyter_openeo_artifacts.transfer.abandoned import remove_abandoned

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FORGOTTEN_AFTER = 7 * 86_400.0
"""Seconds after which a job that nobody goes on with is forgotten, with what arrived of it."""


def interrupted(connection: str, root: str | None) -> Iterator[tuple[Wish, Ticket]]:
    """Take over the jobs of a connection that no living process has in hand, oldest first.

    Parameters
    ----------
    root
        The Jupyter root whose files can be opened again.
    """
    for path, wish in _wishes():
        at_hand = wish.contents is None or wish.contents.root == root
        if wish.connection != connection or not at_hand:
            continue
        if (ticket := Ticket.take(path)) is not None:
            yield wish, ticket


def may_wait(connection: str) -> bool:
    """Tell whether there may be such jobs; True also where another process has them in hand."""
    return any(wish.connection == connection for _, wish in _wishes())


def interrupted_backends() -> set[str]:
    """Return the addresses of backends for which there may be such jobs, or something owed."""
    owing = {str(said["backend"]) for _, said in job_journals() if "backend" in said}
    return owing | {wish.backend for _, wish in _wishes()}


def sweep() -> None:
    """Throw away what nobody goes on with: tickets that are too old, spools without a ticket."""
    with suppress(RecordsUnusable, OSError):  # whoever needs the folder is told then
        jobs = state_folder("jobs")
        remove_hollow(jobs)
        for path in logs_in(jobs):
            if is_older(path, FORGOTTEN_AFTER) and (ticket := Ticket.take(path)) is not None:
                ticket.remove()
        remove_abandoned(
            state_folder("spool"), is_awaited=lambda job: (jobs / f"{job}{ENDING}").exists()
        )


def _wishes() -> Iterator[tuple[Path, Wish]]:
    """Yield what the tickets say that this process has not in hand."""
    try:
        folder = state_folder("jobs")
    except RecordsUnusable:
        return
    for path in logs_in(folder):
        if is_held_here(path):
            continue
        entry = first_line(path)
        wish = Wish.from_entry(entry) if entry else None
        if wish is not None and path.name == f"{wish.job}{ENDING}":
            yield path, wish
