"""A call that ends in time whatever the network does."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeout
from typing import TYPE_CHECKING, TypeVar

from jupyter_openeo_artifacts.records.exceptions import out_of_threads

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def within(seconds: float, call: Callable[[], T], *, name: str) -> T:
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
