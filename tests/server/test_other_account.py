"""Files that are under way while one account signs out and the same or another one signs in."""

from __future__ import annotations

import secrets
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.staging.manager import UploadManager
from tests.server.conftest import until
from tests.server.test_whole_way import downloaded
from tests.servers.provider import abort_all, pause_storage, resume_storage

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"upload_manager_class": lambda: UploadManager(workers=1)}


@pytest.fixture(autouse=True)
def _none_stays(provider: Any) -> Iterator[None]:
    yield
    abort_all(provider)


@asynccontextmanager
async def queued(
    api: Any, provider: Any, connection: str, folder: Path, content: bytes
) -> AsyncIterator[str]:
    """Yield an upload that waits behind one which the paused storage holds."""

    async def stage(name: str, content: bytes) -> str:
        (folder / name).write_bytes(content)
        made = await api("POST", "/uploads", {"connection": connection, "path": name})
        return str(made.json["id"])

    # What is held has its session already, so that a sign-out does not end it.
    await until(api, f"/uploads/{await stage('before.bin', b'1')}", "staged")
    pause_storage(provider)
    try:
        await stage("first.bin", secrets.token_bytes(1000))
        upload = await stage("private.csv", content)
        assert (await api("GET", f"/uploads/{upload}")).json["state"] == "queued"
        yield upload
    finally:
        resume_storage(provider)


async def accounts(api: Any, name: str) -> list[str]:
    listed = (await api("GET", "/artifacts")).json["artifacts"]
    return [each["account"] for each in listed if each["name"] == name]


async def test_a_file_that_failed_at_a_sign_out_is_staged_after_the_next_sign_in(
    api: Any, connect: Any, provider: Any, jp_root_dir: Path
) -> None:
    # Given
    content = secrets.token_bytes(1000)
    connection = await connect()
    async with queued(api, provider, connection, jp_root_dir, content) as upload:
        await api("DELETE", f"/connections/{connection}")
    failed = await until(api, f"/uploads/{upload}", "failed")
    assert failed["problem"]["code"] == "not_signed_in"
    # When
    await connect()
    await api("POST", f"/uploads/{upload}/retry")
    # Then
    ended = await until(api, f"/uploads/{upload}", "staged", "failed")
    assert ended["problem"] is None
    assert await downloaded(api, ended["artifact"]) == content


async def test_a_queued_file_goes_on_by_the_next_login_of_its_account(
    api: Any, connect: Any, provider: Any, jp_root_dir: Path
) -> None:
    # Given
    connection = await connect()
    async with queued(api, provider, connection, jp_root_dir, b"2") as upload:
        # When
        await api("DELETE", f"/connections/{connection}")
        await connect()
    # Then
    ended = await until(api, f"/uploads/{upload}", "staged", "failed")
    assert ended["problem"] is None


async def test_a_queued_file_does_not_go_to_another_account(
    api: Any, connect: Any, provider: Any, jp_root_dir: Path
) -> None:
    # Given
    connection = await connect("alice")
    async with queued(api, provider, connection, jp_root_dir, b"2") as upload:
        # When
        await api("DELETE", f"/connections/{connection}")
        await connect("bob")
    for _ in range(2):
        # Then
        failed = await until(api, f"/uploads/{upload}", "staged", "failed")
        assert failed["problem"]["code"] == "other_account"
        assert "'Alice'" in failed["problem"]["message"]
        assert failed["can_retry"]
        # When
        await api("POST", f"/uploads/{upload}/retry")
    await until(api, f"/uploads/{upload}", "failed")
    assert await accounts(api, "private.csv") == []
    # When
    await api("DELETE", f"/connections/{connection}")
    await connect("alice")
    await api("POST", f"/uploads/{upload}/retry")
    # Then
    ended = await until(api, f"/uploads/{upload}", "staged", "failed")
    assert ended["problem"] is None
    assert await accounts(api, "private.csv") == ["Alice"]


async def test_a_file_that_waited_in_the_page_does_not_go_to_another_account(
    api: Any, connect: Any, tus: Any
) -> None:
    # Given: a page knows who was signed in when a file was dropped
    connection = await connect("alice")
    alice = (await api("GET", f"/connections/{connection}")).json["account"]
    assert alice
    # When: its turn comes after another has signed in
    await api("DELETE", f"/connections/{connection}")
    await connect("bob")
    bob = (await api("GET", f"/connections/{connection}")).json["account"]
    refused = await tus.post(connection, "private.csv", 3, account=alice)
    # Then
    assert bob != alice
    assert (refused.status, refused.code) == (409, "other_account")
    assert (await api("GET", "/uploads")).json["uploads"] == []
    # And: what Bob drops is taken
    assert (await tus.post(connection, "own.csv", 3, account=bob)).status == 201
    # When
    await api("DELETE", f"/connections/{connection}")
    await connect("alice")
    # Then
    assert (await tus.post(connection, "private.csv", 3, account=alice)).status == 201
