"""A server that says what a test writes, byte by byte, on a real socket."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

BETWEEN_BYTES = 0.02
Say = "Callable[[Line, str], None]"


ECHOES = {
    "no HTTP": "{}\r\n\r\n",
    "no status": "HTTP/1.1 {}\r\n\r\n",
    "a piece's length": "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{}\r\n",
    "two lengths": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: {}\r\n\r\n",
}
"""Broken HTTP that repeats something where a library puts it into the text of its error."""


@dataclass
class Line:
    """One connection to us.

    Attributes
    ----------
    sent
        How many bytes the other side's kernel has taken.
    ended
        Whether the other side has closed.
    head
        That of the last request.
    """

    connected: socket.socket = field(repr=False)
    head: str = field(default="", repr=False)
    sent: int = 0
    ended: threading.Event = field(default_factory=threading.Event, repr=False)

    def say(self, content: bytes) -> bool:
        """Send everything; False once the other side has gone."""
        view = memoryview(content)
        try:
            while view:
                count = self.connected.send(view[: 2**16])
                self.sent += count
                view = view[count:]
        except OSError:
            self.ended.set()
        return not self.ended.is_set()

    def trickle(self, byte: bytes) -> None:
        """Send `byte` again and again, never silent for long, until the other side has gone."""
        while self.say(byte):
            if self._gone(BETWEEN_BYTES):
                self.ended.set()

    def _gone(self, seconds: float) -> bool:
        self.connected.settimeout(seconds)
        try:
            return not self.connected.recv(2**16)
        except TimeoutError:
            return False
        except OSError:
            return True
        finally:
            with suppress(OSError):
                self.connected.settimeout(60)


@dataclass
class RawServer:
    """Where it listens, and each connection that was made."""

    url: str
    lines: list[Line] = field(default_factory=list)


@contextmanager
def raw_server(say: Callable[[Line, str], None], host: str = "127.0.0.1") -> Iterator[RawServer]:
    """Serve: `say(line, path)` answers each request and leaves the line open or not."""
    listener = socket.create_server((host, 0))
    running = RawServer(f"http://{host}:{listener.getsockname()[1]}")

    def talk(line: Line) -> None:
        with line.connected:
            line.connected.settimeout(60)
            while head := _request(line.connected):
                line.head = head
                say(line, head.split(" ")[1])
                if line.ended.is_set():
                    break
            line.ended.set()

    def accept() -> None:
        with suppress(OSError):
            while True:
                line = Line(listener.accept()[0])
                running.lines.append(line)
                threading.Thread(target=talk, args=(line,), daemon=True).start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield running
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(60)
        for line in running.lines:
            with suppress(OSError):
                line.connected.shutdown(socket.SHUT_RDWR)


def _request(connected: socket.socket) -> str:
    """Return the head of the next request, its body read; empty where there is none."""
    content = b""
    with suppress(OSError):
        while b"\r\n\r\n" not in content:
            piece = connected.recv(2**16)
            if not piece:
                return ""
            content += piece
        head, _, body = content.partition(b"\r\n\r\n")
        for name, _, value in (each.partition(b":") for each in head.split(b"\r\n")):
            missing = int(value) - len(body) if name.lower() == b"content-length" else 0
            while missing > 0:
                missing -= len(connected.recv(missing)) or missing
        return head.decode("latin-1")
    return ""
