"""What a server that was killed or stopped had in hand, its successor goes on with."""

from __future__ import annotations

import hashlib
import random
import secrets
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest
import requests

from tests.limits import AT_MOST
from tests.server.test_running_server import TIMEOUT, Server, create, patch, running
from tests.servers.provider import abort_all, storage_down

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def _none_stays(provider: Any) -> Iterator[None]:
    abort_all(provider)
    yield
    abort_all(provider)


ENDS = pytest.mark.parametrize(
    "end",
    [
        pytest.param(signal.SIGKILL, id="kill"),
        pytest.param(signal.SIGTERM, id="stop", marks=pytest.mark.slow),
    ],
)


def until_some_is_stored(server: Server, view: str) -> None:
    end = time.monotonic() + AT_MOST
    while not server.ask("GET", f"/uploads/{view}")["bytes_stored"]:
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
        assert offset(server, upload) == 25_000_000
        assert unfinished(provider) == [begun]
        assert patch(server, upload, 25_000_000, content[25_000_000:]).status_code == 204
        view = server.until(f"/uploads/{upload}", "staged", "failed")
        # Then
        assert view["problem"] is None
        found = server.download(view["artifact"])
        assert hashlib.sha256(found).hexdigest() == hashlib.sha256(content).hexdigest()
        assert len(server.ask("GET", "/artifacts")["artifacts"]) == 1
    assert unfinished(provider) == []
    assert_nothing_is_kept(tmp_path)


