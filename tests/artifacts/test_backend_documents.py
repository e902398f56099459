"""What a backend answers over a user's own connection: bounded, and never a fault of ours."""

from __future__ import annotations

import gzip
import json
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import openeo
import pytest
import requests

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.artifacts import capabilities
from jupyter_openeo_artifacts.artifacts.access_token import BearerLogin
from jupyter_openeo_artifacts.artifacts.capabilities import advertised, document_at
from jupyter_openeo_artifacts.artifacts.exceptions import CapabilitiesUnreadable
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from tests.limits import AT_MOST
from tests.login.conftest import until
from tests.servers.raw_http import Line, raw_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ARTIFACTS = {"providers": [{"id": "s3", "type": "S3STSConfig", "config": {}}]}
CAPABILITIES = {
    "api_version": "1.2.0",
    "backend_version": "1",
    "stac_version": "1.0.0",
    "id": "stub",
    "title": "Stub",
    "description": "A stub.",
    "endpoints": [],
    "links": [],
    "artifacts": ARTIFACTS,
}


def whole(body: bytes, head: bytes = OK) -> bytes:
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def status(line: str, body: bytes = b"") -> bytes:
    return whole(body, f"HTTP/1.1 {line}\r\nContent-Type: text/html\r\n".encode())


GOOD = whole(json.dumps(CAPABILITIES).encode())
ODD = {
    "503": status("503 Service Unavailable", b"<html>back soon</html>"),
    "502 by JSON": whole(b'{"code": "Oops"}', b"HTTP/1.1 502 Bad Gateway\r\n"),
    "a page": status("200 OK", b"<!DOCTYPE html><html>please log in</html>"),
    "nothing": whole(b""),
    "a list": whole(b"[]"),
    "a number": whole(b"1e999"),
    "deeply nested": whole(b"[" * 50_000),
    "3 MB": whole(b'{"a": "' + b"0" * (3 * 2**20) + b'"}'),
    "3 MB, packed": whole(gzip.compress(b"0" * (3 * 2**20)), OK + b"Content-Encoding: gzip\r\n"),
    "packed twice": whole(
        gzip.compress(gzip.compress(b"0" * 2**26)), OK + b"Content-Encoding: gzip, gzip\r\n"
    ),
    "cut off": OK + b"Content-Length: 1000\r\n\r\n{",
    "no HTTP": b"220 mail.example ESMTP\r\n",
    "hung up": b"",
}


class Scripted:
    """A backend whose answers a test writes, by their paths."""

    def __init__(self) -> None:
        self.url = ""
        self.said: dict[str, bytes | Callable[[Line], None]] = {}
        self.lines: list[Line] = []

    def say(self, line: Line, path: str) -> None:
        said = self.said.get(path, GOOD)
        if callable(said):
            said(line)
            return
        line.say(said)
        if said in (ODD["cut off"], ODD["no HTTP"], ODD["hung up"]):
            line.ended.set()


@contextmanager
def scripted() -> Iterator[Scripted]:
    found = Scripted()
    with raw_server(found.say) as server:
        found.url, found.lines = server.url, server.lines
        yield found


@pytest.fixture
def backend(monkeypatch: pytest.MonkeyPatch) -> Iterator[Scripted]:
    monkeypatch.setattr(capabilities, "LIFE_SECONDS", 0.0)
    with scripted() as found:
        yield found


def connected(backend: Scripted) -> openeo.Connection:
    """Return a connection of the client's own that is signed in."""
    backend.said["/.well-known/openeo"] = status("404 Not Found")
    connection = openeo.connect(backend.url, session=requests.Session())  # one that tries once
    connection.authenticate_bearer_token("oidc/op/token-of-nobody")
    return connection


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD.keys())
def test_capabilities_that_are_none_are_the_backends_fault(
    backend: Scripted, answer: bytes
) -> None:
    # Given
    connection = connected(backend)
    backend.said["/"] = answer
    calls = {
        "the helper": lambda: build_artifact_helper(connection),
        "an upload's target": lambda: ConnectionTarget(connection).helper(),
    }
    for call in calls.values():
        # When
        with pytest.raises(CapabilitiesUnreadable) as caught:
            call()
        # Then
        assert (caught.value.code, caught.value.who) == ("backend_failed", "wait")
        assert backend.url.removeprefix("http://") in caught.value.message
        assert "token-of-nobody" not in f"{caught.value.message}{caught.value!r}"


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD.keys())
def test_what_was_advertised_before_counts_while_the_backend_does_not_answer(
    backend: Scripted, answer: bytes
) -> None:
    # Given
    connection = connected(backend)
    assert advertised(connection) == ARTIFACTS
    # When
    backend.said["/"] = answer
    # Then
    assert advertised(connection) == ARTIFACTS


