"""Spools of processes that were killed: their bytes are a user's data, and they fill the disk.

A process holds an advisory lock on each of its spools, which the kernel takes back however the
process ends. Where there are no such locks (Windows, some network file systems) nothing is removed.
"""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def hold(fd: int) -> bool:
    """Mark an open file as in use until it is closed; False where that is not to be had."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def remove_abandoned(folder: Path) -> None:
    """Remove the files in `folder` that no living process holds.

    One that is caught between its making and its marking loses only its name: who has it open
    goes on with it.
    """
    for path in folder.iterdir():
        with suppress(OSError):
            fd = os.open(path, os.O_RDWR | getattr(os, "O_NOFOLLOW", 0))
            try:
                if hold(fd):
                    path.unlink()
            finally:
                os.close(fd)