@pytest.mark.slow
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
        view = server.ask("POST", "/uploads", wish)["id"]
        until_some_is_stored(server, view)
    (begun,) = unfinished(provider)
    # When: the panel asks for anything
    with running(tmp_path) as server:
        server.ask("GET", "/connections")
        deadline = time.monotonic() + AT_MOST
        while not any(each["id"] == view for each in server.ask("GET", "/uploads")["uploads"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        ended = server.until(f"/uploads/{view}", "staged", "failed")
        # Then
        assert ended["problem"] is None
        artifact = server.ask("GET", f"/artifacts/{ended['artifact']}")
        assert artifact["sha256"] == hashlib.sha256(content).hexdigest()
        assert artifact["uri"].endswith(begun["Key"])
    assert unfinished(provider) == []


def digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def stored_keys(provider: Any) -> set[str]:
    pages = provider.storage.administrator().get_paginator("list_objects_v2")
    return {
        found["Key"]
        for page in pages.paginate(Bucket=provider.bucket)
        for found in page.get("Contents", [])
    }


def offset(server: Server, upload: str) -> int:
    answer = requests.head(
        f"{server.root}/tus/{upload}",
        headers={**server.headers, "Tus-Resumable": "1.0.0"},
        timeout=TIMEOUT,
    )
    assert answer.status_code == 200, answer.text
    return int(answer.headers["Upload-Offset"])


@ENDS
@pytest.mark.slow
def test_what_had_not_begun_is_not_lost(provider: Any, tmp_path: Path, end: signal.Signals) -> None:
    # Given: more of each kind than there are threads, and a storage that answers none of them
    wanted: dict[str, str] = {}
    halves: dict[str, bytes] = {}
    with ExitStack() as after_the_end, running(tmp_path, end=end) as server:
        connection = server.sign_in(provider)
        server.until(f"/uploads/{create(server, connection, 0)}", "staged")
        before = stored_keys(provider)
        after_the_end.enter_context(storage_down(provider))
        for number in range(6):
            content = secrets.token_bytes(300_000 + number)
            (tmp_path / "root" / f"{number}.tif").write_bytes(content)
            wish = {"connection": connection, "path": f"{number}.tif"}
            wanted[server.ask("POST", "/uploads", wish)["id"]] = digest(content)
        for number in range(24):
            content = secrets.token_bytes(200_000 + number)
            upload = create(server, connection, len(content))
            wanted[upload] = digest(content)
            if number in range(1, 20):
                halves[upload] = content
                content = content[:100_000]
            elif number == 20:
                halves[upload] = content
                continue
            assert patch(server, upload, 0, content).status_code == 204
        states = [view["state"] for view in server.ask("GET", "/uploads")["uploads"]]
        journals = list((tmp_path / "jupyter_openeo_artifacts_home" / "journals").iterdir())
        assert (len(states), states.count("queued")) == (31, 3)
        assert len(journals) < 30
    # When
    with running(tmp_path) as server:
        assert [offset(server, each) for each in halves] == [100_000] * 19 + [0]
        uploads = server.ask("GET", "/uploads")["uploads"]
        assert [each["id"] for each in reversed(uploads)] == list(wanted)
        for upload, content in halves.items():
            here = offset(server, upload)
            assert patch(server, upload, here, content[here:]).status_code == 204
        # Then
        ended = {each: server.until(f"/uploads/{each}", "staged", "failed") for each in wanted}
        assert [each["problem"] for each in ended.values()] == [None] * 30
        artifacts = {each["id"]: each for each in server.ask("GET", "/artifacts")["artifacts"]}
        assert len(artifacts) == 31
        for view, expected in wanted.items():
            assert artifacts[ended[view]["artifact"]]["sha256"] == expected
            assert digest(server.download(ended[view]["artifact"])) == expected
    assert len(stored_keys(provider) - before) == 30
    assert unfinished(provider) == []
    assert_nothing_is_kept(tmp_path)


def assert_nothing_is_kept(home: Path) -> None:
    state = home / "jupyter_openeo_artifacts_home"
    folders = [state / name for name in ("uploads", "journals", "spool")]
    assert [found for folder in folders for found in folder.iterdir()] == []


@pytest.mark.slow
def test_what_was_cancelled_stays_cancelled(provider: Any, tmp_path: Path) -> None:
    # Given
    with running(tmp_path) as server:
        connection = server.sign_in(provider)
        upload = create(server, connection, 40_000_000)
        assert patch(server, upload, 0, bytes(25_000_000)).status_code == 204
        until_some_is_stored(server, upload)
        server.ask("POST", f"/uploads/{upload}/cancel")
        assert unfinished(provider) == []
    # When
    with running(tmp_path) as server:
        server.sign_in(provider)
        # Then
        assert server.ask("GET", "/uploads")["uploads"] == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_kills_at_any_moment_lose_and_double_nothing(provider: Any, tmp_path: Path) -> None:
    # Given
    acknowledged: set[str] = set()
    before = stored_keys(provider)

    def send(server: Server, connection: str, number: int) -> None:
        content = secrets.token_bytes(random.choice([1000, 9_000_000]))
        if number % 2:
            upload = create(server, connection, len(content))
            assert patch(server, upload, 0, content).status_code == 204
        else:
            path = f"{secrets.token_hex(8)}.bin"
            (tmp_path / "root" / path).write_bytes(content)
            wish = {"connection": connection, "path": path, "reuse": number % 4 == 0}
            server.ask("POST", "/uploads", wish)
        acknowledged.add(digest(content))

    for _ in range(10):
        with ThreadPoolExecutor(8) as pool, running(tmp_path, end=signal.SIGKILL) as server:
            connection = server.sign_in(provider)
            sent = [pool.submit(send, server, connection, number) for number in range(24)]
            # When
            time.sleep(random.uniform(0.1, 1.5))
        failures = [each.exception() for each in sent]
        assert all(isinstance(each, requests.RequestException | None) for each in failures)
    # Then: what was cut off was taken or was not
    with running(tmp_path) as server:
        server.sign_in(provider)
        end = time.monotonic() + 60
        while True:
            uploads = server.ask("GET", "/uploads")["uploads"]
            artifacts = server.ask("GET", "/artifacts")["artifacts"]
            contents = [each["sha256"] for each in artifacts]
            if set(contents) >= acknowledged and all(
                view["state"] == "staged" or view["bytes_received"] < view["size"]
                for view in uploads
            ):
                break
            assert time.monotonic() < end, len(acknowledged - set(contents))
            time.sleep(0.1)
        assert len(contents) == len(set(contents))
    assert len(stored_keys(provider) - before) == len(contents)
