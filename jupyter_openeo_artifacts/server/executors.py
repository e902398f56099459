"""Threads of the extension, and what is done again and again."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.server.exceptions import ServerStopping

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from concurrent.futures import Executor
    from logging import Logger


T = TypeVar("T")


class Workers:
    """A bounded number of threads; bytes being received never queue behind a slow backend."""

    def __init__(self, calls: int = 8, writes: int = 4) -> None:
        self._calls = DaemonPool(calls, "openeo-artifacts-call")
        self._writes = DaemonPool(writes, "openeo-artifacts-write")

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run what asks a backend, storage or our records.

        Raises
        ------
        ServerStopping
            The server is being shut down.
        """
        return await _run(self._calls, function, *args)

    async def write(self, function: Callable[..., T], *args: Any) -> T:
        """Run what puts received bytes on the disk."""
        return await _run(self._writes, function, *args)

    async def last(self, function: Callable[..., T], *args: Any) -> T:
        """Run what ends all work, behind nothing that still waits for an answer."""
        return await _run(DaemonPool(1, "openeo-artifacts-end"), function, *args)

    def close(self) -> None:
        """Take no more; what runs is let run out, and keeps Python from nothing."""
        for pool in (self._calls, self._writes):
            pool.shutdown(wait=False, cancel_futures=True)


async def _run(pool: Executor, function: Callable[..., T], *args: Any) -> T:
    try:
        future = pool.submit(function, *args)
    except RuntimeError as error:
        raise ServerStopping("The Jupyter server is being shut down.") from error
    return await asyncio.wrap_future(future)


async def take_turns(
    turn: Callable[[], Awaitable[bool]], *, what: str, log: Logger, pause: float
) -> None:
    """Run `turn` until it says that it is over, or this is cancelled.

    Parameters
    ----------
    turn
        Returns whether that was the last one.
    what
        What fails, for the log. It is said once, until a turn has gone well again, and without the
        error's text, which may hold anything.
    pause
        Seconds between two turns.
    """
    failed = False
    while True:
        try:
            if await turn():
                return
            failed = False
        except Exception as error:  # noqa: BLE001  whatever it is
            if not failed:
                log.warning("%s, and will be tried again: %s", what, type(error).__name__)
            failed = True
        await asyncio.sleep(pause)
