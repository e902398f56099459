"""The web server ends without a trace, whatever its threads are at."""

from __future__ import annotations

import http.client
import logging
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.demo.ports import listening_socket
from jupyter_openeo_artifacts.demo.web_server import WebServer

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


def hello(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
    start("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def test_it_stops_while_an_answer_is_just_out(caplog: pytest.LogCaptureFixture) -> None:
    # Its worker is still at work then; a thread's exception would fail this test, too.
    with caplog.at_level(logging.WARNING, "waitress"):
        for _ in range(200):
            # Given
            bound = listening_socket()
            client = http.client.HTTPConnection("127.0.0.1", bound.getsockname()[1], timeout=5)
            server = WebServer(hello, bound, name="short")
            server.start()
            # When
            client.request("GET", "/")
            assert client.getresponse().read() == b"hello"
            server.stop()
            # Then
            client.close()
            server.stop()
    assert caplog.messages == []
