"""The memory that parts are read into: one budget for all uploads of this process.

Each buffer is a mapping of its own, used again while there are uploads and given back to the system
after the last one. Memory from the allocator would stay with it, once for each thread.
"""

from __future__ import annotations

import mmap
import os
import threading
from collections import deque
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.transfer.config import MIB

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken


_LIMIT = 40 * MIB  # five parts of the usual size: one upload at full speed, and a place to spare

_SMALL = 128 * 1024
"""Bytes that a mapping is not worth its price for: clearing pages takes longer than a file's read.
Allocators do as much (M_MMAP_THRESHOLD, https://man7.org/linux/man-pages/man3/mallopt.3.html)."""


class BufferPool:
    """Hands out buffers, first come, first served, within `limit` bytes in all.

    One that is larger than the limit is handed out when there is no other.
    """

    def __init__(self, limit: int = _LIMIT) -> None:
        self._limit = limit
        call_after_fork(self)
        self.reset_after_fork()

    def reset_after_fork(self) -> None:
        """Have no user and hold no buffer: after a fork they are all the parent's."""
        self._changed = threading.Condition()
        self._users = 0
        self._resting = 0
        self._used = 0
        self._idle: list[mmap.mmap] = []
        self._waiting: deque[object] = deque()

    @property
    def held(self) -> int:
        """Bytes of all mappings there are now."""
        with self._changed:
            return self._used + sum(len(each) for each in self._idle)

    @property
    def users(self) -> int:
        """How many uploads there are now that do not wait for their bytes."""
        with self._changed:
            return self._users - self._resting

    @property
    def waiting(self) -> int:
        """How many wait for a buffer."""
        with self._changed:
            return len(self._waiting)

    @contextmanager
    def rest(self) -> Iterator[None]:
        """Do not count one of the uploads meanwhile."""
        with self._changed:
            self._resting += 1
        try:
            yield
        finally:
            with self._changed:
                self._resting -= 1

    def join(self) -> None:
        """Count one more upload."""
        with self._changed:
            self._users += 1

    def leave(self) -> None:
        """Count one less; after the last one, no memory is held."""
        with self._changed:
            self._users -= 1
            if self._users == 0:
                self._drop_idle(keep=0)

    @contextmanager
    def take(self, length: int, stop: CancelToken) -> Iterator[memoryview]:
        """Hold `length` bytes of any content meanwhile, waiting for them.

        Raises
        ------
        Cancelled
            `stop` was, while this waited.
        """
        size = max(length, 1)
        found = self._wait(size, stop)
        mapping: mmap.mmap | bytearray | None = None
        try:
            mapping = found or _made(size)
            with memoryview(mapping) as whole, whole[:length] as buffer:
                yield buffer
        finally:
            with self._changed:
                self._used -= size
                if isinstance(mapping, mmap.mmap):
                    self._idle.append(mapping)
                self._drop_idle(keep=self._limit - self._used if self._users else 0)
                if self._waiting:
                    self._changed.notify_all()

    def _wait(self, size: int, stop: CancelToken) -> mmap.mmap | None:
        """Wait for its turn and count it; return a mapping of that size if there is one."""
        with self._changed:
            if not self._waiting and self._fits(size):  # as a rule: nobody need be woken
                stop.raise_if_cancelled()
                self._used += size
                return self._reuse(size)
        turn = object()
        unhook = stop.on_cancel(self._wake)
        try:
            with self._changed:
                self._waiting.append(turn)
                try:
                    while self._waiting[0] is not turn or not self._fits(size):
                        stop.raise_if_cancelled()
                        self._changed.wait()
                    stop.raise_if_cancelled()
                    self._used += size
                    return self._reuse(size)
                finally:
                    self._waiting.remove(turn)
                    self._changed.notify_all()
        finally:
            unhook()

    def _fits(self, size: int) -> bool:
        return self._used == 0 or self._used + size <= self._limit

    def _reuse(self, size: int) -> mmap.mmap | None:
        found = next((each for each in self._idle if len(each) == size), None)
        if found is not None:
            self._idle.remove(found)
        self._drop_idle(keep=self._limit - self._used)
        return found

    def _drop_idle(self, *, keep: int) -> None:
        while self._idle and sum(len(each) for each in self._idle) > keep:
            with suppress(BufferError):  # a traceback has a view of it still, and frees it
                self._idle.pop(0).close()

    def _wake(self) -> None:
        with self._changed:
            self._changed.notify_all()


def _made(size: int) -> mmap.mmap | bytearray:
    if size <= _SMALL:
        return bytearray(size)
    if os.name != "posix":
        return mmap.mmap(-1, size)
    return mmap.mmap(-1, size, access=mmap.ACCESS_COPY)  # of this process alone


BUFFER_POOL = BufferPool()
"""Those of this process."""
