"""Servers of which a test says each word, and requests to them."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import AWSPreparedRequest

from jupyter_openeo_artifacts.s3.connection_pool import ConnectionPool, Response

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def said(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join([*lines, "", ""]).encode() + body


FINE = b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 2\r\n\r\nok"
LAST = FINE.replace(b"ETag", b"Connection: close\r\nETag")
OK, TWO = "HTTP/1.1 200 OK", "Content-Length: 2"


class Server:
    """Answers each request on a connection by the next of `answers`, and closes it after them."""

    def __init__(self, *connections: list[bytes]) -> None:
        self.connections = connections
        self.requests: list[list[bytes]] = []
        self.closed = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = f"http://127.0.0.1:{self._listening.getsockname()[1]}"

    def serve(self) -> None:
        for answers in self.connections:
            connection, _ = self._listening.accept()
            heard: list[bytes] = []
            self.requests.append(heard)
            with connection:
                for answer in answers:
                    got = b""
                    while not got.endswith(b"body") and (more := connection.recv(65_536)):
                        got += more
                    heard.append(got)
                    if answer:
                        connection.sendall(answer)
                    else:
                        connection.recv(1)  # silent, until the other end goes
            self.closed.set()

    def close(self) -> None:
        self._listening.close()


@contextmanager
def served(*connections: list[bytes]) -> Iterator[Server]:
    server = Server(*connections)
    thread = threading.Thread(target=server.serve, daemon=True)
    thread.start()
    try:
        yield server
        thread.join(10)
    finally:
        server.close()


def lean(address: str, read_seconds: float = 5.0) -> ConnectionPool:
    return ConnectionPool(
        address,
        connections=2,
        ca_bundle=None,
        connect_seconds=5.0,
        read_seconds=read_seconds,
    )


def put(http: ConnectionPool, address: str) -> Response:
    request: Any = AWSPreparedRequest(
        "PUT",
        f"{address}/a%20b?c",
        {"X-A": "1", "Content-Length": "4"},
        b"body",
        stream_output=False,
    )
    return http.send(request)


@contextmanager
def spoken(*speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """Have each of `speak` speak with one that connects, all at once."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve(each: Callable[[socket.socket], None]) -> None:
            connection, _ = listening.accept()
            with connection:
                each(connection)

        threads = [threading.Thread(target=serve, args=[each], daemon=True) for each in speak]
        for thread in threads:
            thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        for thread in threads:
            thread.join(10)
            assert not thread.is_alive()
