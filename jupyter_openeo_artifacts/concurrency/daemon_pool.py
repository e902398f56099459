"""Threads for work that may wait for others, and must not keep Python from ending."""

from __future__ import annotations

import itertools
import queue
import threading
import time
from concurrent.futures import Executor, Future
from typing import TYPE_CHECKING, Any, TypeVar

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork, join_at_end
from jupyter_openeo_artifacts.errors import machine_out_of_threads

if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")


class _Task:
    """One call and where its outcome goes."""

    def __init__(self, future: Future[Any], call: Callable[[], Any]) -> None:
        self.future = future
        self.in_line = False
        """Whether a busy thread has to run it, as the system gave no further one."""
        self._call = call

    def run(self) -> None:
        if not self.future.set_running_or_notify_cancel():
            return
        try:
            self.future.set_result(self._call())
        except BaseException as error:  # noqa: BLE001  handed to whoever asks for the outcome
            self.future.set_exception(error)


class _Shared:
    """What the threads of a pool know of it, so that it can go before them."""

    def __init__(self) -> None:
        self.tasks: queue.SimpleQueue[_Task | None] = queue.SimpleQueue()
        self.idle = threading.Semaphore(0)

    def work(self) -> None:
        """Run what comes, until None does, which is for all threads."""
        while (task := self.tasks.get()) is not None:
            task.run()
            in_line = task.in_line
            del task  # with what it holds
            if not in_line:
                self.idle.release()
        self.tasks.put(None)


class DaemonPool(Executor):
    """At most `most` threads, each made when there is none idle.

    The standard library's pool is joined when Python ends, however long that takes: a thread that
    waits for a silent server would keep a Jupyter server from ending by its signals.

    Parameters
    ----------
    finish
        Whether Python's end waits for them for some seconds, as they clean up after themselves.
    own_threads
        Whether calls wait for each other, so that one for which the system has no further thread
        is refused. Others then wait for a thread that there is.
    """

    def __init__(
        self, most: int, name: str, *, finish: bool = False, own_threads: bool = False
    ) -> None:
        self._most = most
        self._name = name
        self._own_threads = own_threads
        self._numbers = itertools.count()
        self._closed = False
        self.reset_after_fork()
        call_after_fork(self)
        if finish:
            join_at_end(self)

    def reset_after_fork(self) -> None:
        """Have no thread and nothing to do: both are the parent's in a forked process."""
        self._lock = threading.Lock()
        self._shared = _Shared()
        self._threads: list[threading.Thread] = []

    def submit(self, fn: Callable[..., T], /, *args: Any, **kwargs: Any) -> Future[T]:
        """Have `fn` called by one of the threads.

        Raises
        ------
        RuntimeError
            The pool is shut down.
        MachineExhausted
            There is no thread to call it, and the system lets none begin; it will not be called.
        """
        future: Future[T] = Future()
        task = _Task(future, lambda: fn(*args, **kwargs))
        with self._lock:
            if self._closed:
                raise RuntimeError("this pool is shut down")
            if not self._shared.idle.acquire(blocking=False) and len(self._threads) < self._most:
                task.in_line = not self._add_thread()
            self._shared.tasks.put(task)
        return future

    def _add_thread(self) -> bool:
        """Begin one more; false where the system lets none begin, and another may do."""
        thread = threading.Thread(
            target=self._shared.work, name=f"{self._name}_{next(self._numbers)}", daemon=True
        )
        try:
            thread.start()
        except RuntimeError as error:
            if self._own_threads or not self._threads:
                raise machine_out_of_threads() from error
            return False
        self._threads.append(thread)
        return True

    def shutdown(
        self,
        wait: bool = True,  # noqa: FBT001, FBT002  as the base class has it
        *,
        cancel_futures: bool = False,
    ) -> None:
        """Take no more; what waits is still run unless it is cancelled."""
        with self._lock:
            self._closed = True
            if cancel_futures:
                self._cancel_waiting()
            self._shared.tasks.put(None)
        if wait:
            self.join(None)

    def join(self, timeout: float | None) -> bool:
        """Wait at most `timeout` seconds for the threads of a pool that is shut down.

        Returns
        -------
        Whether all of them have ended.
        """
        if not self._closed:
            return False
        deadline = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def __del__(self) -> None:
        self._shared.tasks.put(None)

    def _cancel_waiting(self) -> None:
        while True:
            try:
                task = self._shared.tasks.get_nowait()
            except queue.Empty:
                return
            if task is not None:
                task.future.cancel()
