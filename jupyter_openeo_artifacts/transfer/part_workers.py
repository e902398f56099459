"""The threads that send one upload's parts, as many as its share is now."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import MachineExhausted
from jupyter_openeo_artifacts.transfer.buffer_pool import BUFFER_POOL

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.transfer.config import PartPlan
    from jupyter_openeo_artifacts.transfer.upload_context import UploadContext


class PartWorkers:
    """Has `send_next` called until it returns false, by one thread at first.

    Parameters
    ----------
    send_next
        Sends one more part; false where there is none. It calls `grow` once it has a part's bytes:
        a second thread would only wait for them, too.
    """

    def __init__(
        self, context: UploadContext, plan: PartPlan, send_next: Callable[[], bool]
    ) -> None:
        self._context = context
        self._plan = plan
        self._send_next = send_next
        self._lock = threading.Lock()
        self._workers = 0
        self._ended = False
        self._idle = threading.Event()
        self._failure: BaseException | None = None

    def run(self) -> None:
        """Return or raise when all threads end; look at the source meanwhile."""
        self.grow()
        while not self._idle.wait(self._context.config.watch_every):
            if not self._context.stop.cancelled:
                self._watch()
        if self._failure:
            raise self._failure

    def grow(self) -> None:
        """Have one more thread, if there is a place for it.

        Raises
        ------
        MachineExhausted
            The system lets not even the first one begin.
        """
        with self._lock:
            if self._ended or self._workers >= self._share():
                return
            self._workers += 1
        assert self._context.threads is not None
        try:
            self._context.threads.submit(self._work)
        except MachineExhausted:
            with self._lock:
                self._workers -= 1
                alone = not self._workers
            if alone:
                raise

    def _share(self) -> int:
        """Return how many threads this upload may have, beside the others that there are now."""
        plan, uploads = self._plan, max(1, BUFFER_POOL.users)
        return self._context.config.parts_at_once(plan.part_size, plan.count, uploads)

    def _work(self) -> None:
        """Send parts until there is none left, or another upload is due."""
        try:
            while self._send_next():
                if self._makes_way():
                    return
        except BaseException as error:  # noqa: BLE001 - raised by the conductor
            self._note(error)
        with self._lock:
            self._ended = True
            self._workers -= 1
            if not self._workers:
                self._idle.set()

    def _makes_way(self) -> bool:
        with self._lock:
            leaves = self._workers > self._share()
            self._workers -= leaves
        return leaves

    def _watch(self) -> None:
        try:
            self._context.source.check_unchanged()
        except Exception as error:  # noqa: BLE001 - handed on; the threads are waited for first
            self._note(error)

    def _note(self, error: BaseException) -> None:
        """Keep the first error, and stop; the others come of the stop."""
        with self._lock:
            first = self._failure is None
            self._failure = self._failure or error
        if first:
            self._context.fail(error)
