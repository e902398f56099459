"""Whether a storage has shown itself: decides what an answer of somebody else means."""

from __future__ import annotations

import threading


class Contact:
    """Knows whether a storage was reached, by any thread of a helper.

    Before, whatever answers in its place is an error at once: the address may be wrong. After that
    it is a passing trouble of the network (docs/decisions/016-whose-word.md).
    """

    def __init__(self, *, made: bool = False) -> None:
        self._made = threading.Event()
        if made:
            self._made.set()

    @property
    def made(self) -> bool:
        """Whether the storage itself has answered."""
        return self._made.is_set()

    def make(self) -> None:
        """Note that the storage itself has answered."""
        if not self._made.is_set():
            self._made.set()
