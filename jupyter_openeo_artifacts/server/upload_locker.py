"""One writer for each upload, and the body it writes."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.service.receiver import BLOCK

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable


LEAST_RATE, _SLOW_SECONDS = 1000, 60.0
"""Bytes a second, over a minute, that a sender has to bring while others wait for its place."""


class UploadLocker:
    """At most one `BodyWriter` for each upload; all methods run on the event loop.

    Parameters
    ----------
    at_once
        How many uploads receive at a time; further ones wait before their first byte is read.
    lifetime
        Seconds without a byte after which an upload is given up.
    stalled
        Seconds without a byte after which a connection is hung up; its upload may go on by another.
    """

    def __init__(self, *, at_once: int, lifetime: float, stalled: float = 120.0) -> None:
        self._places = asyncio.Semaphore(at_once)
        self.lifetime = lifetime
        self.stalled = stalled
        self._waiting = 0
        self._looked: dict[BodyWriter, tuple[float, int]] = {}
        self._open: dict[str, BodyWriter] = {}
        self._left: dict[str, float] = {}

    async def make_way(self, upload: str) -> None:
        """Stop the body writer that the upload has, if any.

        A browser that comes back after a cut starts a new request, while the server may not know
        for minutes that the old one is dead (a zombie); the one who can prove to be alive wins.
        """
        while (other := self._open.pop(upload, None)) is not None:
            await other.stop()

    async def take_place(self) -> None:
        """Wait for one of the places; `leave` gives it back."""
        self._waiting += 1
        try:
            await self._places.acquire()
        finally:
            self._waiting -= 1

    def begin(self, upload: str, body_writer: BodyWriter) -> None:
        """Note the upload's body writer; nothing may be awaited since `make_way`."""
        self._open[upload] = body_writer

    def leave(self, upload: str, body_writer: BodyWriter | None) -> None:
        """Give a place back, and forget the body writer if it is still the upload's."""
        self._places.release()
        if body_writer is not None and self._open.get(upload) is body_writer:
            del self._open[upload]
        self.touch(upload)

    async def flush(self, upload: str) -> None:
        """Have what the upload's body writer took put on the disk, so that its offset is exact."""
        body_writer = self._open.get(upload)
        if body_writer is not None:
            await body_writer.flush()

    def touch(self, upload: str) -> float:
        """Let the upload's time start again; return its end as Unix time."""
        self._left[upload] = time.time()
        return self.expires(upload)

    def expires(self, upload: str) -> float:
        """Return the Unix time at which the upload is given up if no more bytes come."""
        return self._left.setdefault(upload, time.time()) + self.lifetime

    def expired(self, receiving: set[str]) -> list[str]:
        """Return those of the uploads that are receiving whose time is over."""
        self._left = {upload: since for upload, since in self._left.items() if upload in receiving}
        now = time.time()
        return [upload for upload in receiving - set(self._open) if self.expires(upload) < now]

    async def hang_up_stalled(self) -> None:
        """Stop receptions that bring nothing any more, or too little while others wait."""
        now = asyncio.get_running_loop().time()
        for upload, body_writer in list(self._open.items()):
            if now - body_writer.last_byte > self.stalled or self._is_too_slow(body_writer, now):
                await self.make_way(upload)
        present = set(self._open.values())
        self._looked = {each: seen for each, seen in self._looked.items() if each in present}

    def _is_too_slow(self, body_writer: BodyWriter, now: float) -> bool:
        """Tell whether it holds a place that others wait for with less than the least rate."""
        since, taken = self._looked.setdefault(body_writer, (now, body_writer.taken))
        if now - since < _SLOW_SECONDS:
            return False
        self._looked[body_writer] = (now, body_writer.taken)
        rate = (body_writer.taken - taken) / (now - since)
        return self._waiting > 0 and rate < LEAST_RATE


_MOST_CHUNKS = 256
"""Held at a time: a chunk of one byte takes as much memory as forty."""


class BodyWriter:
    """Gathers what arrives into blocks; one block is written while the next one is filled.

    All methods run on the loop.

    Parameters
    ----------
    keep
        Puts a block on the disk, off the loop.
    hang_up
        Closes the connection that the bytes come from.
    """

    def __init__(
        self, keep: Callable[[bytes], Awaitable[None]], hang_up: Callable[[], None]
    ) -> None:
        self._keep = keep
        self._hang_up = hang_up
        self._held: list[bytes] = []  # joined once: a block that grew would be copied twice
        self._held_bytes = 0
        self._writing: asyncio.Future[None] | None = None
        self._stopped = False
        self.last_byte: float = asyncio.get_running_loop().time()
        self.taken: int = 0

    def take(self, chunk: bytes) -> Awaitable[None] | None:
        """Take the next bytes; the sender waits for what is returned (back-pressure).

        Errors of an earlier block are raised there.
        """
        if self._stopped:
            return None
        self.last_byte = asyncio.get_running_loop().time()
        self.taken += len(chunk)
        self._held.append(chunk)
        self._held_bytes += len(chunk)
        full = self._held_bytes >= BLOCK or len(self._held) >= _MOST_CHUNKS
        return self._hand_over() if full else None

    async def flush(self) -> None:
        """Return when all that was taken is on the disk; raise what kept it from that."""
        await self._hand_over()
        if self._writing is not None:
            await asyncio.shield(self._writing)

    async def stop(self) -> None:
        """Keep what was taken, take no more, and hang up; for one who takes over."""
        self._stopped = True
        with suppress(Exception):  # whoever takes over meets the same trouble, and says it
            await self.flush()
        self._hang_up()

    async def _hand_over(self) -> None:
        while self._writing is not None and not self._writing.done():
            await asyncio.wait([self._writing])
        if self._writing is not None:
            self._writing.result()
        if self._held:
            block, self._held, self._held_bytes = b"".join(self._held), [], 0
            self._writing = asyncio.ensure_future(self._keep(block))