@pytest.mark.parametrize("answer", ODD.values(), ids=ODD.keys())
def test_an_odd_answer_to_who_is_signed_in_costs_the_name_alone(
    backend: Scripted, answer: bytes
) -> None:
    # Given
    login = BearerLogin(connected(backend))
    backend.said["/me"] = answer
    # When / Then
    assert login.access_token() == "token-of-nobody"
    assert login.account == ""


@pytest.mark.parametrize("path", ["/", "/me"])
def test_no_more_than_a_megabyte_of_an_endless_answer_is_read(backend: Scripted, path: str) -> None:
    # Given
    connection = connected(backend)

    def endless(line: Line) -> None:
        line.say(OK + b"Connection: close\r\n\r\n" + b"0" * (3 * 2**20))

    backend.said[path] = endless
    # When
    with pytest.raises(requests.exceptions.ContentDecodingError, match="too long"):
        document_at(connection, path, seconds=AT_MOST)
    # Then
    assert backend.lines[-1].ended.wait(AT_MOST), "the connection is still open"


@pytest.mark.parametrize("path", ["/", "/me"])
def test_a_trickling_answer_is_ended_and_nobody_reads_on(backend: Scripted, path: str) -> None:
    # Given
    connection = connected(backend)

    def trickle(line: Line) -> None:
        line.say(OK + b"Content-Length: 100000\r\n\r\n")
        line.trickle(b"x")

    backend.said[path] = trickle
    # When
    with pytest.raises(requests.Timeout):
        document_at(connection, path, seconds=0.4)
    # Then
    assert backend.lines[-1].ended.wait(AT_MOST), "the connection is still open"
    until(lambda: not [one for one in threading.enumerate() if one.name.startswith("GET")], 60)


def test_a_backend_that_packs_as_it_is_asked_is_understood(backend: Scripted) -> None:
    # Given: a session as requests makes one where urllib3 finds brotli and zstandard
    connection = connected(backend)
    connection.session.headers["Accept-Encoding"] = "gzip, deflate, br, zstd"

    def packed(document: Any) -> Callable[[Line], None]:
        def say(line: Line) -> None:
            asked = line.head.lower().partition("accept-encoding:")[2].partition("\r\n")[0]
            way = next(way for way in ("zstd", "br", "gzip") if way in asked)
            body = json.dumps(document).encode()
            body = gzip.compress(body) if way == "gzip" else b"\x0b\x02\x80" + body  # not ours
            line.say(whole(body, OK + f"Content-Encoding: {way}\r\n".encode()))

        return say

    backend.said |= {"/": packed(CAPABILITIES), "/me": packed({"name": "Alice"})}
    login = BearerLogin(connection)
    # When / Then
    assert advertised(connection) == ARTIFACTS
    login.access_token()
    assert login.account == "Alice"


def test_what_the_users_session_listens_to_is_still_told(backend: Scripted) -> None:
    # Given
    heard: list[str] = []
    session = requests.Session()
    session.hooks["response"] = [lambda answer, **_: heard.append(answer.url)]
    backend.said["/.well-known/openeo"] = status("404 Not Found")
    connection = openeo.connect(backend.url, session=session)
    heard.clear()
    # When
    advertised(connection)
    # Then
    assert heard == [f"{backend.url}/"]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_process_asks_on_a_line_of_its_own(backend: Scripted) -> None:
    # Given: a connection that is kept alive
    connection = connected(backend)
    login = BearerLogin(connection)
    login.access_token()
    lines = len(backend.lines)
    # When
    child = os.fork()
    if child == 0:
        done: Any = 1
        try:
            login.access_token()
            done = 0
        finally:
            os._exit(done)
    # Then
    assert os.waitpid(child, 0)[1] == 0
    assert len(backend.lines) == lines + 1
    # and the parent goes on by its own
    login.access_token()
    assert len(backend.lines) == lines + 1
