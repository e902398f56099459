"""Requests: one connection for many, and botocore's errors for what goes wrong."""

from __future__ import annotations

import os
import socket
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import (
    BotoCoreError,
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
)

from jupyter_openeo_artifacts.artifacts import lean_http
from jupyter_openeo_artifacts.artifacts.clients import http_session
from jupyter_openeo_artifacts.artifacts.lean_http import Answer, LeanHTTP
from jupyter_openeo_artifacts.transfer.body import body
from jupyter_openeo_artifacts.transfer.cancel import CancelToken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

FINE = b"HTTP/1.1 200 OK\r\nETag: x\r\nContent-Length: 2\r\n\r\nok"
LAST = FINE.replace(b"ETag", b"Connection: close\r\nETag")


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


def lean(address: str, read_seconds: float = 5.0) -> LeanHTTP:
    return LeanHTTP(
        address,
        connections=2,
        ca_bundle=None,
        connect_seconds=5.0,
        read_seconds=read_seconds,
    )


def put(http: LeanHTTP, address: str) -> Answer:
    request: Any = AWSPreparedRequest(
        "PUT",
        f"{address}/a%20b?c",
        {"X-A": "1", "Content-Length": "4"},
        b"body",
        stream_output=False,
    )
    return http.send(request)


def test_one_connection_serves_many_requests() -> None:
    with served([FINE, FINE]) as server:
        http = lean(server.address)
        # When
        answers = [put(http, server.address) for _ in range(2)]
        http.close()
    # Then
    (heard,) = server.requests
    assert len(heard) == 2
    assert heard[0].startswith(b"PUT /a%20b?c HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"\r\nX-A: 1\r\n" in heard[0]
    assert answers == [Answer(200, {"etag": "x", "content-length": "2"}, b"ok")] * 2


def test_no_end_of_a_body_waits_for_its_begin() -> None:
    """With Nagle's algorithm each small file takes some 20 ms longer."""
    with served([FINE]) as server:
        http = lean(server.address)
        put(http, server.address)
        # Then
        assert http._idle[0].sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
        http.close()
    assert (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1) in http_session("http://x")._socket_options


@pytest.mark.parametrize("answer", [FINE, LAST], ids=["unsaid", "told"])
def test_a_connection_that_was_closed_is_not_used_again(answer: bytes) -> None:
    with served([answer], [FINE]) as server:
        http = lean(server.address)
        put(http, server.address)
        assert server.closed.wait(5)
        # When
        assert put(http, server.address).status_code == 200
        http.close()
    assert [len(heard) for heard in server.requests] == [1, 1]


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (b"", ReadTimeoutError),
        (b"HTTP/1.1 2", ConnectionClosedError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", ConnectionClosedError),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", ConnectionClosedError),
    ],
    ids=["silent", "torn head", "torn body", "not http"],
)
def test_what_is_no_answer_is_said_as_botocore_does(answer: bytes, error: type[Exception]) -> None:
    with served([answer]) as server:
        http = lean(server.address, read_seconds=0.3)
        # When
        with pytest.raises(error):
            put(http, server.address)
        # Then: the next request has a connection of its own
        assert http._idle == []


def test_nobody_there_is_said_as_botocore_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with pytest.raises((EndpointConnectionError, ConnectTimeoutError)):
        put(lean(address), address)
    with pytest.raises(EndpointConnectionError):
        put(lean("http://nowhere.invalid"), "http://nowhere.invalid")


def test_authorities_that_are_not_there_are_said_at_the_request() -> None:
    http = LeanHTTP(
        "https://127.0.0.1:9",
        connections=1,
        ca_bundle="/nowhere/ca.pem",
        connect_seconds=1,
        read_seconds=1,
    )
    with pytest.raises(BotoCoreError):
        put(http, "https://127.0.0.1:9")


def test_no_more_connections_are_kept_than_wished() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        http = lean(f"http://127.0.0.1:{listening.getsockname()[1]}")
        connections = [http._connection() for _ in range(3)]
        # When
        for each in connections:
            http._keep(each)
        # Then
        assert len(http._idle) == 2
        http.close()
    assert [each.sock for each in connections] == [None] * 3


def said(*lines: str, body: bytes = b"") -> bytes:
    return "\r\n".join([*lines, "", ""]).encode() + body


OK, TWO = "HTTP/1.1 200 OK", "Content-Length: 2"


