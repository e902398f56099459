"""Cuts, full disks, browsers that never come back: nothing which arrived is lost."""

from __future__ import annotations

import asyncio
import resource
import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.service import receiver
from tests.server.conftest import until
from tests.server.test_whole_way import downloaded

if TYPE_CHECKING:
    from collections.abc import Iterator

MEGA = 1_000_000


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"max_upload_bytes": 100 * MEGA, "max_parallel_uploads": 2}


async def offset_becomes(tus: Any, upload: str, wanted: int) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + 10
    while (seen := (await tus.head(upload)).headers["Upload-Offset"]) != str(wanted):
        assert loop.time() < end, f"still {seen}"
        await asyncio.sleep(0.02)


async def test_a_cut_keeps_what_arrived(api: Any, connect: Any, tus: Any, raw: Any) -> None:
    # Given
    content = secrets.token_bytes(7 * MEGA + 13)
    upload = await tus.create(await connect(), "cut.bin", len(content))
    arrived = 3 * MEGA + 7
    # When
    async with raw(upload, 0, len(content)) as (_, writer):
        writer.write(content[:arrived])
        await writer.drain()
        await offset_becomes(tus, upload, arrived)
    # Then: everything that the server got is there, to the byte, after the cut as before
    await offset_becomes(tus, upload, arrived)
    await tus.send(upload, arrived, content[arrived:])
    view = await until(api, f"/uploads/{upload}", "staged")
    assert await downloaded(api, view["artifact"]) == content


async def test_a_cut_without_asking_first_keeps_what_arrived(
    api: Any, connect: Any, tus: Any, raw: Any
) -> None:
    # Given
    upload = await tus.create(await connect(), "cut.bin", 9 * MEGA)
    # When: nobody asks for the offset before the cut, which would flush it
    async with raw(upload, 0, 9 * MEGA) as (_, writer):
        writer.write(bytes(2 * MEGA + 5))
        await writer.drain()
        await asyncio.sleep(0.3)
    # Then
    await offset_becomes(tus, upload, 2 * MEGA + 5)
    assert (await tus.delete(upload)).status == 204


async def test_who_comes_back_takes_over_from_a_dead_connection(
    api: Any, connect: Any, tus: Any, raw: Any
) -> None:
    # Given: a connection that hangs, as when a laptop's lid is closed
    content = secrets.token_bytes(4 * MEGA)
    upload = await tus.create(await connect(), "zombie.bin", len(content))
    async with raw(upload, 0, len(content)) as (reader, writer):
        writer.write(content[:MEGA])
        await writer.drain()
        await offset_becomes(tus, upload, MEGA)
        # When
        await tus.send(upload, MEGA, content[MEGA:])
        # Then: it was hung up on
        assert await asyncio.wait_for(reader.read(), 10) == b""
    view = await until(api, f"/uploads/{upload}", "staged")
    assert await downloaded(api, view["artifact"]) == content


async def test_cancelling_ends_the_request_that_brings_bytes(
    api: Any, connect: Any, tus: Any, raw: Any
) -> None:
    # Given
    upload = await tus.create(await connect(), "gone.bin", 50 * MEGA)
    async with raw(upload, 0, 50 * MEGA) as (reader, writer):
        writer.write(bytes(2 * MEGA))
        await offset_becomes(tus, upload, 2 * MEGA)
        # When
        answer = await api("POST", f"/uploads/{upload}/cancel")
        # Then
        assert answer.json["state"] == "cancelled"
        end = await asyncio.wait_for(reader.read(), 10)
        assert end == b"" or end.startswith(b"HTTP/1.1 410")
    refused = await tus.patch(upload, 2 * MEGA, b"x")
    assert (refused.status, refused.code) == (410, "upload_ended")


async def test_more_uploads_than_places_wait_for_their_turn(
    api: Any, connect: Any, tus: Any, raw: Any
) -> None:
    # Given: two places, both taken
    connection = await connect()
    first, second, third = [await tus.create(connection, f"{n}.bin", 2 * MEGA) for n in range(3)]
    async with raw(first, 0, 2 * MEGA) as (_, one), raw(second, 0, 2 * MEGA) as (_, two):
        for upload, writer in ((first, one), (second, two)):
            writer.write(bytes(MEGA))
            await offset_becomes(tus, upload, MEGA)
        # When
        waiting = asyncio.ensure_future(tus.send(third, 0, bytes(2 * MEGA)))
        await asyncio.sleep(0.3)
        # Then
        assert not waiting.done()
        assert (await tus.head(third)).headers["Upload-Offset"] == "0"
        one.write(bytes(MEGA))
        await asyncio.wait_for(waiting, 10)
    await until(api, f"/uploads/{third}", "staged")


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let the disk of this process be full for every file of that size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


async def test_a_full_disk_is_said_and_nothing_is_lost(api: Any, connect: Any, tus: Any) -> None:
    # Given
    content = secrets.token_bytes(4 * MEGA)
    upload = await tus.create(await connect(), "full.bin", len(content))
    # When
    with largest_file(3 * MEGA):
        answer = await tus.patch(upload, 0, content)
    # Then
    assert (answer.status, answer.code) == (507, "disk_full")
    view = (await api("GET", f"/uploads/{upload}")).json
    assert (view["state"], view["problem"]["code"]) == ("paused", "disk_full")
    assert "1 MB of this file are still to come" in view["problem"]["message"]
    offset = int((await tus.head(upload)).headers["Upload-Offset"])
    assert offset == 3 * MEGA
    await tus.send(upload, offset, content[offset:])
    view = await until(api, f"/uploads/{upload}", "staged")
    assert await downloaded(api, view["artifact"]) == content


