"""A Jupyter server as people run it: a process of its own, a foreign tus client, large files."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from tusclient.client import TusClient

from jupyter_openeo_artifacts.server.rest.base import ROOT
from tests.limits import AT_MOST
from tests.support.ports import with_free_ports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TOKEN = "t0ken-for-tests"
TIMEOUT = 20
SHARE = 0.1
"""Of the time that the upload takes, how long Jupyter's answers may take meanwhile (99 of 100)."""


class Server:
    """A running server, and requests to our part of it."""

    def __init__(self, base: str, process: subprocess.Popen[bytes]) -> None:
        self.base = base
        self.process = process
        self.root = f"{base}{ROOT}"
        self.headers = {"Authorization": f"token {TOKEN}"}

    def answers(self) -> bool:
        try:
            return bool(requests.get(f"{self.base}api", timeout=1).ok)
        except requests.RequestException:
            return False

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        answer = requests.request(
            method, f"{self.root}{path}", json=body, headers=self.headers, timeout=TIMEOUT
        )
        assert answer.ok, answer.text
        return answer.json() if answer.content else None

    def sign_in(self, provider: Any) -> str:
        opened = self.ask("POST", "/connections", {"backend": provider.backend})
        if opened["state"] != "signed_in":
            login = self.ask("POST", f"/connections/{opened['id']}/login")
            provider.approve(login["verification_uri_complete"], "alice")
            self.until(f"/connections/{opened['id']}", "signed_in")
        return str(opened["id"])

    def until(self, path: str, *states: str) -> Any:
        end = time.monotonic() + 60
        while (seen := self.ask("GET", path))["state"] not in states:
            assert time.monotonic() < end, seen
            time.sleep(0.05)
        return seen

    def download(self, artifact: str) -> bytes:
        signed = self.ask("POST", f"/artifacts/{artifact}/sign")
        return requests.get(signed["url"], timeout=TIMEOUT).content


@contextmanager
def running(
    home: Path, end: signal.Signals = signal.SIGTERM, *extensions: str, limit: int | None = None
) -> Iterator[Server]:
    """Start `jupyter server` with the extension, in homes of its own; `end` ends it.

    Parameters
    ----------
    extensions
        Further ones.
    limit
        How many descriptors it may have; as many as are usual if not given.
    """
    log = home / "log"
    server = with_free_ports(partial(start, home, extensions, limit), log)
    process = server.process
    try:
        yield server
        if process.poll() is not None:
            return  # it was ended by the test, perhaps by an error that is told
        told = log.read_text()
        assert f"{ROOT}/" in told
        for unwanted in ("Fault", "Traceback", "X-Amz-", "eyJ"):  # the last begins a token
            assert unwanted not in told
    finally:
        ended(process, end)


def ended(process: subprocess.Popen[bytes], by: signal.Signals) -> None:
    """Send a signal and wait for the end; where none comes, kill."""
    process.send_signal(by)
    try:
        process.wait(AT_MOST)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def start(home: Path, extensions: tuple[str, ...], limit: int | None) -> Server:
    """Start one on a free port, and wait until it answers."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    homes = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR", "XDG_DATA_HOME")
    homes += ("OPENEO_CONFIG_HOME", "JUPYTER_OPENEO_ARTIFACTS_HOME")
    (home / "root").mkdir(exist_ok=True)
    enabled = dict.fromkeys(("jupyter_openeo_artifacts", *extensions), True)
    before = [] if limit is None else ["sh", "-c", f'ulimit -n {limit}; exec "$@"', "sh"]
    arguments = [
        f"--ServerApp.port={port}",
        "--ServerApp.port_retries=0",
        "--ServerApp.ip=127.0.0.1",
        "--ServerApp.base_url=/user/a%40b/",
        f"--ServerApp.root_dir={home / 'root'}",
        f"--IdentityProvider.token={TOKEN}",
        f"--ServerApp.jpserver_extensions={enabled}",
        "--ServerApp.open_browser=False",
        "--debug",
        "--allow-root",
    ]
    log = home / "log"
    with log.open("w") as written:
        process = subprocess.Popen(
            [*before, sys.executable, "-m", "jupyter_server", *arguments],
            env={
                **os.environ,
                **{name: str(home / name.lower()) for name in homes},
                "PYTHONPATH": str(Path(__file__).parents[2]),
            },
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
            cwd=home,
        )
    server = Server(f"http://127.0.0.1:{port}/user/a%40b/", process)
    try:
        deadline = time.monotonic() + AT_MOST
        while not server.answers():
            assert time.monotonic() < deadline, log.read_text()
            assert process.poll() is None, log.read_text()
            time.sleep(0.1)
    except BaseException:
        ended(process, signal.SIGKILL)
        raise
    return server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Return a server for the tests here that leave it running."""
    with running(tmp_path_factory.mktemp("server")) as started:
        yield started


