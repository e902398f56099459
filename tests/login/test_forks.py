"""A session that was used before a fork: parent and child each ask on a line of their own."""

from __future__ import annotations

import json
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.login.http import BoundedSession

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    # From 3.12 on, Python warns of what this is about.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


class TellsTheLine(BaseHTTPRequestHandler):
    """Answers with the port that the connection comes from, and keeps it open."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        content = json.dumps(self.client_address[1]).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def address() -> Iterator[str]:
    """Yield where a server tells the line that it is asked on."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), TellsTheLine)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("public_only", [False, True])
def test_a_forked_process_asks_on_a_line_of_its_own(
    address: str, monkeypatch: pytest.MonkeyPatch, *, public_only: bool
) -> None:
    # Given: a session whose connection is kept for the next request
    monkeypatch.setattr("jupyter_openeo_artifacts.login.http_adapter.is_public_address", bool)
    session = BoundedSession(60, public_only=public_only)
    line = session.get(address).json()
    assert session.get(address).json() == line
    read, write = os.pipe()
    # When
    child = os.fork()
    if not child:
        try:
            os.write(write, session.get(address).content)
        finally:
            os._exit(0)
    os.waitpid(child, 0)
    os.close(write)
    # Then
    with os.fdopen(read, "rb") as told:
        others = json.load(told)
    assert others != line
    assert session.get(address).json() == line
    session.close()
