"""Telling how many bytes are stored, never fewer than told before."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


class Progress:
    """Adds up acknowledged bytes from several threads for one listener.

    Calls are made one at a time, with growing numbers. An upload that has to begin again says
    nothing until it is past where it was.
    """

    def __init__(self, listener: Callable[[int], None]) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._stored = 0
        self._told = -1
        self._closed = False

    def add(self, count: int) -> None:
        """Count bytes that the storage has acknowledged."""
        with self._lock:
            self._stored += count
            if self._stored > self._told and not self._closed:
                self._told = self._stored
                self._listener(self._stored)

    def restart(self) -> None:
        """Count from nothing again."""
        with self._lock:
            self._stored = 0

    def close(self) -> None:
        """Be silent from now on (a call that is under way is not waited for)."""
        self._closed = True
