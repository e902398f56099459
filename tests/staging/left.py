"""Queues whose jobs do not begin, and what is left of them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.records.ids import new_id
from jupyter_openeo_artifacts.records.ledger import Ledger
from jupyter_openeo_artifacts.staging.stager import Stager
from jupyter_openeo_artifacts.staging.ticket import Ticket
from jupyter_openeo_artifacts.staging.wish import Wish, _boot
from jupyter_openeo_artifacts.transfer.exceptions import StorageUnreachable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.staging.target import Target

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


class Away:
    """A login whose service does not answer, or fails at once."""

    def __init__(self, like: Target | None = None, *, fails: bool = False) -> None:
        self.id = like.id if like else CONNECTION
        self.backend = like.backend if like else "https://openeo.example"
        self._fails = fails

    def helper(self) -> S3STSArtifactHelper:
        if not self._fails:
            threading.Event().wait(20)
        raise StorageUnreachable("Storage does not answer.")


@contextmanager
def queue(tmp_path: Path, **more: int) -> Iterator[Stager]:
    stager = Stager(Ledger(tmp_path / "ledger"), **more)
    yield stager
    stager.close()


def kept(folder: str = "jobs") -> list[Path]:
    return sorted(state_folder(folder).iterdir())