def test_an_independent_tus_client_sends_a_file(
    server: Server, provider: Any, tmp_path: Path
) -> None:
    # Given
    content = secrets.token_bytes(5_000_003)
    path = tmp_path / "model.onnx"
    path.write_bytes(content)
    connection = server.sign_in(provider)
    client = TusClient(f"{server.root}/tus", headers=dict(server.headers))
    metadata = {"filename": "modèle 🌍.onnx", "connection": connection}
    # When: in pieces, and the second half by an uploader that knows the address alone
    first = client.uploader(str(path), metadata=metadata, chunk_size=700_000)
    first.upload(stop_at=2_100_000)
    second = client.uploader(str(path), url=first.url, chunk_size=1_500_000)
    assert second.get_offset() == 2_100_000
    second.upload()
    # Then
    view = server.until(f"/uploads/{first.url.rpartition('/')[2]}", "staged", "failed")
    assert view["problem"] is None
    assert view["name"] == "modèle 🌍.onnx"
    assert server.download(view["artifact"]) == content


@pytest.mark.slow
def test_a_stopped_server_ends_soon(provider: Any, tmp_path: Path) -> None:
    with running(tmp_path) as server:
        # Given: an upload half way, with parts in storage
        connection = server.sign_in(provider)
        upload = create(server, connection, 40_000_000)
        answer = patch(server, upload, 0, bytes(25_000_000))
        assert answer.status_code == 204
        end = time.monotonic() + AT_MOST
        while not server.ask("GET", f"/uploads/{upload}")["bytes_stored"]:
            assert time.monotonic() < end
            time.sleep(0.05)
        # When
        requests.post(f"{server.base}api/shutdown", headers=server.headers, timeout=TIMEOUT)
        # Then
        end = time.monotonic() + AT_MOST
        while server.answers():
            assert time.monotonic() < end
            time.sleep(0.05)


