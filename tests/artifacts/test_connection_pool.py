"""Requests: one connection for many, and botocore's errors for what goes wrong."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
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

from jupyter_openeo_artifacts.s3.client import http_session
from jupyter_openeo_artifacts.s3.connection_pool import ConnectionPool, Response
from jupyter_openeo_artifacts.s3.request_body import head_of
from tests.artifacts.spoken_http import FINE, LAST, OK, TWO, lean, put, said, served, spoken
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from collections.abc import Iterator


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
    assert answers == [Response(200, {"etag": "x", "content-length": "2"}, b"ok")] * 2


def test_no_end_of_a_body_waits_for_its_begin(monkeypatch: pytest.MonkeyPatch) -> None:
    """With Nagle's algorithm each small file takes some 20 ms longer."""
    # Given
    made: list[int] = []
    send = socket.socket.sendall

    def sendall(line: socket.socket, content: Any) -> None:
        if content[:3] == b"PUT":
            made.append(line.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
        send(line, content)

    with served([FINE], [FINE]) as server:
        monkeypatch.setattr(socket.socket, "sendall", sendall)
        # When: by the pool, and by what goes in its place where there is a proxy
        for http in (lean(server.address), http_session(server.address)):
            put(http, server.address)
            http.close()
    # Then
    assert len(made) == 2
    assert all(made)


@pytest.mark.parametrize("answer", [FINE, LAST], ids=["unsaid", "told"])
def test_a_connection_that_was_closed_is_not_used_again(answer: bytes) -> None:
    with served([answer], [FINE]) as server:
        http = lean(server.address)
        put(http, server.address)
        assert server.closed.wait(AT_MOST)
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
        assert http.idle == 0


def test_nobody_there_is_said_as_botocore_does() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with pytest.raises((EndpointConnectionError, ConnectTimeoutError)):
        put(lean(address), address)
    with pytest.raises(EndpointConnectionError):
        put(lean("http://nowhere.invalid"), "http://nowhere.invalid")


def test_authorities_that_are_not_there_are_said_at_the_request() -> None:
    http = ConnectionPool(
        "https://127.0.0.1:9",
        connections=1,
        ca_bundle="/nowhere/ca.pem",
        connect_seconds=1,
        read_seconds=1,
    )
    with pytest.raises(BotoCoreError):
        put(http, "https://127.0.0.1:9")


def test_no_more_connections_are_kept_than_wished() -> None:
    # Given: three requests at once
    together = threading.Barrier(3)

    def speak(connection: socket.socket) -> None:
        connection.recv(65_536)
        together.wait(AT_MOST)
        connection.sendall(FINE)
        assert connection.recv(1) == b""  # until it is closed

    with ExitStack() as storages, ThreadPoolExecutor(3) as threads:
        address = storages.enter_context(spoken(*[speak] * 3))
        http = lean(address)
        # When
        answers = [threads.submit(put, http, address) for _ in range(3)]
        # Then
        assert [each.result(AT_MOST).status_code for each in answers] == [200] * 3
        assert http.idle == 2
        http.close()
        assert http.idle == 0


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
        assert answer == Response(200, {"etag": "x", "content-length": "2"}, b"ok")
        http.close()
        thread.join(AT_MOST)


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


@pytest.mark.parametrize("value", ["1\r\n", "1\n", "\r", "a\x85b"])
def test_a_header_that_ends_in_a_line_break_is_refused(value: str) -> None:
    request: Any = AWSPreparedRequest("PUT", "http://x/a", {"X-A": value}, b"", stream_output=False)
    with pytest.raises(ValueError, match="line break"):
        head_of(request)


def test_an_error_about_a_header_has_none_of_the_others() -> None:
    headers = {"X-Amz-Security-Token": "secret", "X-A": "畑"}
    request: Any = AWSPreparedRequest("PUT", "http://x/a", headers, b"", stream_output=False)
    with pytest.raises(ValueError, match="Latin-1") as caught:
        head_of(request)
    assert caught.value.__cause__ is None
    assert type(caught.value) is ValueError


def test_two_lines_in_one_are_for_the_standard_library() -> None:
    """It reads a body in chunks there, which does not come."""
    odd = b"HTTP/1.1 200 OK\r\nX: a\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n"
    with served([odd]) as server:
        http = lean(server.address, read_seconds=0.3)
        with pytest.raises((ReadTimeoutError, ConnectionClosedError)):
            put(http, server.address)


def test_a_forked_process_has_lines_of_its_own() -> None:
    with served([FINE], [FINE]) as server:
        http = lean(server.address)
        put(http, server.address)
        assert http.idle == 1
        # When
        http.reset_after_fork()
        assert http.idle == 0
        put(http, server.address)
        http.close()
    # Then
    assert [len(heard) for heard in server.requests] == [1, 1]


@pytest.mark.parametrize("headers", [{}, {"Expect": b"100-continue"}], ids=["at once", "asked"])
def test_a_refusal_before_the_end_of_a_body_is_heard(headers: dict[str, Any]) -> None:
    # Given: it is said, and the line closed, while the body is under way
    refusal = said("HTTP/1.1 403 Forbidden", "Content-Length: 7", body=b"Expired")
    closed = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def refuse() -> None:
            connection, _ = listening.accept()
            with connection:
                got = connection.recv(65_536)
                if b"Expect" in got:
                    connection.sendall(said("HTTP/1.1 100 Continue"))
                while b"x" * 9 not in got:
                    got = connection.recv(65_536)
                connection.sendall(refusal)
            closed.set()

        def pieces() -> Iterator[bytes]:
            yield b"x" * 65_536
            assert closed.wait(AT_MOST)
            while True:
                yield b"x" * 65_536

        threading.Thread(target=refuse, daemon=True).start()
        address = f"http://127.0.0.1:{listening.getsockname()[1]}"
        named = {**headers, "Content-Length": "3000000000"}
        body: Any = pieces()
        request: Any = AWSPreparedRequest("PUT", f"{address}/a", named, body, stream_output=False)
        # When
        answer = lean(address).send(request)
    # Then
    assert (answer.status_code, answer.content) == (403, b"Expired")
