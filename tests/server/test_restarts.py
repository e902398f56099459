"""What a server that was killed or stopped had in hand, its successor goes on with."""

from __future__ import annotations

import hashlib
import secrets
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.server.test_running_server import TIMEOUT, Server, create, patch, running
from tests.servers.provider import abort_all

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _none_stays(provider: Any) -> Iterator[None]:
    abort_all(provider)
    yield
    abort_all(provider)


ENDS = pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM], ids=["kill", "stop"])


def until_some_is_stored(server: Server, job: str) -> None:
    end = time.monotonic() + 30
    while not server.ask("GET", f"/jobs/{job}")["bytes_stored"]:
        assert time.monotonic() < end
        time.sleep(0.01)


def unfinished(provider: Any) -> list[Any]:
    listed = provider.storage.administrator().list_multipart_uploads(Bucket=provider.bucket)
    return list(listed.get("Uploads", []))


@ENDS
def test_a_dropped_file_goes_on_at_its_offset(
    provider: Any, tmp_path: Path, end: signal.Signals
) -> None:
    # Given
    content = secrets.token_bytes(40_000_000)
    with running(tmp_path, end=end) as server:
        connection = server.sign_in(provider)
        upload = create(server, connection, len(content))
        assert patch(server, upload, 0, content[:25_000_000]).status_code == 204
        until_some_is_stored(server, upload)
    (begun,) = unfinished(provider)
    # When: the page comes back and asks, before anybody has signed in
    with running(tmp_path) as server:
        told = requests.head(
            f"{server.root}/uploads/{upload}",
            headers={**server.headers, "Tus-Resumable": "1.0.0"},
            timeout=TIMEOUT,
        )
        assert (told.status_code, told.headers["Upload-Offset"]) == (200, "25000000")
        assert unfinished(provider) == [begun]
        assert patch(server, upload, 25_000_000, content[25_000_000:]).status_code == 204
        job = server.until(f"/jobs/{upload}", "staged", "failed")
        # Then
        assert job["problem"] is None
        found = server.download(job["artifact"])
        assert hashlib.sha256(found).hexdigest() == hashlib.sha256(content).hexdigest()
        assert len(server.ask("GET", "/artifacts")["artifacts"]) == 1
    assert unfinished(provider) == []
    state = tmp_path / "jupyter_openeo_artifacts_home"
    assert [*(state / "spool").iterdir(), *(state / "journals").iterdir()] == []


@ENDS
def test_a_file_of_the_jupyter_root_goes_on(
    provider: Any, tmp_path: Path, end: signal.Signals
) -> None:
    # Given
    content = secrets.token_bytes(1_000_000) * 200
    with running(tmp_path, end=end) as server:
        (tmp_path / "root" / "model.onnx").write_bytes(content)
        connection = server.sign_in(provider)
        wish = {"connection": connection, "path": "model.onnx"}
        job = server.ask("POST", "/jobs", wish)["id"]
        until_some_is_stored(server, job)
    (begun,) = unfinished(provider)
    # When: the panel asks for anything
    with running(tmp_path) as server:
        server.ask("GET", "/connections")
        deadline = time.monotonic() + 30
        while not any(each["id"] == job for each in server.ask("GET", "/jobs")["jobs"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        ended = server.until(f"/jobs/{job}", "staged", "failed")
        # Then
        assert ended["problem"] is None
        artifact = server.ask("GET", f"/artifacts/{ended['artifact']}")
        assert artifact["sha256"] == hashlib.sha256(content).hexdigest()
        assert artifact["uri"].endswith(begun["Key"])
    assert unfinished(provider) == []


def test_what_was_cancelled_stays_cancelled(provider: Any, tmp_path: Path) -> None:
    # Given
    with running(tmp_path) as server:
        connection = server.sign_in(provider)
        upload = create(server, connection, 40_000_000)
        assert patch(server, upload, 0, bytes(25_000_000)).status_code == 204
        until_some_is_stored(server, upload)
        server.ask("POST", f"/jobs/{upload}/cancel")
        assert unfinished(provider) == []
    # When
    with running(tmp_path) as server:
        server.sign_in(provider)
        # Then
        assert server.ask("GET", "/jobs")["jobs"] == []
