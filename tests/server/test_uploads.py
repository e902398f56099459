"""tus 1.0: what is taken, what is refused, and that nothing which arrived is lost."""

from __future__ import annotations

import asyncio
import resource
import secrets
from base64 import b64encode
from contextlib import asynccontextmanager, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.server.contract import ROOT
from tests.server.conftest import until
from tests.server.test_whole_way import downloaded

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator
    from pathlib import Path

MEGA = 1_000_000
ABSENT = "01k00000000000000000000000"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"max_upload_bytes": 100 * MEGA, "max_parallel_uploads": 2}


@pytest.fixture
def raw(http_server_client: Any, jp_base_url: str, jp_auth_header: dict[str, str]) -> Any:
    """Open a PATCH by hand, to cut it or to leave it hanging."""

    @asynccontextmanager
    async def patch(upload: str, offset: int, length: int) -> AsyncIterator[Any]:
        port = http_server_client.get_http_port()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = {
            "Host": f"127.0.0.1:{port}",
            "Content-Length": str(length),
            "Content-Type": "application/offset+octet-stream",
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            **jp_auth_header,
        }
        lines = [f"PATCH {jp_base_url}{ROOT}/uploads/{upload} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            yield reader, writer
        finally:
            writer.close()

    return patch


async def offset_becomes(tus: Any, upload: str, wanted: int) -> None:
    loop = asyncio.get_running_loop()
    end = loop.time() + 10
    while (seen := (await tus.head(upload)).headers["Upload-Offset"]) != str(wanted):
        assert loop.time() < end, f"still {seen}"
        await asyncio.sleep(0.02)


async def test_the_server_tells_what_it_speaks(api: Any) -> None:
    answer = await api("OPTIONS", "/uploads")
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,termination,expiration"
    assert answer.headers["Tus-Max-Size"] == str(100 * MEGA)


def b64(text: str) -> str:
    return b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("changed", "status", "code"),
    [
        ({"Tus-Resumable": None}, 412, "tus_version_unknown"),
        ({"Tus-Resumable": "0.2.2"}, 412, "tus_version_unknown"),
        ({"Upload-Length": None}, 400, "request_invalid"),
        ({"Upload-Length": "-1"}, 400, "request_invalid"),
        ({"Upload-Length": "1e3"}, 400, "request_invalid"),
        ({"Upload-Length": "\u00b2"}, 400, "request_invalid"),
        ({"Upload-Length": "9" * 40}, 400, "request_invalid"),
        ({"Upload-Length": str(100 * MEGA + 1)}, 413, "upload_too_large"),
        ({"Upload-Metadata": None}, 400, "request_invalid"),
        ({"Upload-Metadata": "filename ***"}, 400, "request_invalid"),
        ({"Upload-Metadata": "filename /w=="}, 400, "request_invalid"),
        (
            {"Upload-Metadata": f"filename Y!Q==,connection {b64('a' * 16)}"},
            400,
            "request_invalid",
        ),
        ({"Upload-Metadata": f"filename {b64('a')},filename {b64('b')}"}, 400, "request_invalid"),
        ({"Upload-Metadata": f"filename {b64('a')}"}, 400, "request_invalid"),
        ({"Upload-Metadata": f"connection {b64('a' * 16)}"}, 400, "request_invalid"),
        (
            {"Upload-Metadata": f"filename {b64('a')},connection {b64('a' * 16)}"},
            404,
            "no_such_connection",
        ),
    ],
)
async def test_a_bad_creation_is_refused(
    api: Any, changed: dict[str, str | None], status: int, code: str
) -> None:
    # Given
    headers: dict[str, str | None] = {
        "Tus-Resumable": "1.0.0",
        "Upload-Length": "3",
        "Upload-Metadata": f"filename {b64('a.txt')},connection {b64('0' * 16)}",
    }
    headers.update(changed)
    sent = {name: value for name, value in headers.items() if value is not None}
    # When
    answer = await api("POST", "/uploads", headers=sent)
    # Then
    assert (answer.status, answer.code) == (status, code)
    assert answer.headers["Tus-Resumable"] == "1.0.0"


async def test_names_are_data(api: Any, connect: Any, tus: Any, own_home: Path) -> None:
    # Given
    connection = await connect()
    fine = [
        "a b.txt",
        'it\'s "quoted".csv',
        "🌍 ü.tif",
        "<img src=x onerror=alert(1)>.png",
        "x" * 255,
    ]
    bad = ["../x", "a/../../x", "two\nlines", "nul\0", "x" * 300, "  ", "."]
    # When / Then
    for name in fine:
        upload = await tus.create(connection, name, 3)
        assert (await api("GET", f"/jobs/{upload}")).json["name"] == name
        await tus.send(upload, 0, b"ab")  # one byte is missing, so the spool stays
        spools = own_home / "jupyter_openeo_artifacts_home" / "spool"
        assert [entry.name for entry in spools.iterdir()] == [upload]
        assert (spools / upload).stat().st_mode & 0o777 == 0o600
        assert (await tus.delete(upload)).status == 204
        assert (await tus.delete(upload)).status == 410
    for name in bad:
        answer = await tus.post(connection, name, 3)
        assert (answer.status, answer.code) == (400, "name_invalid"), name
    assert list(spools.iterdir()) == []


