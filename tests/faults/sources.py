"""The three ways bytes come: a file on disk, a browser's requests, a kernel's messages."""

from __future__ import annotations

import base64
import random
import threading
import time
from functools import cache
from typing import TYPE_CHECKING, Literal

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.sources.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts.sources.source import Source

Kind = Literal["file", "browser", "kernel"]
KINDS: tuple[Kind, ...] = ("file", "browser", "kernel")
MIB = 1024**2
ODD = (333_337, 1, 65_537, 1_048_573, 7)
"""Bytes that requests of a browser bring, in turn."""
_POOL = 32 * MIB


@cache
def _pool() -> bytes:
    return random.Random(42).randbytes(_POOL)


def content_of(size: int) -> bytes:
    """Return `size` random bytes, the same each time."""
    pool = _pool()
    return (pool * (size // _POOL + 1))[:size]


class Arriving:
    """Bytes that a thread brings while the engine sends them.

    Parameters
    ----------
    before
        Called before each piece, with the bytes that are here; what it raises ends the arriving.
    """

    def __init__(
        self, kind: Kind, folder: Path, size: int, before: Callable[[Arriving, int], None]
    ) -> None:
        self._kind = kind
        self._size = size
        self._before = before
        self._left = False
        self.spool = Spool(folder / "spool", size)
        self._thread = threading.Thread(target=self._run, name="arriving", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Throw the bytes away, and wait for the thread."""
        self._left = True
        self.spool.remove()
        self._thread.join(10)

    def _run(self) -> None:
        try:
            for piece in self._pieces():
                self._before(self, self.spool.received)
                if self._left:
                    return
                self._bring(piece)
        except OpenEOArtifactsError as error:
            self.spool.fail(error)

    def _pieces(self) -> list[memoryview]:
        whole = memoryview(content_of(self._size))
        if self._kind == "kernel":
            return [whole[at : at + MIB] for at in range(0, self._size, MIB)]
        pieces, at = [], 0
        while at < self._size:
            length = ODD[len(pieces) % len(ODD)]
            pieces.append(whole[at : at + length])
            at += length
        return pieces

    def _bring(self, piece: memoryview) -> None:
        if self._kind == "browser":
            self.spool.append(piece)
            return
        # As notebook/arrivals: a message is decoded, and one that comes twice is passed over
        decoded, offset = memoryview(base64.b64decode(base64.b64encode(piece))), self.spool.received
        for _ in range(2):
            here = self.spool.received
            if offset <= here < offset + len(decoded):
                self.spool.append(bytes(decoded[here - offset :]))


def pause_at(at: int, seconds: float) -> Callable[[Arriving, int], None]:
    """Return what has the bytes stop for a while."""

    def before(_: Arriving, received: int) -> None:
        nonlocal at
        if received >= at >= 0:
            at = -1
            time.sleep(seconds)

    return before


def file_source(path: Path) -> Source:
    """Return the file as the engine takes it."""
    return FileSource.from_path(path)
