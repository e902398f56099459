"""Cancelling, and calls and requests that end in time whatever the network does."""

from __future__ import annotations

import socket
import threading
import time
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from contextlib import contextmanager, suppress
from contextvars import ContextVar, Token
from typing import TYPE_CHECKING, TypeVar

from jupyter_openeo_artifacts.errors import Cancelled, machine_out_of_threads, out_of_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import TracebackType

    from typing_extensions import Self

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
        self.suspended: bool = False
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


def call_with_timeout(seconds: float, call: Callable[[], T], *, name: str) -> T:
    """Return what `call` returns, or stop waiting for it after `seconds`.

    A socket's time-outs bound neither the look-up of a name nor a server that sends one byte a
    second. The call goes on in its thread, called `name`, and ends by its own time-outs.

    Raises
    ------
    TimeoutError
        It took longer.
    ResourcesExhausted
        The system lets no thread begin; nothing was called.
    """
    outcome: Future[T] = Future()

    def run() -> None:
        try:
            outcome.set_result(call())
        except BaseException as error:  # noqa: BLE001  # handed to the thread that waits
            outcome.set_exception(error)

    try:
        threading.Thread(target=run, name=name, daemon=True).start()
    except RuntimeError as error:
        raise out_of_threads() from error
    try:
        return outcome.result(seconds)
    except FutureTimeout as error:
        if outcome.done():  # the call's own time-out, not ours
            raise
        raise TimeoutError(f"{name} took longer than {seconds:.0f} s") from error


_current: ContextVar[TimeLimit | None] = ContextVar("time_limit", default=None)


class TimeLimit:
    """Shuts the connections of one request down once `seconds` are over.

    A socket's time-out starts again with each byte, so one byte a second would go on for ever. A
    shut connection ends whatever reads from it, in whichever thread. Enter it around the request;
    connections find it by `current`.
    """

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over: bool = False
        self._end = 0.0
        self._lock = threading.Lock()
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True
        self._timer.name = "time limit of a request"
        self._token: Token[TimeLimit | None] | None = None

    def __enter__(self) -> Self:
        self._end = time.monotonic() + self.seconds
        try:
            self._timer.start()
        except RuntimeError as error:
            raise out_of_threads() from error
        self._token = _current.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._token
        _current.reset(self._token)
        self._timer.cancel()
        with self._lock:
            for connected in self._sockets:
                connected.close()
            self._sockets.clear()

    @staticmethod
    def current() -> TimeLimit | None:
        """Return the limit of the request that this thread is sending."""
        return _current.get()

    def left(self) -> float:
        """Return the seconds that are left.

        Raises
        ------
        TimeoutError
            There are none.
        """
        left = self._end - time.monotonic()
        if self.over or left <= 0:
            raise TimeoutError(f"it took longer than {self.seconds:g} s")
        return left

    def watch(self, connected: socket.socket) -> None:
        """Shut `connected` down, too, when the time is over.

        Raises
        ------
        TimeoutError
            It is over.
        """
        with self._lock:
            self.left()
            # One of our own: http.client closes its own at "Connection: close", and reads on.
            self._sockets.append(connected.dup())

    def _shut(self) -> None:
        with self._lock:
            self.over = True
            for connected in self._sockets:
                with suppress(OSError):  # closed already
                    connected.shutdown(socket.SHUT_RDWR)
