"""Staging uploads from the Jupyter root."""

from __future__ import annotations

import asyncio
import secrets
import threading
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.staging.manager import UploadManager
from tests.limits import AT_MOST
from tests.server.conftest import until
from tests.server.test_whole_way import downloaded

if TYPE_CHECKING:
    from pathlib import Path

ABSENT = "01k00000000000000000000000"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"upload_manager_class": lambda: UploadManager(workers=1)}


async def test_there_are_none_before_the_first_one(api: Any) -> None:
    assert (await api("GET", "/uploads")).json["uploads"] == []
    for method, path in (
        ("GET", f"/uploads/{ABSENT}"),
        ("DELETE", f"/uploads/{ABSENT}"),
        ("POST", f"/uploads/{ABSENT}/cancel"),
        ("POST", f"/uploads/{ABSENT}/retry"),
    ):
        answer = await api(method, path)
        assert (answer.status, answer.code) == (404, "no_such_upload")


async def test_what_cannot_be_staged_is_said_at_once(
    api: Any, connect: Any, jp_root_dir: Path
) -> None:
    # Given
    (jp_root_dir / "folder").mkdir()
    (jp_root_dir / ".hidden").write_text("x")
    (jp_root_dir / "link").symlink_to("/etc/hostname")
    (jp_root_dir / "linked").symlink_to("/etc")
    (jp_root_dir / "a.txt").write_text("a")
    connection = await connect()
    rows = [
        ({"path": "folder"}, 400, "is_folder"),
        ({"path": "gone.txt"}, 404, "file_vanished"),
        ({"path": "a.txt", "zip": True}, 404, "file_vanished"),
        ({"path": "linked", "zip": True}, 403, "file_refused"),
        ({"path": "folder", "zip": True}, 403, "file_unreadable"),
        ({"path": ".hidden"}, 403, "file_refused"),
        ({"path": "link"}, 403, "file_refused"),
        ({"path": "../etc/passwd"}, 403, "file_refused"),
        ({"path": "a.txt", "name": "../x"}, 400, "name_invalid"),
        ({"path": "a.txt", "name": "x" * 300}, 400, "name_invalid"),
        ({"path": "a.txt", "connection": "f" * 16}, 404, "no_such_connection"),
        ({"path": "x" * 5000}, 400, "request_invalid"),
        ({"path": 5}, 400, "request_invalid"),
        ({"path": "a.txt", "more": 1}, 400, "request_invalid"),
    ]
    for changed, status, code in rows:
        # When
        answer = await api("POST", "/uploads", {"connection": connection, **changed})
        # Then
        assert (answer.status, answer.code) == (status, code), changed
        assert answer.json["message"]
        assert str(jp_root_dir) not in answer.body.decode()
    for broken in (b"", b"{", b"[]", b"\xff", b"[" * 60_000):
        answer = await api("POST", "/uploads", raw=broken)
        assert (answer.status, answer.code) == (400, "request_invalid")
    assert (await api("GET", "/uploads")).json["uploads"] == []


async def test_a_folder_is_staged_as_one_zip(api: Any, connect: Any, jp_root_dir: Path) -> None:
    # Given a folder with all that may be in one
    store = jp_root_dir / "data" / "ndvi.zarr"
    content = secrets.token_bytes(20_000_000)
    for name in ("c/0/0", ".zgroup", ".hidden", "__pycache__/m.pyc"):
        (store / name).parent.mkdir(parents=True, exist_ok=True)
        (store / name).write_bytes(content)
    (store / "link").symlink_to("/etc/hostname")
    (store / "linked").symlink_to("/etc")
    # When
    body = {"connection": await connect(), "path": "data/ndvi.zarr", "zip": True}
    made = (await api("POST", "/uploads", body)).json
    # Then
    assert made["name"] == "ndvi.zarr.zip"
    staged = await until(api, f"/uploads/{made['id']}", "staged")
    got = await downloaded(api, staged["artifact"])
    assert len(got) == made["size"]
    with zipfile.ZipFile(BytesIO(got)) as found:
        assert found.namelist() == [".zgroup", "c/0/0"]
        assert found.read("c/0/0") == content
    # Then: the same folder is found in storage again
    again = (await api("POST", "/uploads", body)).json
    assert (await until(api, f"/uploads/{again['id']}", "staged"))["reused"]