@pytest.mark.parametrize(
    ("answer", "body"),
    [
        (said(OK, "ETag: x", "Transfer-Encoding: chunked", body=b"2\r\nok\r\n0\r\n\r\n"), b"ok"),
        (said("HTTP/1.1 100 Continue") + said(OK, "ETag: x", "Content-Length: 0"), b""),
        (said(OK, "A: 1", "A: 2", "ETag: x", TWO, body=b"ok"), b"ok"),
        (said(OK, "A: 1", "  2", "ETag: x", TWO, body=b"ok"), b"ok"),
        (said("HTTP/1.1 204 No Content", "ETag: x"), b""),
        (said("HTTP/1.1 200", "Connection: Keep-Alive", "ETag:\tx ", TWO, body=b"ok"), b"ok"),
        (said(OK, "ETag: x", "Content-Length: 200000", body=b"k" * 200_000), b"k" * 200_000),
    ],
    ids=["chunked", "after 100", "twice", "folded", "no content", "keep-alive", "long"],
)
def test_unusual_answers_are_read_as_the_standard_library_does(answer: bytes, body: bytes) -> None:
    with served([answer, FINE]) as server:
        http = lean(server.address)
        # When
        first, second = put(http, server.address), put(http, server.address)
        http.close()
    # Then
    assert (first.headers["etag"], first.content) == ("x", body)
    assert second.status_code == 200
    assert len(server.requests) == 1  # on the same connection


def test_an_answer_may_come_in_pieces() -> None:
    """Each byte for itself, with the standard library's reading of the rest."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def dribble() -> None:
            connection, _ = listening.accept()
            with connection:
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connection.recv(65_536)
                for byte in FINE:
                    connection.sendall(bytes([byte]))
                connection.recv(1)

        thread = threading.Thread(target=dribble, daemon=True)
        thread.start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        http = lean(address)
        # When
        answer = put(http, address)
        # Then
        assert answer == Answer(200, {"etag": "x", "content-length": "2"}, b"ok")
        http.close()
        thread.join(5)


def test_no_header_smuggles_another_in() -> None:
    with served([FINE]) as server:
        http = lean(server.address)
        request: Any = AWSPreparedRequest(
            "PUT", f"{server.address}/a", {"X-A": "1\r\nX-B: 2"}, b"body", stream_output=False
        )
        # When
        with pytest.raises(BotoCoreError):
            http.send(request)
        put(http, server.address)
        http.close()
    # Then
    assert len(server.requests) == 1
    assert len(server.requests[0]) == 1


@contextmanager
def spoken(speak: Callable[[socket.socket], None]) -> Iterator[str]:
    """Have `speak` speak with whoever connects first."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                speak(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        thread.join(10)
        assert not thread.is_alive()


def put_large(http: LeanHTTP, address: str, asked: list[int], size: int = 3_000_000) -> Answer:
    """Send pieces that say when they are asked for."""

    def pieces() -> Iterator[memoryview]:
        for first in range(0, size, 1_000_000):
            asked.append(first)
            yield memoryview(bytes(1_000_000))

    headers = {"Content-Length": str(size), "Expect": b"100-continue"}
    request: Any = AWSPreparedRequest("PUT", f"{address}/a", headers, b"", stream_output=False)
    request.body = pieces()
    return http.send(request)


def head(connection: socket.socket) -> bytes:
    got = b""
    while not got.endswith(b"\r\n\r\n"):
        got += connection.recv(1)
    return got


def take(connection: socket.socket, size: int) -> None:
    while size > 0:
        size -= len(connection.recv(min(size, 65_536)))


CONTINUE = said("HTTP/1.1 100 Continue")
REFUSAL = said("HTTP/1.1 403 Forbidden", "ETag: x", "Content-Length: 2", body=b"no")


@pytest.mark.parametrize("late", [False, True], ids=["at once", "after the body"])
def test_a_large_body_is_sent_once_it_is_welcome_or_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    monkeypatch.setattr(lean_http, "_SAYS_SO", 0.3)
    asked: list[int] = []

    def speak(connection: socket.socket) -> None:
        for _ in range(2):
            assert b"\r\nExpect: 100-continue\r\n" in head(connection)
            if not late:
                assert asked == []
                connection.sendall(CONTINUE)
            take(connection, 3_000_000)
            asked.clear()
            connection.sendall(CONTINUE + FINE if late else FINE)

    with spoken(speak) as address:
        http = lean(address)
        # Then: twice on the same connection
        assert put_large(http, address, asked) == Answer(
            200, {"etag": "x", "content-length": "2"}, b"ok"
        )
        assert put_large(http, address, asked).status_code == 200
        http.close()


@pytest.mark.parametrize("whole", [True, False])
def test_nothing_is_sent_to_a_storage_that_refuses(*, whole: bool) -> None:
    asked: list[int] = []

    def speak(connection: socket.socket) -> None:
        head(connection)
        for piece in [REFUSAL] if whole else [REFUSAL[:10], REFUSAL[10:-1], REFUSAL[-1:]]:
            connection.sendall(piece)
            time.sleep(0.05)
        assert connection.recv(1) == b""  # and goes

    with spoken(speak) as address:
        http = lean(address)
        # When
        answer = put_large(http, address, asked)
    # Then
    assert (answer.status_code, answer.content) == (403, b"no")
    assert asked == []
    assert http._idle == []


