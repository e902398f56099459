"""Giving the disk back the front of a file whose end is still in use."""

from __future__ import annotations

import ctypes
import os
import sys
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # linux/falloc.h


def punch(fd: int, start: int, end: int) -> bool:
    """Give back the room of the bytes from `start` up to `end`, which read as zeros from then on.

    Returns
    -------
    Whether that was done; where it cannot be done (another system than Linux, a file system that
    has no holes), nothing is changed.
    """
    fallocate = _fallocate()
    if fallocate is None:
        return False
    done: int = fallocate(fd, _KEEP_SIZE | _PUNCH_HOLE, start, end - start)
    return done == 0


def whole_blocks(fd: int, end: int) -> int:
    """Return where the last whole block of the file that ends before byte `end` does end."""
    return end - end % (getattr(os.fstat(fd), "st_blksize", 0) or 4096)


@cache
def _fallocate() -> Callable[..., Any] | None:
    if sys.platform != "linux":
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    # Python has posix_fallocate alone, which makes no holes. The one with 64 in its name takes
    # 64-bit offsets on every glibc; musl has only the other one, which does there, too.
    found = getattr(libc, "fallocate64", None) or getattr(libc, "fallocate", None)
    if found is None:
        return None
    found.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    found.restype = ctypes.c_int
    return found  # type: ignore[no-any-return]