async def test_staging_needs_a_login(api: Any, provider: Any, jp_root_dir: Path, tus: Any) -> None:
    # Given
    (jp_root_dir / "a.txt").write_text("a")
    connection = (await api("POST", "/connections", {"backend": provider.backend})).json["id"]
    # When
    made = await api("POST", "/uploads", {"connection": connection, "path": "a.txt"})
    sent = await tus.post(connection, "a.txt", 1)
    # Then
    assert (made.status, made.code) == (409, "not_signed_in")
    assert (sent.status, sent.code) == (409, "not_signed_in")


async def test_a_failed_upload_can_be_tried_again(
    api: Any, connect: Any, jp_root_dir: Path
) -> None:
    # Given: one worker, so that the second upload waits behind the first one
    connection = await connect()
    (jp_root_dir / "long.bin").write_bytes(secrets.token_bytes(60_000_000))
    (jp_root_dir / "short.txt").write_text("a")
    first = await api("POST", "/uploads", {"connection": connection, "path": "long.bin"})
    second = await api("POST", "/uploads", {"connection": connection, "path": "short.txt"})
    assert second.json["state"] == "queued"
    waiting = await api("POST", f"/uploads/{second.json['id']}/retry")
    assert waiting.json == second.json, "it is under way, and nothing happens to it"
    # When
    (jp_root_dir / "short.txt").unlink()
    failed = await until(api, f"/uploads/{second.json['id']}", "failed")
    # Then
    assert failed["problem"]["code"] == "file_vanished"
    assert failed["can_retry"]
    # When
    (jp_root_dir / "short.txt").write_text("back again")
    again = await api("POST", f"/uploads/{second.json['id']}/retry")
    # Then
    assert again.json["state"] in ("queued", "uploading", "verifying", "staged")
    staged = await until(api, f"/uploads/{second.json['id']}", "staged")
    assert await downloaded(api, staged["artifact"]) == b"back again"
    listed = (await api("GET", "/uploads")).json["uploads"]
    assert [upload["id"] for upload in listed] == [second.json["id"], first.json["id"]]


async def test_an_upload_that_waits_can_be_cancelled(
    api: Any, connect: Any, jp_root_dir: Path
) -> None:
    # Given
    connection = await connect()
    (jp_root_dir / "long.bin").write_bytes(secrets.token_bytes(60_000_000))
    uploads = []
    for _ in range(2):
        made = await api("POST", "/uploads", {"connection": connection, "path": "long.bin"})
        uploads.append(made.json["id"])
    # When
    for upload in reversed(uploads):
        cancelled = await api("POST", f"/uploads/{upload}/cancel")
        # Then
        assert cancelled.json["state"] == "cancelled"
    assert (await api("GET", "/artifacts")).json["artifacts"] == []
    again = await api("POST", f"/uploads/{uploads[0]}/cancel")
    assert again.json["state"] == "cancelled"
    assert (await api("DELETE", f"/uploads/{uploads[0]}")).status == 204
    assert [upload["id"] for upload in (await api("GET", "/uploads")).json["uploads"]] == uploads[
        1:
    ]


async def test_a_server_that_ends_does_not_say_that_nothing_is_there(
    api: Any, tus: Any, connect: Any, extension: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: an upload, and an end that takes its time
    upload = await tus.create(await connect(), "a.bin", 9)
    close, begun, over = extension.collaborators.close, threading.Event(), threading.Event()

    def slow() -> None:
        close()
        begun.set()
        over.wait(AT_MOST)

    monkeypatch.setattr(extension.collaborators, "close", slow)
    ending = asyncio.ensure_future(extension.stop_extension())
    await asyncio.to_thread(begun.wait, AT_MOST)

    # When
    answers = [await api("GET", path) for path in ("/uploads", "/connections", "/artifacts")]
    head = await tus.head(upload)
    over.set()
    await ending

    # Then: a page keeps what it shows, and waits
    assert [(each.status, each.code) for each in answers] == [(503, "server_stopping")] * 3
    assert head.status == 503
