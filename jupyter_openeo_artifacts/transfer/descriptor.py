"""A file descriptor that several threads use and one of them closes."""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.positional_io import read_into

if TYPE_CHECKING:
    from collections.abc import Iterator


class Descriptor:
    """Closes when it was asked to and nobody is using it any more.

    Were it closed under a read that hangs (a network file system), the kernel would give its number
    to the next file that is opened, and the read would return that one's bytes.
    """

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._lock = threading.Lock()
        self._users = 0
        self._closing = False

    @contextmanager
    def use(self) -> Iterator[int]:
        """Hold it open meanwhile.

        Raises
        ------
        ValueError
            It was closed.
        """
        with self._lock:
            if self._closing:
                raise ValueError("used after it was closed")
            self._users += 1
        try:
            yield self._fd
        finally:
            with self._lock:
                self._users -= 1
                self._close_if_unused()

    def close(self) -> None:
        """Close it, now or when its last user is done; more than once does no harm."""
        with self._lock:
            if not self._closing:
                self._closing = True
                self._close_if_unused()

    def __del__(self) -> None:
        self.close()  # of whoever forgot

    def _close_if_unused(self) -> None:
        if self._closing and self._users == 0:
            os.close(self._fd)


def read_fully(fd: int, buffer: memoryview, offset: int) -> int:
    """Fill `buffer` from `offset` and return how many bytes; fewer only where the file ends."""
    got = 0
    while got < len(buffer):  # a read may be cut short by a signal, or by 2 GiB
        count = read_into(fd, buffer[got:], offset + got)
        if not count:
            break
        got += count
    return got
