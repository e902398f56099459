"""The threads of a queue: bytes that are still arriving must not hold up what is here."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.concurrency.exhaustion import affordable
from jupyter_openeo_artifacts.concurrency.process_end import LIMIT_SECONDS
from jupyter_openeo_artifacts.errors import MachineExhausted

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.staging.job import Job


_RECEIVING_AT_ONCE = 16  # such a thread mostly waits for its browser


_FOR_ONE_RECEIVED, _FOR_ONE_ON_DISK = 16, 32
"""Descriptors that the process must be allowed for each upload that runs at once.

One takes six at most: its bytes, its journal, four connections. The rest is for whoever else is in
the process. No usual limit is that low but the 256 of macOS, and what administrators set.
"""


class Executors:
    """Two lanes, so that a browser that sleeps does not hold up a file that lies on disk.

    Parameters
    ----------
    workers
        How many files whose bytes are all here are sent at a time.
    run
        What a thread does with a job.
    """

    def __init__(self, workers: int, run: Callable[[Job], None]) -> None:
        self._run = run
        disk = affordable(workers, _FOR_ONE_ON_DISK)
        arriving = affordable(_RECEIVING_AT_ONCE, _FOR_ONE_RECEIVED)
        self._disk = DaemonPool(disk, "openeo-artifacts-disk")
        self._arriving = DaemonPool(arriving, "openeo-artifacts-arriving")

    def start(self, job: Job) -> None:
        """Let a job have its turn; after `close` it waits for a successor of this process.

        It fails, to be tried again, where the system has no thread for it.
        """
        try:
            (self._disk if job.has_arrived else self._arriving).submit(self._run, job)
        except MachineExhausted as problem:
            if job.begin():
                job.move("failed", problem=problem)
        except RuntimeError:
            pass  # closed

    def do(self, work: Callable[[], None]) -> None:
        """Let something else have its turn among the files that are here, if there is a thread."""
        with suppress(MachineExhausted):
            self._disk.submit(work)

    def close(self) -> None:
        """Begin nothing more; return when all that runs has ended, or after `LIMIT_SECONDS`."""
        pools = (self._disk, self._arriving)
        deadline = time.monotonic() + LIMIT_SECONDS
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.join(max(0.0, deadline - time.monotonic()))
