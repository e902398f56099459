"""One connection, read and written byte by byte."""

from __future__ import annotations

import select
import time
from typing import TYPE_CHECKING, NoReturn

from tests.transfer.line import reset

if TYPE_CHECKING:
    import socket
    import threading

BLOCK = 64 * 1024


class HangUp(Exception):
    """Raised to break the connection."""


def hang_up() -> NoReturn:
    """Break the connection: the client has left."""
    raise HangUp


class Wire:
    """A socket with what was read too much of it."""

    def __init__(self, near: socket.socket) -> None:
        self._near = near
        self._early = b""

    def head(self) -> bytes:
        """Return all up to the empty line; empty where the client has left."""
        while b"\r\n\r\n" not in self._early:
            block = self._near.recv(BLOCK)
            if not block:
                return b""
            self._early += block
        head, _, self._early = self._early.partition(b"\r\n\r\n")
        return head + b"\r\n\r\n"

    def line(self) -> bytes:
        """Return the next line without its end."""
        while b"\r\n" not in self._early:
            self._early += self._near.recv(BLOCK) or hang_up()
        line, _, self._early = self._early.partition(b"\r\n")
        return line

    def some(self, most: int) -> bytes:
        """Return the next bytes, at least one."""
        block, self._early = self._early[:most], self._early[most:]
        return block or self._near.recv(min(BLOCK, most)) or hang_up()

    def send(self, content: bytes) -> None:
        """Send all of it."""
        self._near.sendall(content)

    def stall(self, released: threading.Event, most: float) -> None:
        """Stand still until released, until the client has left, or for `most` seconds."""
        ends = time.monotonic() + most
        while not released.wait(0.02) and time.monotonic() < ends:
            if select.select([self._near], [], [], 0)[0] and not self._early:
                self._early += self._near.recv(BLOCK) or hang_up()

    def drain(self, seconds: float = 2.0) -> None:
        """Read what is still coming, so that the answer is not lost in a reset."""
        import socket as sockets

        try:
            self._near.shutdown(sockets.SHUT_WR)
            self._near.settimeout(seconds)
            while self._near.recv(BLOCK):
                pass
        except OSError:
            pass

    def reset(self) -> None:
        """Break it with RST."""
        reset(self._near)


class BodyReader:
    """Lines and exact lengths out of a body on the wire.

    Parameters
    ----------
    length
        Bytes; None where it comes in HTTP's chunks.
    seen
        Told of each block: its length, and the bytes before it.
    """

    def __init__(self, wire: Wire, length: int | None, seen: BlockHook) -> None:
        self._wire = wire
        self._chunked = length is None
        self._left = length or 0
        self._seen = seen
        self._rest = b""
        self._done = 0

    def some(self) -> bytes:
        """Return the next bytes; empty at the end."""
        if self._left == 0 and self._chunked:
            self._left = int(self._wire.line(), 16)
            self._chunked = self._left > 0
            if not self._chunked:
                self._wire.line()
        if self._left == 0:
            return b""
        block = self._wire.some(self._left)
        self._left -= len(block)
        self._seen(len(block), self._done)
        self._done += len(block)
        if self._left == 0 and self._chunked:
            self._wire.line()
        return block

    def exactly(self, count: int) -> bytes:
        """Return `count` bytes."""
        while len(self._rest) < count:
            self._more()
        found, self._rest = self._rest[:count], self._rest[count:]
        return found

    def line(self) -> bytes:
        """Return the next line without its end."""
        while b"\r\n" not in self._rest:
            self._more()
        found, _, self._rest = self._rest.partition(b"\r\n")
        return found

    def _more(self) -> None:
        self._rest += self.some() or hang_up()


if TYPE_CHECKING:
    from collections.abc import Callable

    BlockHook = Callable[[int, int], None]
