"""File descriptors shared by threads, and reading from them."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING
from weakref import ref

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import affordable
from jupyter_openeo_artifacts.state.files import OPEN_FLAGS, read_into

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken


_OPEN_AT_REST, _FOR_ONE_AT_REST = 64, 16
"""Files that stay open although nobody uses them just now; fewer where a process may open few."""


class Descriptor:
    """Closes when it was asked to and nobody is using it any more.

    Were it closed under a read that hangs (a network file system), the kernel would give its number
    to the next file that is opened, and the read would return that one's bytes.

    One of a file that has a path is also closed when many others were used since, and opened again
    when it is used: thousands of uploads may wait for their bytes at a time.
    """

    def __init__(self, fd: int, path: Path | None = None) -> None:
        self._fd: int | None = fd
        self._path = path
        self._users = 0
        self._closing = False
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a free lock: the thread that held it is not there in a forked process."""
        self._lock = threading.Lock()

    @contextmanager
    def use(self) -> Iterator[int]:
        """Hold it open meanwhile.

        Raises
        ------
        ValueError
            It was closed, or its file is gone.
        OSError
            It was closed for others, and cannot be opened again.
        """
        with self._lock:
            if self._closing:
                raise ValueError("used after it was closed")
            if self._fd is None:
                self._fd = self._reopened()
            self._users += 1
            fd = self._fd
        try:
            yield fd
        finally:
            with self._lock:
                self._users -= 1
                self._close_if_unused()
            if self._path is not None:
                RESTING.note(self)

    def close(self) -> None:
        """Close it, now or when its last user is done; more than once does no harm."""
        with self._lock:
            if not self._closing:
                self._closing = True
                self._close_if_unused()

    def rest(self) -> None:
        """Close it until it is used again, unless somebody uses it."""
        with self._lock:
            if self._users == 0 and self._fd is not None:
                os.close(self._fd)
                self._fd = None

    def __del__(self) -> None:
        self.close()  # of whoever forgot

    def _reopened(self) -> int:
        assert self._path is not None
        try:
            return os.open(self._path, os.O_RDWR | OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0))
        except FileNotFoundError as error:
            raise ValueError("its file is gone") from error

    def _close_if_unused(self) -> None:
        if self._closing and self._users == 0 and self._fd is not None:
            os.close(self._fd)
            self._fd = None


class _Resting:
    """The descriptors that were used last, by weak references."""

    def __init__(self) -> None:
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Know of none, with a free lock: those that were used are the parent's."""
        self._lock = threading.Lock()
        self._last: OrderedDict[int, ref[Descriptor]] = OrderedDict()

    def note(self, used: Descriptor) -> None:
        """Put one in front, and close those that were not used for longest."""
        oldest: list[Descriptor | None] = []
        with self._lock:
            self._last[id(used)] = ref(used)
            self._last.move_to_end(id(used))
            most = affordable(_OPEN_AT_REST, _FOR_ONE_AT_REST)
            while len(self._last) > most:
                _, found = self._last.popitem(last=False)
                oldest.append(found())
        for each in oldest:
            if each is not None:
                each.rest()


RESTING = _Resting()
"""Those of this process."""


def read_fully(fd: int, buffer: memoryview, offset: int) -> int:
    """Fill `buffer` from `offset` and return how many bytes; fewer only where the file ends."""
    got = 0
    while got < len(buffer):  # a read may be cut short by a signal, or by 2 GiB
        count = read_into(fd, buffer[got:], offset + got)
        if not count:
            break
        got += count
    return got


_BLOCK = 2**20


@dataclass(frozen=True)
class ReadSoFar:
    """All bytes before `end` were read; `sha256` is theirs, in hex."""

    end: int = 0
    sha256: str = sha256().hexdigest()


@dataclass(frozen=True)
class Reader:
    """Who reads a file and keeps the digest; both may be asked for in any thread."""

    so_far: Callable[[], ReadSoFar] = ReadSoFar
    cancel: CancelToken | None = None


def is_same(fd: int, read: ReadSoFar, cancel: CancelToken | None) -> bool:
    """Tell whether the bytes that were read are in the file still.

    Raises
    ------
    Cancelled
        `cancel` was.
    OSError
        They cannot be read again.
    """
    digest, buffer, offset = sha256(), memoryview(bytearray(_BLOCK)), 0
    while offset < read.end:
        if cancel is not None:
            cancel.raise_if_cancelled()
        got = read_fully(fd, buffer[: min(_BLOCK, read.end - offset)], offset)
        if not got:
            return False
        digest.update(buffer[:got])
        offset += got
    return digest.hexdigest() == read.sha256