def test_what_storage_said_before_it_hung_up_is_heard() -> None:
    asked: list[int] = []

    def speak(connection: socket.socket) -> None:
        head(connection)
        connection.sendall(CONTINUE)
        take(connection, 500_000)
        connection.sendall(REFUSAL)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.2)  # then closed with bytes unread: a reset

    with spoken(speak) as address:
        http = lean(address)
        # When
        try:
            answer = put_large(http, address, asked, 40_000_000)
        except ConnectionClosedError:
            return  # the reset was faster than the answer: another try will tell
    # Then
    assert answer.status_code == 403
    assert http._idle == []


@pytest.mark.parametrize("welcome", [True, False])
def test_a_line_that_breaks_before_the_answer_is_said_as_botocore_does(*, welcome: bool) -> None:
    def speak(connection: socket.socket) -> None:
        head(connection)
        if welcome:
            connection.sendall(CONTINUE)
            take(connection, 500_000)

    with spoken(speak) as address:
        http = lean(address)
        with pytest.raises(ConnectionClosedError):
            put_large(http, address, [], 40_000_000)
    assert http._idle == []


def test_a_cancel_while_a_body_is_sent_comes_through() -> None:
    stop = CancelToken()

    def speak(connection: socket.socket) -> None:
        head(connection)
        connection.sendall(CONTINUE)
        take(connection, 300_000)
        stop.cancel()

    with spoken(speak) as address:
        headers = {"Content-Length": "40000000", "Expect": b"100-continue"}
        request: Any = AWSPreparedRequest("PUT", f"{address}/a", headers, b"", stream_output=False)
        request.body = body(memoryview(bytes(40_000_000)), stop).pieces()  # type: ignore[attr-defined]
        http = lean(address)
        with pytest.raises(BotoCoreError):
            http.send(request)
    assert http._idle == []


WELCOMED = said(OK, "ETag: x", "Content-Length: 0")


@pytest.mark.parametrize("asked_first", [True, False])
def test_no_success_is_believed_before_storage_has_the_body(*, asked_first: bool) -> None:
    def speak(connection: socket.socket) -> None:
        head(connection)
        if asked_first:
            connection.sendall(CONTINUE)
            take(connection, 500_000)
        connection.sendall(WELCOMED)
        connection.shutdown(socket.SHUT_WR)
        time.sleep(0.2)

    with spoken(speak) as address:
        http = lean(address)
        with pytest.raises(ConnectionClosedError):
            put_large(http, address, [], 40_000_000)
    assert http._idle == []


@pytest.mark.parametrize("large", [True, False])
def test_an_early_hint_is_no_answer(*, large: bool) -> None:
    def speak(connection: socket.socket) -> None:
        hint = said("HTTP/1.1 103 Early Hints", "Link: </x>")
        head(connection)
        if large:
            connection.sendall(hint + CONTINUE)
            take(connection, 3_000_000)
        connection.sendall(FINE if large else hint + FINE)

    with spoken(speak) as address:
        http = lean(address)
        if large:
            assert put_large(http, address, []).status_code == 200
            http.close()
        else:
            with pytest.raises(ConnectionClosedError):
                put(http, address)
            assert http._idle == []


@pytest.mark.parametrize("value", ["1\r\n", "1\n", "\r", "a\x85b"])
def test_a_header_that_ends_in_a_line_break_is_refused(value: str) -> None:
    request: Any = AWSPreparedRequest("PUT", "http://x/a", {"X-A": value}, b"", stream_output=False)
    with pytest.raises(ValueError, match="line break"):
        lean_http._head(request)


def test_an_error_about_a_header_has_none_of_the_others() -> None:
    headers = {"X-Amz-Security-Token": "secret", "X-A": "畑"}
    request: Any = AWSPreparedRequest("PUT", "http://x/a", headers, b"", stream_output=False)
    with pytest.raises(ValueError, match="Latin-1") as caught:
        lean_http._head(request)
    assert caught.value.__cause__ is None
    assert type(caught.value) is ValueError


def test_two_lines_in_one_are_for_the_standard_library() -> None:
    odd = b"HTTP/1.1 200 OK\r\nX: a\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"
    assert lean_http._whole_answer(odd) is None


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_has_lines_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    with served([FINE], [FINE]) as server:
        http = lean(server.address)
        put(http, server.address)
        (kept,) = http._idle
        # When
        monkeypatch.setattr(os, "getpid", lambda: -1)
        put(http, server.address)
        monkeypatch.undo()
        # Then
        assert kept not in http._idle
        http.close()
    assert [len(heard) for heard in server.requests] == [1, 1]
