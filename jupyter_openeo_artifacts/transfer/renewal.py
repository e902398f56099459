"""Renewing credentials once for all parts that found them expired."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Renewal:
    """Counts generations of credentials, and renews one only when it is the newest.

    Parameters
    ----------
    refresh
        Makes the client use fresh ones; None where that cannot be done.
    """

    def __init__(self, refresh: Callable[[], None] | None) -> None:
        self._refresh = refresh
        self._lock = threading.Lock()
        self._worked = False
        self.generation = 0

    def worked(self, generation: int) -> None:
        """Hear that a request with these was accepted."""
        if generation == self.generation:
            self._worked = True

    @property
    def has_worked(self) -> bool:
        """Whether a request with the newest was accepted."""
        return self._worked

    def renew(self, generation: int) -> bool:
        """Replace that generation, unless another thread has; return whether to ask again.

        False where nothing can renew them, or where those just renewed were refused as well.
        """
        with self._lock:
            if generation != self.generation:
                return True
            if self._refresh is None or (self.generation > 0 and not self._worked):
                return False
            self._refresh()
            self.generation += 1
            self._worked = False
            return True
