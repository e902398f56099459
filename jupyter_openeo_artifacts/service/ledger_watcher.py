"""Noticing what others staged, as long as somebody looks at the widget."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.state.ledger import Ledger
    from jupyter_openeo_artifacts.state.ledger_index import LedgerState


T = TypeVar("T")


_log = logging.getLogger(__name__)


class Watch:
    """Asks the ledger every second whether it has changed, in a thread that ends with it.

    File notifications are not used: home folders of hubs lie on network file systems, where a
    change made by another machine is not notified.

    Parameters
    ----------
    changed
        Told in the watching thread that something came or went.
    busy
        Asked whether to go on although nobody looks.
    lease
        Seconds to watch after the last `attend`: a page that is closed does not say goodbye.
    """

    def __init__(
        self,
        ledger: Ledger,
        changed: Callable[[], None],
        busy: Callable[[], bool],
        *,
        interval: float = 1.0,
        lease: float = 60.0,
    ) -> None:
        self._ledger = ledger
        self._changed = changed
        self._busy = busy
        self._interval = interval
        self._lease = lease
        self._until = 0.0
        self._blind = False
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def attend(self) -> None:
        """Watch for another while."""
        with self._lock:
            self._until = time.monotonic() + self._lease
            if self._thread is None and not self._stop.is_set():
                # What is there now is taken here, so whoever reads the ledger next misses nothing.
                thread = threading.Thread(
                    target=self._run,
                    args=(self._state(),),
                    name="openeo-artifacts-watch",
                    daemon=True,
                )
                with suppress(RuntimeError):  # the system gives none now: at the next greeting
                    thread.start()
                    self._thread = thread

    def close(self) -> None:
        """Stop watching, for good."""
        self._stop.set()

    def _run(self, seen: LedgerState | None) -> None:
        while not self._stop.wait(self._interval):
            found = self._state()
            if found is not None and found != seen:
                seen = found
                self._ask(self._changed)
            busy = self._ask(self._busy)
            with self._lock:
                if time.monotonic() >= self._until and not busy:
                    self._thread = None
                    return

    def _ask(self, whom: Callable[[], T]) -> T | None:
        """Call somebody whose trouble must not end the watch: the next change is told again."""
        try:
            return whom()
        except Exception as error:  # noqa: BLE001  whatever it is
            _log.warning("A change of the ledger was not told: %s", type(error).__name__)
            return None

    def _state(self) -> LedgerState | None:
        try:
            found = self._ledger.state()
        except Exception as error:  # noqa: BLE001  whatever it is, the next look is taken
            if not self._blind:
                _log.warning("The ledger cannot be watched: %s", type(error).__name__)
            self._blind = True
            return None
        self._blind = False
        return found
