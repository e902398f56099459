"""Spools of processes that were killed: their bytes are a user's data, and they fill the disk.

A process holds each of its spools (`records.locks.hold`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.locks import hold, let_go
from jupyter_openeo_artifacts.records.positional_io import OPEN_FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def remove_abandoned(folder: Path, is_awaited: Callable[[str], bool] = lambda _: False) -> None:
    """Remove the files in `folder` that no living process holds.

    One that is caught between its making and its marking loses only its name: who has it open
    goes on with it.

    Parameters
    ----------
    is_awaited
        Told a file's name, says whether somebody will go on with it: it is not even touched then.
    """
    for path in folder.iterdir():
        if is_awaited(path.name) or path.name.startswith("."):  # the mark of one that is held
            continue
        with suppress(OSError):
            fd = os.open(path, os.O_RDWR | OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0))
            try:
                if hold(fd, path):
                    path.unlink()
                    let_go(path)
            finally:
                os.close(fd)
