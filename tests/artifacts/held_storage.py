"""A storage and STS of which a test says how each answer comes: whole, without an end, or held."""

from __future__ import annotations

import re
import socket
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_END = b"\r\n\r\n"


class Held:
    """Stands in the place of an answer: nothing comes until the other end goes."""


class HeldStorage:
    """Answers `rule(method, path)`: bytes, an endless iterator of bytes, or `Held()`.

    Attributes
    ----------
    asked
        Method and path of each request, once its whole body has come.
    sent
        Bytes of the answers that the other end's system has taken.
    """

    def __init__(self, rule: Callable[[str, str], Any]) -> None:
        self.asked: list[tuple[str, str]] = []
        self.sent = 0
        self.held = threading.Semaphore(0)
        """Released for each answer that is held."""
        self.left = threading.Semaphore(0)
        """Released for each held or endless answer that the other end no longer waits for."""
        self.heads: list[bytes] = []
        self.on_body: Callable[[bytes], object] = len
        self.refuses_expect = False
        self.refused = 0
        self._rule = rule
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listening.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while True:
                request = self._request(connection)
                if request is None:
                    return
                self.asked.append(request)
                answer = self._rule(*request)
                if isinstance(answer, Held):
                    self.held.release()
                    with suppress(OSError):
                        connection.recv(1)
                    self.left.release()
                    return
                if isinstance(answer, bytes):
                    connection.sendall(answer)
                    continue
                try:
                    for piece in answer:
                        connection.sendall(piece)
                        self.sent += len(piece)
                finally:
                    self.left.release()

    def _request(self, connection: socket.socket) -> tuple[str, str] | None:
        head = b""
        while _END not in head:
            more = connection.recv(65_536)
            if not more:
                return None
            head += more
        head, _, body = head.partition(_END)
        method, path, _ = head.split(b"\r\n")[0].decode().split(" ")
        self.heads.append(head)
        if b"100-continue" in head and self.refuses_expect:
            self.refused += 1
            connection.sendall(answer("417 Expectation Failed", Connection="close"))
            return None
        if b"100-continue" in head:
            connection.sendall(b"HTTP/1.1 100 Continue" + _END)
        found = re.search(rb"(?i)\r\ncontent-length: (\d+)", head)
        left = int(found[1]) - len(body) if found else 0
        while left > 0:
            more = connection.recv(min(left, 65_536))
            body += more
            left -= len(more) or left
        self.on_body(body)
        return method, path

    def close(self) -> None:
        self._listening.close()


@contextmanager
def held_storage(rule: Callable[[str, str], Any]) -> Iterator[HeldStorage]:
    made = HeldStorage(rule)
    try:
        yield made
    finally:
        made.close()


def answer(status: str = "200 OK", body: str = "", **headers: str) -> bytes:
    named = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{named}Content-Length: {len(body)}\r\n\r\n{body}".encode()


def endless_body(begin: bytes = b"<A>") -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Type: application/xml\r\n\r\n" + begin
    while True:
        yield b" " * 65_536


def endless_chunks() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nETag: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    while True:
        yield b"10000\r\n" + b" " * 65_536 + b"\r\n"


def announced_body() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 3000000000\r\n\r\n"
    while True:
        yield b" " * 65_536


def endless_interim() -> Iterator[bytes]:
    while True:
        yield b"HTTP/1.1 100 Continue\r\n\r\n" * 100


def trickling_head() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nX-A: "
    while True:
        yield b"a"


def trickling_body() -> Iterator[bytes]:
    yield b"HTTP/1.1 200 OK\r\nETag: x\r\n\r\n"
    while True:
        yield b" "
