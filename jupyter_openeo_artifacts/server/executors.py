"""The threads for what waits: one set for the network, one for the disk."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.server.exceptions import ServerStopping

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor


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
