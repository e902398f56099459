"""What a process leaves that is killed before a job of its has begun."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.records.ids import new_id
from jupyter_openeo_artifacts.staging.ticket import Ticket
from jupyter_openeo_artifacts.staging.wish import Wish, _boot

CONNECTION = "0123456789abcdef"


def left_by_a_kill(arrived: bytes | None = None, **other: Any) -> str:
    """Leave the ticket of a drop, and what had arrived of it; return the job.

    Parameters
    ----------
    other
        What is different in its `Wish`.
    """
    wish = Wish(
        job=new_id(),
        connection=CONNECTION,
        backend="https://openeo.example",
        name="a.tif",
        origin="browser",
        size=9,
        contents=None,
        arrives=True,
        reuse=True,
        boot=_boot(),
    )
    Ticket.issue(replace(wish, **other)).close()
    if arrived is not None:
        (state_folder("spool") / wish.job).write_bytes(arrived)
    return wish.job
