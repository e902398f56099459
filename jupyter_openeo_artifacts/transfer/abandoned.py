"""Spools of processes that were killed: their bytes are a user's data, and they fill the disk.

A process holds each of its spools (`records.locks.hold`). Where there are no such locks nothing is
removed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.locks import hold

if TYPE_CHECKING:
    from collections.abc import Container
    from pathlib import Path


def remove_abandoned(folder: Path, keep: Container[str] = ()) -> None:
    """Remove the files in `folder` that no living process holds, but for those named in `keep`.

    One that is caught between its making and its marking loses only its name: who has it open
    goes on with it.
    """
    for path in folder.iterdir():
        if path.name in keep:
            continue
        with suppress(OSError):
            fd = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                if hold(fd):
                    path.unlink()
            finally:
                os.close(fd)
