"""Reading and writing at an offset, and flags to open files by, on every platform.

Windows has neither `preadv` nor `pwrite`, and changes line ends in files not opened as binary.
"""

from __future__ import annotations

import os
import threading

OPEN_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""What every file of bytes is opened with besides its mode."""

_seeking = threading.Lock()  # between moving a file's position and using it


def read_into(fd: int, buffer: memoryview, offset: int) -> int:
    """Read once from `offset` into `buffer`; return the count of bytes, 0 at the file's end."""
    if hasattr(os, "preadv"):
        return os.preadv(fd, [buffer], offset)
    with _seeking:
        os.lseek(fd, offset, os.SEEK_SET)
        content = os.read(fd, len(buffer))
    buffer[: len(content)] = content
    return len(content)


def write_at(fd: int, content: memoryview, offset: int) -> int:
    """Write once at `offset`; return how many bytes were taken."""
    if hasattr(os, "pwrite"):
        return os.pwrite(fd, content, offset)
    with _seeking:
        os.lseek(fd, offset, os.SEEK_SET)
        return os.write(fd, content)
