"""What is done when a process ends, and when it forks.

At its end work is told first, then waited for, whatever brings it about: a signal, `sys.exit`, an
exception in the main thread. Python comes by here each time before it waits for threads; `atexit`
would be too late for that. The executors of the standard library use the same hook (CPython 3.10
to 3.14, `concurrent/futures/thread.py`).

A fork copies the thread that called it, and no other: a lock that another one held stays locked,
connections are the parent's as well, and what threads were about to do nobody does.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar
from weakref import WeakSet

if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")
LIMIT_SECONDS = 8.0
"""For all that is under way to end; JupyterHub kills 10 s after its first signal."""

_log = logging.getLogger(__name__)


class _Closes(Protocol):
    def close(self) -> None:
        """Tell what is under way to stop; returns within `LIMIT_SECONDS`."""


class _Awaited(Protocol):
    def join(self, timeout: float) -> bool:
        """Wait for what is under way, at most so many seconds."""


_closes: WeakSet[_Closes] = WeakSet()
_awaited: WeakSet[_Awaited] = WeakSet()
_pid: int | None = None
_lock = threading.Lock()


def close_at_end(thing: _Closes) -> None:
    """Have `thing.close` called when this process ends, unless it is gone before."""
    _register()
    _closes.add(thing)


def join_at_end(thing: _Awaited) -> None:
    """Have `thing` waited for when this process ends, after all that is closed then."""
    _register()
    _awaited.add(thing)


def _register() -> None:
    global _pid  # noqa: PLW0603  a fork inherits the hook, but not the threads
    with _lock:
        register: Callable[[Callable[[], None]], None] | None = getattr(
            threading, "_register_atexit", None
        )
        if _pid is None and register is not None:
            _pid = os.getpid()
            with suppress(RuntimeError):  # the end has begun
                register(end)


def end() -> None:
    """Close and wait; once, and only in the process that the work belongs to."""
    if os.getpid() != _pid:
        return  # what a fork has inherited is its parent's
    for closing in list(_closes):
        try:
            closing.close()
        except Exception as error:  # noqa: BLE001  the others are to be told all the same
            _log.warning("Something could not be ended: %s", type(error).__name__)
    deadline = time.monotonic() + LIMIT_SECONDS
    for awaited in list(_awaited):
        try:
            awaited.join(max(0.0, deadline - time.monotonic()))
        except Exception as error:  # noqa: BLE001  the others are to be waited for all the same
            _log.warning("Something could not be waited for: %s", type(error).__name__)


def _reset_after_fork() -> None:
    """Leave to the parent what a forked process has inherited."""
    global _pid, _lock
    _pid, _lock = None, threading.Lock()
    _closes.clear()
    _awaited.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)


class _Renewable(Protocol):
    def reset_after_fork(self) -> None:
        """Have what a new one has: locks that are free, no connection, nothing under way."""


_of_this_process: WeakSet[_Renewable] = WeakSet()


def call_after_fork(each: _Renewable) -> None:
    """Have `each.reset_after_fork()` called in every process that is forked while it lives."""
    _of_this_process.add(each)


def _forked() -> None:
    for each in list(_of_this_process):
        try:
            each.reset_after_fork()
        except Exception as error:  # noqa: BLE001  the others would wait for the parent's threads
            _log.warning("Something has no new beginning in a fork: %s", type(error).__name__)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)


class OnePerProcess(Generic[T]):
    """Makes one of something when it is first needed, and returns that from then on.

    Parameters
    ----------
    make
        Makes it; called in the thread that needs it first, while others wait.
    shared_by_forks
        Whether a forked process goes on with its parent's, or makes one of its own.
    """

    def __init__(self, make: Callable[[], T], *, shared_by_forks: bool = False) -> None:
        self._make = make
        self._shared_by_forks = shared_by_forks
        self._lock = threading.Lock()
        self._made: T | None = None
        call_after_fork(self)

    def __call__(self) -> T:
        """Return it."""
        with self._lock:
            if self._made is None:
                self._made = self._make()
            return self._made

    def forget(self) -> T | None:
        """Have another one made when one is next needed; return the one there was."""
        with self._lock:
            made, self._made = self._made, None
        return made

    def reset_after_fork(self) -> None:
        """Have a free lock: the thread that held it is not there in a forked process."""
        self._lock = threading.Lock()
        if not self._shared_by_forks:
            self._made = None
