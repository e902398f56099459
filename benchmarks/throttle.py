"""A line that is so fast and no faster."""

from __future__ import annotations

import threading
import time

_BURST = 0.02
"""Seconds: what was not used in the last of them may be used at once."""


class Throttle:
    """Lets `rate` bytes a second through, of all connections together: a token bucket."""

    def __init__(self, rate: float) -> None:
        self._rate = rate
        self._lock = threading.Lock()
        self._free_at = 0.0

    def let(self, count: int) -> None:
        """Return when so many bytes have gone through."""
        now = time.monotonic()
        with self._lock:
            self._free_at = max(self._free_at, now - _BURST) + count / self._rate
            late = self._free_at - now
        if late > 0:
            time.sleep(late)
