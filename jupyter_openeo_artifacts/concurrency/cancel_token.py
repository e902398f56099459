"""A cancel that reaches every waiting thread at once."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from jupyter_openeo_artifacts.concurrency.exhaustion import machine_out_of_threads
from jupyter_openeo_artifacts.errors import Cancelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


T = TypeVar("T")


_covering = threading.local()


class CancelToken:
    """Passed down to whoever may have to stop; once cancelled it stays so.

    All methods may be called from any thread.
    """

    def __init__(self) -> None:
        self._cancelled = False
        self._waiting: list[threading.Event] = []  # one for each `wait`: most tokens see none
        self._lock = threading.Lock()
        self._callbacks: list[Callable[[], None]] = []
        self.suspended = False
        """Whether what was cancelled is to be gone on with, by this process's successor."""

    def suspend(self) -> None:
        """Cancel, but leave everything as it is for somebody who goes on with it later."""
        self.suspended = True
        self.cancel()

    def cancel(self) -> None:
        """Cancel, and call every listener once, in this thread.

        All are called before the first error of theirs is raised.
        """
        with self._lock:
            self._cancelled = True
            callbacks, self._callbacks = self._callbacks, []
        for each in list(self._waiting):
            each.set()
        failed: BaseException | None = None
        for callback in callbacks:
            try:
                callback()
            except BaseException as error:  # noqa: BLE001 - the others have to be told, too
                failed = failed or error
        if failed is not None:
            raise failed

    @property
    def cancelled(self) -> bool:
        """Whether it was cancelled."""
        return self._cancelled

    def raise_if_cancelled(self, *, pending: bool = False) -> None:
        """Raise `Cancelled` if it was; `pending` as there.

        Raises
        ------
        Cancelled
            It was.
        """
        if self._cancelled:
            raise Cancelled(pending=pending)

    @staticmethod
    def covering() -> CancelToken | None:
        """Return what ends the requests that this thread sends now, if there is anything."""
        found: CancelToken | None = getattr(_covering, "token", None)
        return found

    @contextmanager
    def cover(self) -> Iterator[None]:
        """Have this end the requests that this thread sends meanwhile."""
        before = CancelToken.covering()
        _covering.token = self
        try:
            yield
        finally:
            _covering.token = before

    def wait(self, seconds: float | None) -> bool:
        """Sleep for at most `seconds`; return at once, with true, when it is cancelled."""
        woken = threading.Event()
        self._waiting.append(woken)
        try:
            # Asked after that, as `cancel` tells only those that wait by then.
            return self._cancelled or woken.wait(seconds) or self._cancelled
        finally:
            self._waiting.remove(woken)

    def run(self, call: Callable[[], T]) -> T:
        """Return what `call` returns, unless this is cancelled before; for what cannot be stopped.

        A call that is left alone goes on in its own thread, which does not keep Python from ending.

        Raises
        ------
        Cancelled
            This was cancelled.
        MachineExhausted
            The system lets no thread begin.
        """
        outcome: Future[T] = Future()
        turned = threading.Event()

        def work() -> None:
            try:
                outcome.set_result(call())
            except BaseException as error:  # noqa: BLE001  handed to the thread that waits
                outcome.set_exception(error)

        outcome.add_done_callback(lambda _: turned.set())
        unhook = self.on_cancel(turned.set)
        try:
            try:
                threading.Thread(target=work, name="openeo-artifacts-waiting", daemon=True).start()
            except RuntimeError as error:
                raise machine_out_of_threads() from error
            turned.wait()
        finally:
            unhook()
        self.raise_if_cancelled()
        return outcome.result()

    def on_cancel(self, callback: Callable[[], None]) -> Callable[[], None]:
        """Have `callback` called when it is cancelled, now if it was; return what undoes that."""
        with self._lock:
            if not self._cancelled:
                self._callbacks.append(callback)
                return lambda: self._drop(callback)
        callback()
        return lambda: None

    def _drop(self, callback: Callable[[], None]) -> None:
        with self._lock:
            if callback in self._callbacks:
                self._callbacks.remove(callback)
