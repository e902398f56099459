"""What a hostile or broken answer may cost: a megabyte and its time, and nothing after that."""

from __future__ import annotations

import gzip
import json
import threading
import zlib
from contextlib import ExitStack
from functools import cache
from typing import TYPE_CHECKING, Any

import pytest
import requests
from openeo.rest.connection import RestApiConnection

from jupyter_openeo_artifacts.auth import http_client as http
from jupyter_openeo_artifacts.auth.http_adapter import MAX_BYTES
from jupyter_openeo_artifacts.auth.http_client import BoundedSession, ask
from tests.login.conftest import run_python, until
from tests.servers import openeo_stub
from tests.servers.raw_http import Line, raw_server
from tests.servers.scripted_oidc import scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WIDE = 60.0
SHORT = 0.4
"""Seconds for an answer that never ends."""


@cache
def bomb(megabytes: int = 300) -> bytes:
    """Return `{"a": "000…"}` of so many megabytes, packed to a thousandth."""
    packer = zlib.compressobj(9, wbits=31)
    pieces = [packer.compress(b'{"a": "')]
    pieces += [packer.compress(b"0" * 2**20) for _ in range(megabytes)]
    return b"".join([*pieces, packer.compress(b'"}'), packer.flush()])


def with_length(content: bytes, *headers: bytes) -> bytes:
    extra = b"".join(one + b"\r\n" for one in headers)
    return OK + extra + b"Content-Length: %d\r\n\r\n" % len(content) + content


def chunked(content: bytes) -> bytes:
    body = b"%x\r\n" % len(content) + content + b"\r\n0\r\n\r\n"
    return OK + b"Transfer-Encoding: chunked\r\n\r\n" + body


