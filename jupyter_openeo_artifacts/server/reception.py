"""The bytes of one PATCH on their way from the loop to the spool."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

BLOCK = 1024 * 1024
"""Bytes handed to the disk at a time; tornado brings them by 64 KiB."""
_MOST_CHUNKS = 256
"""Held at a time: a chunk of one byte takes as much memory as forty."""


class Reception:
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
        self.last_byte = asyncio.get_running_loop().time()
        self.taken = 0

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
