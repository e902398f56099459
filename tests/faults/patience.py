"""How long something takes, on a machine that is busy with other things."""

from __future__ import annotations

import threading
import time
from concurrent.futures import Future
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
_TICK = 0.1


class Timed(Generic[T]):
    """Runs `call` in a thread of its own, for at most `seconds`.

    Only time in which this process was let run is counted: one that stands still for half a minute,
    because others have both cores, has not hung.

    Parameters
    ----------
    since
        Given what starts the count anew.
    """

    def __init__(
        self,
        seconds: float,
        call: Callable[[], T],
        since: Callable[[Callable[[], None]], object] = lambda _: None,
    ) -> None:
        self.future: Future[T] = Future()
        self._begun = self._passed = 0.0
        self._call = call
        since(self._begin)
        thread = threading.Thread(target=self._run, name="cell", daemon=True)
        thread.start()
        last = time.monotonic()
        while thread.is_alive() and self._passed < seconds:
            thread.join(_TICK)
            now = time.monotonic()
            self._passed += min(now - last, 3 * _TICK)
            last = now

    @property
    def seconds(self) -> float:
        """How long it took."""
        return self._passed - self._begun

    def _begin(self) -> None:
        self._begun = self._passed

    def _run(self) -> None:
        try:
            self.future.set_result(self._call())
        except BaseException as error:  # noqa: BLE001 - handed on
            self.future.set_exception(error)
