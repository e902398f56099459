"""A spool as an uploader sees it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.sources.source import read_bytes

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
    from jupyter_openeo_artifacts.sources.shared_fd import Reader
    from jupyter_openeo_artifacts.sources.spool import Spool


class SpoolSource:
    """A `Source` whose bytes still arrive."""

    def __init__(self, spool: Spool) -> None:
        self._spool = spool
        self._lock = threading.Lock()
        self._closed = False

    @property
    def size(self) -> int:
        """Bytes announced."""
        return self._spool.size

    @property
    def identity(self) -> list[Any]:
        """The spool's name, which no other one has ever had."""
        return ["spool", self._spool.path.name]

    @property
    def reclaimed_bytes(self) -> int:
        """How many bytes at the front were given back to the disk."""
        return self._spool.reclaimed_bytes

    def wait_for(self, end: int, cancel: CancelToken) -> None:
        """Wait until all bytes before `end` have arrived; see `Source.wait_for`."""
        self._spool.wait_for(end, cancel)

    def read_into(self, buffer: memoryview, offset: int, cancel: CancelToken | None = None) -> int:
        """Fill `buffer`, waiting for what has not arrived; see `Source.read_into`."""
        return self._spool.read_into(buffer, offset, cancel)

    def read(self, offset: int, length: int, cancel: CancelToken | None = None) -> bytes:
        """Return `length` bytes from `offset`; see `read_bytes`."""
        return read_bytes(self, offset, length, cancel)

    def acknowledged(self, offset: int) -> None:
        """Let the disk have back what storage has."""
        with self._lock:
            if not self._closed:  # of an earlier try, a part may still have been under way
                self._spool.note_stored(offset)

    def forgotten(self) -> None:
        """Give up, where what would have to be sent again is not here any more."""
        with self._lock:
            if not self._closed:
                self._spool.note_forgotten()

    def check_unchanged(self) -> None:
        """Raise what the spool was failed with; nobody else writes to it."""
        self._spool.check()

    def read_by(self, reader: Reader) -> None:
        """Nobody else writes to it, so nothing is read again."""

    def close(self) -> None:
        """Leave the spool to its owner."""
        with self._lock:
            self._closed = True