async def test_bytes_that_do_not_fit_are_refused(
    api: Any, connect: Any, tus: Any, jp_root_dir: Path
) -> None:
    # Given
    connection = await connect()
    upload = await tus.create(connection, "a.txt", 10)
    await tus.send(upload, 0, b"01234")
    (jp_root_dir / "b.txt").write_bytes(b"b")
    other = (await api("POST", "/jobs", {"connection": connection, "path": "b.txt"})).json["id"]
    rows = [
        ("before the end of what is here", upload, 3, b"x", {}, 409, "offset_mismatch"),
        ("beyond it", upload, 6, b"x", {}, 409, "offset_mismatch"),
        ("no number", upload, "five", b"x", {}, 400, "request_invalid"),
        ("more than announced", upload, 5, b"567890", {}, 413, "upload_too_large"),
        ("another type", upload, 5, b"x", {"Content_Type": "text/plain"}, 415, "not_an_upload"),
        ("another tus", upload, 5, b"x", {"Tus_Resumable": "2"}, 412, "tus_version_unknown"),
        ("no such upload", ABSENT, 0, b"x", {}, 404, "no_such_job"),
        ("a path", "..%2Fx", 0, b"x", {}, 404, "no_such_job"),
        ("a job without upload", other, 0, b"x", {}, 404, "no_such_job"),
    ]
    for why, job, offset, content, changed, status, code in rows:
        # When
        answer = await tus.patch(job, offset, content, **changed)
        # Then
        assert (answer.status, answer.code) == (status, code), why
    assert (await tus.head(upload)).headers["Upload-Offset"] == "5"
    await tus.send(upload, 5, b"56789")
    job = await until(api, f"/jobs/{upload}", "staged")
    assert await downloaded(api, job["artifact"]) == b"0123456789"
    # a client whose last answer was lost asks where it stands
    head = await tus.head(upload)
    assert (head.status, head.headers["Upload-Offset"]) == (200, "10")
    assert head.headers["Upload-Length"] == "10"
    assert (await tus.head(ABSENT)).status == 404
    assert (await tus.patch(upload, 10, b"")).status == 410


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
    job = await until(api, f"/jobs/{upload}", "staged")
    assert await downloaded(api, job["artifact"]) == content


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
    job = await until(api, f"/jobs/{upload}", "staged")
    assert await downloaded(api, job["artifact"]) == content


async def test_cancelling_ends_the_request_that_brings_bytes(
    api: Any, connect: Any, tus: Any, raw: Any
) -> None:
    # Given
    upload = await tus.create(await connect(), "gone.bin", 50 * MEGA)
    async with raw(upload, 0, 50 * MEGA) as (reader, writer):
        writer.write(bytes(2 * MEGA))
        await offset_becomes(tus, upload, 2 * MEGA)
        # When
        answer = await api("POST", f"/jobs/{upload}/cancel")
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
    await until(api, f"/jobs/{third}", "staged")


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
    offset = int((await tus.head(upload)).headers["Upload-Offset"])
    assert offset == 3 * MEGA
    await tus.send(upload, offset, content[offset:])
    job = await until(api, f"/jobs/{upload}", "staged")
    assert await downloaded(api, job["artifact"]) == content


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


async def test_a_file_larger_than_the_disk_is_refused_at_once(
    api: Any, connect: Any, tus: Any, extension: Any
) -> None:
    # Given
    connection = await connect()
    extension.desk._max_upload_bytes = 0  # no limit but the disk's
    # When
    answer = await tus.post(connection, "huge.bin", 10**17)
    # Then
    assert (answer.status, answer.code) == (507, "disk_full")
    assert (await api("GET", "/jobs")).json["jobs"] == []


async def test_an_upload_left_alone_is_given_up(
    api: Any, connect: Any, tus: Any, extension: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    connection = await connect()
    upload = await tus.create(connection, "left.bin", 10)
    await tus.send(upload, 0, b"123")
    await extension.sweep()
    assert (await api("GET", f"/jobs/{upload}")).json["state"] == "receiving"
    # When
    monkeypatch.setattr(extension.receptions, "_lifetime", 0)
    await extension.sweep()
    # Then
    job = await until(api, f"/jobs/{upload}", "failed")
    assert job["problem"]["code"] == "upload_expired"
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
        monkeypatch.setattr(extension.receptions, "_stalled", 0)
        await extension.sweep()
        # Then
        assert await asyncio.wait_for(reader.read(), 10) == b""
    assert (await tus.head(upload)).headers["Upload-Offset"] == "3"
