"""A Jupyter server ends by every signal in every state, and its uploads go on with the next one."""

from __future__ import annotations

import secrets
import signal
import socket
import subprocess
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.server.test_running_server import Server, create, running
from tests.servers.provider import abort_all, pause_storage, resume_storage, storage_down

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HANGS = 90
"""Seconds after which a server is said to hang; read time-outs of ours are longer."""
WAYS = {
    "SIGINT": signal.SIGINT,
    "SIGTERM": signal.SIGTERM,
    "stop_extension": signal.SIGUSR2,
    "sys.exit": signal.SIGUSR2,
    "an exception of the loop": signal.SIGUSR2,
}
SIZE = 20_000_000


@pytest.fixture(autouse=True)
def _none_stays(provider: Any) -> Iterator[None]:
    # A shell has programs in its background ignore Ctrl-C, and they hand that on.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)
    resume_storage(provider)
    abort_all(provider)


@contextmanager
def idle(server: Server, provider: Any, home: Path) -> Iterator[None]:
    """Have a login and nothing to do."""
    server.sign_in(provider)
    yield None


@contextmanager
def receiving(server: Server, provider: Any, home: Path) -> Iterator[str]:
    """Have a PATCH whose bytes stay away."""
    upload = create(server, server.sign_in(provider), SIZE)
    ended = threading.Event()

    def content() -> Iterator[bytes]:
        yield bytes(100_000)
        ended.wait(120)

    def send() -> None:
        headers = {
            **server.headers,
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            "Content-Type": "application/offset+octet-stream",
        }
        with suppress(requests.RequestException):
            requests.patch(f"{server.root}/tus/{upload}", content(), headers=headers)

    sender = threading.Thread(target=send)
    sender.start()
    until(lambda: offset(server, upload) > 0)
    try:
        yield upload
    finally:
        ended.set()
        sender.join(60)


def ready(server: Server, provider: Any, home: Path) -> str:
    """Stage a small file, so that storage is known, and have a large one."""
    connection = server.sign_in(provider)
    (home / "root" / "small.bin").write_bytes(b"x")
    view = server.ask("POST", "/uploads", {"connection": connection, "path": "small.bin"})["id"]
    server.until(f"/uploads/{view}", "staged")
    (home / "root" / "model.onnx").write_bytes(secrets.token_bytes(SIZE))
    return connection


@contextmanager
def uploading(server: Server, provider: Any, home: Path) -> Iterator[str]:
    """Have requests to a storage that has stopped in the middle of them."""
    connection = ready(server, provider, home)
    pause_storage(provider)
    view = server.ask("POST", "/uploads", {"connection": connection, "path": "model.onnx"})["id"]
    server.until(f"/uploads/{view}", "uploading", "paused")
    yield str(view)


@contextmanager
def waiting_for_storage(server: Server, provider: Any, home: Path) -> Iterator[str]:
    """Have an upload that is paused, as storage is down."""
    connection = ready(server, provider, home)
    with storage_down(provider):
        view = server.ask("POST", "/uploads", {"connection": connection, "path": "model.onnx"})[
            "id"
        ]
        server.until(f"/uploads/{view}", "paused")
        yield str(view)


@contextmanager
def signing_in(server: Server, provider: Any, home: Path) -> Iterator[None]:
    """Have a code that nobody enters."""
    opened = server.ask("POST", "/connections", {"backend": provider.backend})
    server.ask("POST", f"/connections/{opened['id']}/login")
    yield None


@contextmanager
def asking_a_silent_backend(server: Server, provider: Any, home: Path) -> Iterator[None]:
    """Have as many calls of a backend that says nothing as there are threads for it."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        backend = f"http://127.0.0.1:{silent.getsockname()[1]}"
        askers = [threading.Thread(target=_check, args=(server, backend)) for _ in range(10)]
        for asker in askers:
            asker.start()
        for _ in range(8):
            silent.accept()
        try:
            yield None
        finally:
            for asker in askers:
                asker.join(60)


def _check(server: Server, backend: str) -> None:
    with suppress(requests.RequestException):
        requests.post(
            f"{server.root}/backends/check", json={"backend": backend}, headers=server.headers
        )


STATES = {
    "idle": idle,
    "receiving": receiving,
    "uploading": uploading,
    "waiting for storage": waiting_for_storage,
    "signing in": signing_in,
    "asking a silent backend": asking_a_silent_backend,
}


def has_ended(server: Server, way: str) -> bool:
    for _ in range(HANGS):
        with suppress(subprocess.TimeoutExpired):
            server.process.wait(1)
            return True
        if way == "an exception of the loop":  # it fell into a callback, which catches all
            server.process.send_signal(WAYS[way])
    return False


def until(seen: Any) -> None:
    end = time.monotonic() + 60
    while not seen():
        assert time.monotonic() < end
        time.sleep(0.05)


def offset(server: Server, upload: str) -> int:
    answer = requests.head(
        f"{server.root}/tus/{upload}",
        headers={**server.headers, "Tus-Resumable": "1.0.0"},
        timeout=60,
    )
    return int(answer.headers["Upload-Offset"])


USUAL = ("uploading", "SIGTERM")
"""What `make test` runs; the other rows are slow."""


@pytest.mark.parametrize(
    ("state", "way"),
    [
        pytest.param(state, way, marks=[] if (state, way) == USUAL else pytest.mark.slow)
        for state in STATES
        for way in WAYS
    ],
)
def test_a_server_ends_by_every_signal_in_every_state(
    provider: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, state: str, way: str
) -> None:
    # Given
    monkeypatch.setenv("ENDER", way)
    with ExitStack() as held:
        server = held.enter_context(running(tmp_path, signal.SIGKILL, "tests.server.ender"))
        view = held.enter_context(STATES[state](server, provider, tmp_path))
        # When: nobody lets go of what it waits for
        server.process.send_signal(WAYS[way])
        # Then
        assert has_ended(server, way), f"still there {HANGS} s after {way} while {state}"
    resume_storage(provider)
    if view is None:
        return
    # When: the next server
    with running(tmp_path) as server:
        connection = server.sign_in(provider)
        if state == "receiving":
            assert offset(server, view) == 100_000
            return
        assert connection
        until(lambda: any(each["id"] == view for each in server.ask("GET", "/uploads")["uploads"]))
        # Then
        assert server.until(f"/uploads/{view}", "staged", "failed")["problem"] is None