@pytest.mark.slow
def test_the_loop_stays_free_while_a_large_file_comes_in(
    server: Server, provider: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    connection = server.sign_in(provider)
    size = 200_000_000
    content = secrets.token_bytes(1_000_000) * 200
    # what is loaded at first use is loaded before
    server.until(f"/uploads/{create(server, connection, 0)}", "staged")
    best = 1.0
    for _ in range(3):  # the best of three: other programs share the machine
        with ThreadPoolExecutor(1) as sleeper:
            second = sleeper.submit(time.sleep, 1)
            idle = Lags.of(server, lambda second=second: not second.done())
        upload = create(server, connection, size)
        with ThreadPoolExecutor(1) as sender:
            # When
            since = time.monotonic()
            sent = sender.submit(patch, server, upload, 0, content)
            busy = Lags.of(server, lambda sent=sent: not sent.done())
            took = time.monotonic() - since
        # Then
        assert sent.result().status_code == 204
        view = server.until(f"/uploads/{upload}", "staged", "failed")
        listed = server.ask("GET", f"/artifacts/{view['artifact']}")
        assert listed["sha256"] == hashlib.sha256(content).hexdigest()
        with capsys.disabled():
            speed = size / took / 1e6
            print(f"\n200 MB by tus: {speed:.0f} MB/s; answers {busy}; idle {idle}")  # noqa: T201
        best = min(best, busy.at(0.99) / took)
    assert best < SHARE


@pytest.mark.slow
def test_the_loop_stays_free_while_four_files_are_staged(
    server: Server, provider: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    # Given
    connection = server.sign_in(provider)
    size = 100_000_000
    contents = [secrets.token_bytes(1_000_000) * 100 for _ in range(4)]
    server.until(f"/uploads/{create(server, connection, 0)}", "staged")

    def stage(content: bytes) -> str:
        upload = create(server, connection, size)
        assert patch(server, upload, 0, content).status_code == 204
        return str(server.until(f"/uploads/{upload}", "staged", "failed")["artifact"])

    best = 1.0
    for _ in range(3):  # the best of three: other programs share the machine
        with ThreadPoolExecutor(4) as senders:
            # When
            since = time.monotonic()
            staged = [senders.submit(stage, content) for content in contents]
            busy = Lags.of(server, lambda staged=staged: not all(each.done() for each in staged))
            took = time.monotonic() - since
        # Then: while bytes arrive, and while they go to storage
        for future, content in zip(staged, contents, strict=True):
            listed = server.ask("GET", f"/artifacts/{future.result()}")
            assert listed["sha256"] == hashlib.sha256(content).hexdigest()
        with capsys.disabled():
            print(f"\n4 x 100 MB by tus at once: answers {busy}")  # noqa: T201
        best = min(best, busy.at(0.99) / took)
    assert best < SHARE


class Lags(list[float]):
    """How long answers of the idle part of Jupyter took, in seconds, sorted."""

    @classmethod
    def of(cls, server: Server, goes_on: Callable[[], bool]) -> Lags:
        prober = subprocess.Popen(
            [sys.executable, "-m", "tests.server.prober", f"{server.base}api"],
            cwd=Path(__file__).parents[2],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        while goes_on():
            time.sleep(0.01)
        told, _ = prober.communicate(timeout=TIMEOUT)
        return cls(sorted(json.loads(told)))

    def at(self, share: float) -> float:
        return self[int((len(self) - 1) * share)]

    def __repr__(self) -> str:
        ms = [self.at(share) * 1e3 for share in (0.5, 0.99, 1)]
        return "p50 {:.1f} ms, p99 {:.1f} ms, worst {:.1f} ms".format(*ms)


def create(server: Server, connection: str, size: int, **more: str) -> str:
    told = {"connection": connection, "filename": "large.bin", **more}
    pairs = (f"{key} {b64encode(value.encode()).decode()}" for key, value in told.items())
    answer = requests.post(
        f"{server.root}/tus",
        headers={
            **server.headers,
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(size),
            "Upload-Metadata": ",".join(pairs),
        },
        timeout=TIMEOUT,
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"].rpartition("/")[2]


def patch(server: Server, upload: str, offset: int, content: bytes) -> requests.Response:
    return requests.patch(
        f"{server.root}/tus/{upload}",
        data=content,
        headers={
            **server.headers,
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
        },
        timeout=120,
    )


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_jupyter_lives_with_more_uploads_than_it_may_have_descriptors(
    provider: Any, tmp_path: Path
) -> None:
    # Given
    with running(tmp_path, limit=1024) as server:
        connection = server.sign_in(provider)
        # When
        with ThreadPoolExecutor(4) as pool:
            uploads = list(pool.map(lambda _: create(server, connection, 100), range(1200)))
        # Then
        contents = requests.get(f"{server.base}api/contents", headers=server.headers, timeout=60)
        assert contents.ok, contents.text
        assert requests.get(f"{server.base}api/kernels", headers=server.headers, timeout=60).ok
        assert patch(server, uploads[0], 0, bytes(100)).status_code == 204
        server.until(f"/uploads/{uploads[0]}", "staged")
