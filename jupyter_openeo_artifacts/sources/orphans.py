"""Spools of processes that were killed: their bytes are a user's data, and they fill the disk.

A process holds each of its spools by name (`records.name_locks`).
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.state.files import OPEN_FLAGS
from jupyter_openeo_artifacts.state.locks import hold, let_go
from jupyter_openeo_artifacts.state.name_locks import names_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def remove_abandoned(folder: Path, is_awaited: Callable[[str], bool] = lambda _: False) -> None:
    """Remove the files in `folder` that no living process holds.

    Parameters
    ----------
    is_awaited
        Told a file's name, says whether somebody will go on with it: it is not even touched then.
    """
    names = names_in(folder)
    for path in folder.iterdir():
        if is_awaited(path.name) or path.name.startswith("."):  # the mark of one that is held
            continue
        with suppress(OSError):
            if not names.hold(path.name):
                continue
            try:
                _remove(path, marked=names.is_marked(path.name))
            finally:
                names.release(path.name)


def _remove(path: Path, *, marked: bool) -> None:
    """Remove a file, unless a process of an older version holds it."""
    fd = os.open(path, os.O_RDWR | OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0))
    try:
        if marked or hold(fd, path):
            path.unlink()
            if not marked:
                let_go(path)
    finally:
        os.close(fd)