async def test_a_disk_that_is_full_early_ends_the_request(connect: Any, tus: Any, raw: Any) -> None:
    # Given
    size = 90 * MEGA
    upload = await tus.create(await connect(), "full.bin", size)
    with largest_file(3 * MEGA):
        async with raw(upload, 0, size) as (reader, writer):
            # When: bytes are sent until there is an answer
            answered = asyncio.ensure_future(reader.readuntil(b"}}"))
            sent = 0
            while not answered.done() and sent < size:
                writer.write(bytes(MEGA))
                sent += MEGA
                await asyncio.wait([answered], timeout=0.05)
            # Then
            assert (await answered).startswith(b"HTTP/1.1 507")
            assert b'"disk_full"' in answered.result()
            assert sent < 30 * MEGA
    assert (await tus.head(upload)).headers["Upload-Offset"] == str(3 * MEGA)


async def test_a_browser_is_not_asked_for_bytes_that_cannot_be_kept(
    api: Any, connect: Any, tus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    upload = await tus.create(await connect(), "full.bin", 4 * MEGA)
    with largest_file(3 * MEGA):
        await tus.patch(upload, 0, bytes(4 * MEGA))
    # When
    free = receiver.free_room
    monkeypatch.setattr(receiver, "free_room", lambda: 100_000)
    # Then
    assert (await tus.head(upload)).status == 507
    # When there is room again
    monkeypatch.setattr(receiver, "free_room", free)
    # Then
    assert (await tus.head(upload)).headers["Upload-Offset"] == str(3 * MEGA)
    await tus.send(upload, 3 * MEGA, bytes(MEGA // 2))
    view = (await api("GET", f"/uploads/{upload}")).json
    assert (view["state"], view["problem"]) == ("receiving", None)


@pytest.mark.parametrize(
    "case",
    [
        pytest.param((80 * MEGA, 80 * MEGA, False, True), id="all of it"),
        pytest.param((80 * MEGA, 79 * MEGA, False, False), id="not all of it, and none leaves"),
        pytest.param((80 * MEGA, 50 * MEGA, True, True), id="some parts, which leave"),
        pytest.param((80 * MEGA, 40 * MEGA, True, False), id="not even some parts"),
        pytest.param((3 * MEGA, 3 * MEGA, True, True), id="one part, all of it"),
        pytest.param((10**17, 10**15, True, False), id="more than any storage takes"),
    ],
)
async def test_a_file_without_room_is_refused_at_once(
    connect: Any, tus: Any, extension: Any, monkeypatch: pytest.MonkeyPatch, case: Any
) -> None:
    # Given
    size, free, holes, fits = case
    connection = await connect()
    extension.service.max_upload_bytes = 0  # no limit but the disk's
    monkeypatch.setattr(receiver, "free_room", lambda: free)
    monkeypatch.setattr(receiver, "has_holes", lambda _: holes)
    # When
    answer = await tus.post(connection, "large.bin", size)
    # Then
    if fits:
        assert answer.status == 201
        return
    assert (answer.status, answer.code) == (507, "disk_full")
    assert extension.service.uploads() == []


async def test_room_that_is_promised_is_not_promised_twice(
    connect: Any, tus: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    connection = await connect()
    monkeypatch.setattr(receiver, "free_room", lambda: 80 * MEGA)
    first = await tus.create(connection, "one.bin", 90 * MEGA)
    # When / Then
    answer = await tus.post(connection, "two.bin", 90 * MEGA)
    assert (answer.status, answer.code) == (507, "disk_full")
    await tus.delete(first)
    assert (await tus.post(connection, "two.bin", 90 * MEGA)).status == 201


async def test_an_upload_left_alone_is_given_up(
    api: Any, connect: Any, tus: Any, extension: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    connection = await connect()
    upload = await tus.create(connection, "left.bin", 10)
    await tus.send(upload, 0, b"123")
    await extension.sweep()
    assert (await api("GET", f"/uploads/{upload}")).json["state"] == "receiving"
    # When
    monkeypatch.setattr(extension.upload_locker, "lifetime", 0)
    await extension.sweep()
    # Then
    view = await until(api, f"/uploads/{upload}", "failed")
    assert view["problem"]["code"] == "upload_expired"
    assert not view["can_retry"]
    assert (await tus.head(upload)).status == 410


async def test_a_connection_that_brings_nothing_is_hung_up_on(
    connect: Any, tus: Any, raw: Any, extension: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    upload = await tus.create(await connect(), "stalled.bin", MEGA)
    async with raw(upload, 0, MEGA) as (reader, writer):
        writer.write(b"123")
        await offset_becomes(tus, upload, 3)
        # When
        monkeypatch.setattr(extension.upload_locker, "stalled", 0)
        await extension.sweep()
        # Then
        assert await asyncio.wait_for(reader.read(), 10) == b""
    assert (await tus.head(upload)).headers["Upload-Offset"] == "3"
