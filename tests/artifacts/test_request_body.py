"""Bodies that are sent once storage says that it will have them."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import BotoCoreError, ConnectionClosedError

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.s3 import connection_pool as lean_http
from jupyter_openeo_artifacts.s3.connection_pool import ConnectionPool, Response
from jupyter_openeo_artifacts.s3.request_body import body
from tests.artifacts.spoken_http import FINE, OK, lean, put, said, spoken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def put_large(
    http: ConnectionPool, address: str, asked: list[int], size: int = 3_000_000
) -> Response:
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
WELCOMED = said(OK, "ETag: x", "Content-Length: 0")
REFUSAL = said("HTTP/1.1 403 Forbidden", "ETag: x", "Content-Length: 2", body=b"no")


def hung_up(*words: bytes, welcome: bool = True) -> Callable[[socket.socket], None]:
    """Return one that takes the begin of a body, if at all, says something, and hangs up."""

    def speak(connection: socket.socket) -> None:
        head(connection)
        if welcome:
            connection.sendall(CONTINUE)
            take(connection, 500_000)
        if words:
            connection.sendall(b"".join(words))
            connection.shutdown(socket.SHUT_WR)
            time.sleep(0.2)  # then closed with bytes unread: a reset

    return speak


@pytest.mark.parametrize("late", [False, True], ids=["at once", "after the body"])
def test_a_large_body_is_sent_once_it_is_welcome_or_nothing_is_said(
    monkeypatch: pytest.MonkeyPatch, *, late: bool
) -> None:
    monkeypatch.setattr(lean_http, "EXPECT_SECONDS", 0.3)
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
        assert put_large(http, address, asked) == Response(
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
    assert http.idle == 0


def test_what_storage_said_before_it_hung_up_is_heard() -> None:
    with spoken(hung_up(REFUSAL)) as address:
        http = lean(address)
        # When
        answer = put_large(http, address, [], 40_000_000)
    # Then
    assert answer.status_code == 403
    assert http.idle == 0


@pytest.mark.parametrize("welcome", [True, False])
def test_a_line_that_breaks_before_the_answer_is_said_as_botocore_does(*, welcome: bool) -> None:
    with spoken(hung_up(welcome=welcome)) as address:
        http = lean(address)
        with pytest.raises(ConnectionClosedError):
            put_large(http, address, [], 40_000_000)
    assert http.idle == 0


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
    assert http.idle == 0


@pytest.mark.parametrize("asked_first", [True, False])
def test_no_success_is_believed_before_storage_has_the_body(*, asked_first: bool) -> None:
    with spoken(hung_up(WELCOMED, welcome=asked_first)) as address:
        http = lean(address)
        with pytest.raises(ConnectionClosedError):
            put_large(http, address, [], 40_000_000)
    assert http.idle == 0


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
            assert http.idle == 0
