"""Those who are told of a change."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import without_texts

if TYPE_CHECKING:
    from collections.abc import Callable


T = TypeVar("T")
_log = logging.getLogger(__name__)


class Signal(Generic[T]):
    """Callbacks that are told, in the thread where the change happens, what changed.

    A listener that fails is logged and does not keep the others from hearing.
    """

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[[T], None]] = {}
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a free lock: a thread that holds it is not there in a forked process."""
        self._lock = threading.Lock()

    def add(self, callback: Callable[[T], None]) -> Callable[[], None]:
        """Add `callback`; the returned function takes it away again (twice is fine)."""
        key = object()  # the same function may listen twice
        with self._lock:
            self._callbacks[key] = callback

        def unsubscribe() -> None:
            with self._lock:
                self._callbacks.pop(key, None)

        return unsubscribe

    def tell(self, changed: T) -> None:
        """Call every listener; never with a lock held, so that one may come back to us."""
        with self._lock:
            callbacks = list(self._callbacks.values())
        for callback in callbacks:
            try:
                callback(changed)
            except Exception as error:  # noqa: BLE001  # whatever it is, it is not ours
                kind, where = type(changed).__name__, without_texts(error)
                _log.error("A listener of a %s failed: %s", kind, where)
