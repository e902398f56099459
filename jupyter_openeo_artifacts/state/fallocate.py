"""A file's room on the disk: had before it is written to, given back while its end is in use."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from functools import cache
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # linux/falloc.h


_LARGEST_BLOCK = 64 * 1024


def reserve(fd: int, length: int) -> None:
    """Have room for the first `length` bytes, so that they can be written to a full disk, too.

    The file stays as long as it is. Nothing is done where that cannot be done.
    """
    if (fallocate := _fallocate()) is not None:
        fallocate(fd, _KEEP_SIZE, 0, length)


def need_room(fd: int, length: int) -> None:
    """Raise where the file's disk has no room for `length` more bytes, as far as it tells.

    Raises
    ------
    OSError
        ENOSPC, as a write would.
    """
    if hasattr(os, "fstatvfs"):  # Windows has none
        seen = os.fstatvfs(fd)
        if seen.f_bavail * seen.f_frsize < length:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


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


def first_data(fd: int) -> int:
    """Return the first byte that is not in a hole; the file's size where all are.

    It is 0 where the system does not tell.
    """
    try:
        return os.lseek(fd, 0, os.SEEK_DATA)
    except AttributeError:
        return 0
    except OSError:  # ENXIO: nothing but a hole
        return os.fstat(fd).st_size


def has_holes(folder: Path) -> bool:
    """Tell whether files in `folder` can have holes, by making one."""
    try:
        return _has_holes(folder)
    except OSError:
        return False  # not kept in mind: the disk may be full now


@cache
def _has_holes(folder: Path) -> bool:
    with TemporaryFile(dir=folder) as file:
        file.write(bytes(2 * _LARGEST_BLOCK))
        file.flush()
        return punch(file.fileno(), 0, _LARGEST_BLOCK)


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
