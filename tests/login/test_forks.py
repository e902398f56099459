"""A session that was used before a fork: parent and child each ask on a line of their own."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.auth.http_client import BoundedSession
from jupyter_openeo_artifacts.auth.tokens import TokenProvider, Tokens
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.support.locks import holding, locks_made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.openeo_stub import Backend

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
    monkeypatch.setattr("jupyter_openeo_artifacts.auth.http_adapter.is_public_address", bool)
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


def done_in_a_fork(call: Callable[[], object]) -> bool:
    """Tell whether a forked process comes to the end of a call."""
    child = os.fork()
    if not child:
        signal.alarm(60)  # ends it where it waits for a thread that is not there
        done = False
        try:
            call()
            done = True
        finally:
            os._exit(0 if done else 1)
    return os.waitpid(child, 0)[1] == 0


@contextmanager
def in_a_thread(call: Callable[[threading.Event, threading.Event], object]) -> Iterator[None]:
    """Have a thread in the midst of a call, given what tells of that and what it waits for."""
    begun, gate = threading.Event(), threading.Event()
    thread = threading.Thread(target=call, args=[begun, gate])
    thread.start()
    assert begun.wait(60)
    try:
        yield
    finally:
        gate.set()
        thread.join()


def test_a_fork_in_the_midst_of_a_renewal_keeps_nobody_waiting() -> None:
    # Given
    parent = os.getpid()
    events: list[threading.Event] = []
    now = time.time()
    fresh = Tokens("fresh", None, now, now + 3600)

    class Renewing:
        provider_id = "demo"

        def renew(self) -> Tokens:
            if os.getpid() == parent:
                events[0].set()
                events[1].wait(60)
            return fresh

    keeper = TokenProvider(
        Renewing(),  # type: ignore[arg-type]
        Tokens("old", None, now - 3600, now - 1),
        renewed=lambda: None,
        lost=lambda _: None,
    )

    def renew(*given: threading.Event) -> None:
        events.extend(given)
        keeper.access_token()

    with in_a_thread(renew):
        # When / Then
        assert done_in_a_fork(lambda: keeper.access_token() == "fresh" or sys.exit(1))


def test_a_fork_in_the_midst_of_a_sign_in_keeps_nobody_waiting(
    backend: Backend,
) -> None:
    # Given: the locks of the registry, of a backend's opening, of a session and of its state
    with locks_made() as locks:
        sessions = Sessions()
        sessions.open(backend.url)
    assert len(locks) >= 4
    with in_a_thread(holding(locks)):
        # When / Then
        assert done_in_a_fork(lambda: sessions.open(backend.url))
    sessions.stop()


@pytest.mark.usefixtures("oidc")
def test_a_fork_while_others_listen_agree_or_give_up_keeps_nobody_waiting(
    backend: Backend,
) -> None:
    # Given
    with locks_made() as locks:
        sessions = Sessions()
        session = sessions.open(backend.url)
        login = session.start_login()
    assert len(locks) >= 5

    def use_each() -> None:
        sessions.listen(lambda _: None)()
        session.listen(lambda _: None)()
        login.listen(lambda _: None)()
        sessions.approvals.all()
        login.cancel()

    with in_a_thread(holding(locks)):
        # When / Then
        assert done_in_a_fork(use_each)
    login.cancel()
    sessions.stop()
