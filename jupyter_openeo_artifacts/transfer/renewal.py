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
    try_refresh
        The same where they may be good still: they are used on where there are no others.
    """

    def __init__(
        self, refresh: Callable[[], None] | None, try_refresh: Callable[[], None] | None = None
    ) -> None:
        self._refresh = refresh
        self._try_refresh = try_refresh or refresh
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

    def renew(self, generation: int, *, doubtful: bool = False) -> bool:
        """Replace that generation, unless another thread has; return whether to ask again.

        False where nothing can renew them, or where those just renewed were refused as well.
        """
        with self._lock:
            if generation != self.generation:
                return True
            refresh = self._try_refresh if doubtful else self._refresh
            if refresh is None or (self.generation > 0 and not self._worked):
                return False
            refresh()
            self.generation += 1
            self._worked = False
            return True
