"""Wrong passwords: after a few in a row, one try a second for that user name."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

FREE = 10
"""Wrong passwords in a row before tries are spaced."""
SECONDS = 1.0
"""Between two tries after that: nobody is locked out, and guessing is slow."""
_MOST = 1000
"""User names that are remembered; the one tried longest ago is forgotten."""


class PasswordAttempts:
    """Counts the wrong passwords of each user name; in memory, safe for threads.

    Parameters
    ----------
    clock
        Returns seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._wrong: dict[str, tuple[int, float]] = {}  # how many in a row, and when the last was

    def __len__(self) -> int:
        """Return of how many names wrong ones are remembered."""
        return len(self._wrong)

    def may_try(self, name: str) -> bool:
        """Tell whether a password may be compared now; the try counts as wrong until it is not."""
        now = self._clock()
        with self._lock:
            count, last = self._wrong.pop(name, (0, now))
            allowed = count < FREE or now - last >= SECONDS
            self._wrong[name] = (count + 1, now) if allowed else (count, last)
            while len(self._wrong) > _MOST:
                self._wrong.pop(next(iter(self._wrong)))
        return allowed

    def succeeded(self, name: str) -> None:
        """Forget the wrong ones."""
        with self._lock:
            self._wrong.pop(name, None)
