"""Queues whose uploads do not begin, and what is left of them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.s3.exceptions import StorageUnreachable
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.upload_record import UploadRecord
from jupyter_openeo_artifacts.staging.upload_spec import Owner, UploadSpec
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import boot_id, new_id
from jupyter_openeo_artifacts.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.staging.target import Target

CONNECTION = "0123456789abcdef"


def left_by_a_kill(arrived: bytes | None = None, **other: Any) -> str:
    """Leave the ticket of a drop, and what had arrived of it; return the upload.

    Parameters
    ----------
    other
        What is different in its `UploadSpec`.
    """
    spec = UploadSpec(
        upload=new_id(),
        connection=CONNECTION,
        backend="https://openeo.example",
        name="a.tif",
        origin="browser",
        size=9,
        contents=None,
        arrives=True,
        reuse=True,
        boot=boot_id(),
    )
    UploadRecord.issue(replace(spec, **other)).close()
    if arrived is not None:
        (state_folder("spool") / spec.upload).write_bytes(arrived)
    return spec.upload


class Away:
    """A login whose service does not answer, or fails at once."""

    def __init__(self, like: Target | None = None, *, fails: bool = False) -> None:
        self.id = like.id if like else CONNECTION
        self.backend = like.backend if like else "https://openeo.example"
        subject = like.owner.subject if like and like.owner else "somebody"
        self.owner: Owner | None = Owner("Alice", subject)
        self._fails = fails

    def helper(self) -> S3STSArtifactHelper:
        if not self._fails:
            threading.Event().wait(20)
        raise StorageUnreachable("Storage does not answer.")


@contextmanager
def queue(tmp_path: Path, **more: int) -> Iterator[UploadManager]:
    upload_manager = UploadManager(Ledger(tmp_path / "ledger"), **more)
    yield upload_manager
    upload_manager.close()


def kept(folder: str = "uploads") -> list[Path]:
    return sorted(state_folder(folder).iterdir())
