"""The threads of a queue: bytes that are still arriving must not hold up what is here."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.staging.job import Job

_RECEIVING_AT_ONCE = 16  # such a thread mostly waits for its browser


class Lanes:
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
        self._disk = ThreadPoolExecutor(workers, "openeo-artifacts-disk")
        self._arriving = ThreadPoolExecutor(_RECEIVING_AT_ONCE, "openeo-artifacts-arriving")

    def start(self, job: Job) -> None:
        """Let a job have its turn; after `close` it waits for a successor of this process."""
        with suppress(RuntimeError):
            (self._disk if job.has_arrived else self._arriving).submit(self._run, job)

    def do(self, work: Callable[[], None]) -> None:
        """Let something else have its turn among the files that are here."""
        self._disk.submit(work)

    def close(self) -> None:
        """Return when all that runs has come to its end; begin nothing more."""
        self._disk.shutdown(wait=True, cancel_futures=True)
        self._arriving.shutdown(wait=True, cancel_futures=True)