LONG = b'{"a": "' + b"0" * (3 * 2**20) + b'"}'
TOO_LONG = {
    "300 kB that unpack to 300 MB": lambda: with_length(bomb(), b"Content-Encoding: gzip"),
    "the same by zlib": lambda: with_length(
        zlib.compress(b"0" * 2**26, 9), b"Content-Encoding: deflate"
    ),
    "the same after an empty member": lambda: with_length(
        gzip.compress(b"") + bomb(), b"Content-Encoding: gzip"
    ),
    "packed twice": lambda: with_length(gzip.compress(bomb()), b"Content-Encoding: gzip, gzip"),
    "3 MB": lambda: with_length(LONG),
    "3 MB in one chunk": lambda: chunked(LONG),
    "3 MB until the connection ends": lambda: OK + b"Connection: close\r\n\r\n" + LONG,
    "3 MB of empty gzip members": lambda: with_length(
        gzip.compress(b"") * (3 * 2**20 // 20), b"Content-Encoding: gzip"
    ),
    "3 MB in a redirect": lambda: with_length(LONG).replace(
        b"200 OK", b"302 Found\r\nLocation: /next", 1
    ),
    "3 MB in an error": lambda: with_length(LONG).replace(b"200 OK", b"500 No", 1),
}


def by_ask(url: str) -> Any:
    with BoundedSession() as session:
        return ask(session, "GET", url, seconds=WIDE).body


def by_the_openeo_client(url: str) -> Any:
    # The part of its connection that asks nothing by itself.
    connection = RestApiConnection(url, session=BoundedSession(WIDE, once_more=True))
    return connection.get("/", check_error=False).content


@pytest.mark.parametrize("read", [by_ask, by_the_openeo_client])
@pytest.mark.parametrize("answer", TOO_LONG.values(), ids=TOO_LONG.keys())
def test_no_more_than_a_megabyte_is_read(
    read: Callable[[str], Any], answer: Callable[[], bytes]
) -> None:
    # Given
    said = answer()
    with raw_server(lambda line, _: line.say(said) and None) as server:
        # When
        with pytest.raises(requests.exceptions.ContentDecodingError, match=r"too long|unknown way"):
            read(server.url)
        # Then
        assert len(server.lines) == 1
        assert server.lines[0].ended.wait(WIDE), "the connection is still open"


@pytest.mark.parametrize(
    ("said", "headers"),
    [
        (b'{"a": 1}', []),
        (gzip.compress(b'{"a": 1}'), [b"Content-Encoding: gzip"]),
        (gzip.compress(b'{"a"') + gzip.compress(b": 1}"), [b"Content-Encoding: gzip"]),
        (zlib.compress(b'{"a": 1}'), [b"Content-Encoding: DEFLATE"]),
        (b'{"a": 1}'.ljust(MAX_BYTES), []),
        (gzip.compress(b'{"a": 1}'.ljust(MAX_BYTES)), [b"Content-Encoding: gzip"]),
    ],
    ids=["plain", "gzip", "two members", "zlib", "a whole megabyte", "a whole megabyte, packed"],
)
def test_what_is_short_enough_is_read_and_its_connection_used_again(
    said: bytes, headers: list[bytes]
) -> None:
    # Given
    whole = with_length(said, *headers)
    with raw_server(lambda line, _: line.say(whole) and None) as server:
        with BoundedSession(WIDE) as session:
            # When
            found = [ask(session, "GET", server.url).body for _ in range(3)]
        # Then
        assert found == [{"a": 1}] * 3
        assert len(server.lines) == 1


@pytest.mark.parametrize(
    "said",
    [
        with_length(gzip.compress(b'{"a": 1}')[:-9], b"Content-Encoding: gzip"),
        with_length(b"not packed", b"Content-Encoding: gzip"),
        with_length(b'{"a": 1}', b"Content-Encoding: br"),
        OK + b"Content-Length: 100\r\n\r\n" + b'{"a": 1}',
    ],
    ids=["packed, without its end", "not packed", "unknown packing", "shorter than it says"],
)
def test_half_an_answer_is_none(said: bytes) -> None:
    # Given
    def once(line: Line, _: str) -> None:
        line.say(said)
        line.ended.set()

    with (
        raw_server(once) as server,
        BoundedSession(WIDE) as session,
        # When / Then
        pytest.raises(requests.RequestException),
    ):
        session.get(server.url)


TRICKLES = {
    "status": (b"HTTP/1.1 200 ", b"O"),
    "one header": (OK + b"X-Long: ", b"x"),
    "headers": (OK, b"X: y\r\n"),
    "answers before the answer": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "body that ends the connection": (OK + b"Connection: close\r\n\r\n", b"x"),
    "chunks": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "length of a chunk": (OK + b"Transfer-Encoding: chunked\r\n\r\n", b"0"),
    "trailers": (OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n"),
    "packed body": (
        OK + b"Content-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"14\r\n" + gzip.compress(b"", mtime=0) + b"\r\n",
    ),
}


@pytest.mark.parametrize("kept", [False, True], ids=["first request", "kept connection"])
@pytest.mark.parametrize(("head", "byte"), TRICKLES.values(), ids=TRICKLES.keys())
def test_an_answer_that_never_ends_is_ended_and_nobody_reads_on(
    head: bytes, byte: bytes, *, kept: bool
) -> None:
    # Given
    first = [with_length(b"{}")] if kept else []

    def say(line: Line, _: str) -> None:
        if first:
            line.say(first.pop())
        else:
            line.say(head)
            line.trickle(byte)

    before = set(threading.enumerate())
    with raw_server(say) as server, BoundedSession(WIDE) as session:
        if kept:
            session.get(server.url)
        # When
        with pytest.raises(requests.Timeout):
            session.get(server.url, timeout=SHORT)
        # Then
        assert len(server.lines) == 1
        assert server.lines[0].ended.wait(WIDE), "the connection is still open"
        session.close()
    until(lambda: not (set(threading.enumerate()) - before), WIDE)


def test_a_handshake_that_never_ends_is_ended() -> None:
    # Given
    with raw_server(lambda *_: None) as server:
        line_talks = server.url.replace("http:", "https:")
        with (
            BoundedSession(WIDE) as session,
            # When / Then
            pytest.raises(requests.RequestException),
        ):
            session.get(line_talks, timeout=SHORT)
        assert server.lines[0].ended.wait(WIDE)


def test_redirects_share_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(http, "CONNECT_SECONDS", WIDE)
    held = threading.Event()

    def say(line: Line, path: str) -> None:
        if path == "/":
            line.say(b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")
        else:
            held.set()
            line.trickle(b"H")

    with raw_server(say) as server, BoundedSession(WIDE) as session:
        # When
        with pytest.raises(requests.Timeout):
            session.get(server.url, timeout=SHORT)
        # Then
        assert held.is_set()


def bombs_at(path: str, stack: ExitStack) -> str:
    """Return a backend where `path` answers with the bomb; the rest is as it should be."""
    holder: list[str] = []
    packed = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    provider_ = stack.enter_context(scripted(tokens()))

    def answer(method: str, asked: str, authorization: str, body: bytes) -> openeo_stub.Route:
        if asked == path:
            return 200, packed, bomb()
        if asked.startswith("/op/"):
            return provider_.answer(method, asked.removeprefix("/op"), authorization, body)
        stub = openeo_stub.Backend(holder[0], f"{holder[0]}/op", "openeo-device")
        return stub.answer(asked, authorization)

    holder.append(stack.enter_context(openeo_stub.serving(answer)))
    provider_.issuer = f"{holder[0]}/op"
    return holder[0]


VISIT = """
import json, resource, sys
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
sessions = Sessions()
def visit(url):
    try:
        session = sessions.open(url)
        session.start_login().wait(60)
    except OpenEOArtifactsError as error:
        return error.code
    return session.problem.code if session.problem else session.state
first, *others = sys.argv[1:]
said = [visit(first)]
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
said += [visit(url) for url in others]
print(json.dumps([said, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before]))
"""
PATHS = {
    "/.well-known/openeo": "backend_not_openeo",
    "/v1/": "backend_not_openeo",
    "/v1/credentials/oidc": "backend_unreachable",
    "/op/.well-known/openid-configuration": "login_provider_failed",
    "/op/device_authorization": "login_provider_unreachable",
    "/v1/me": "signed_in",
}


def test_a_visit_of_a_backend_that_packs_bombs_costs_no_memory() -> None:
    # Given
    with ExitStack() as stack:
        urls = [bombs_at(path, stack) for path in ("/good", *PATHS)]
        # When
        said, kilobytes = json.loads(run_python(VISIT, *urls, seconds=300))
    # Then: one bomb alone was 300 MB at least
    assert said == ["signed_in", *PATHS.values()]
    assert kilobytes < 100_000
