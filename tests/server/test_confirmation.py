"""A drop ends only after its page has said that the file is still the one that was chosen."""

from __future__ import annotations

import random
import secrets
import signal
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts.server import app as app_module
from jupyter_openeo_artifacts.sources.spool_file import RECLAIM_ABOVE
from tests.server.conftest import until
from tests.server.test_restarts import offset, unfinished, until_some_is_stored
from tests.server.test_running_server import TIMEOUT, Server, create, patch, running
from tests.server.test_whole_way import downloaded
from tests.servers.provider import abort_all, storage_down
from tests.support.uploads import BLOCK, digest_of

if TYPE_CHECKING:
    from pathlib import Path

SMALL, LARGE = 300_000, 20_000_000
SIZES = pytest.mark.parametrize("size", [0, SMALL, LARGE], ids=["empty", "one part", "parts"])


async def confirm(api: Any, upload: str, content: bytes | None) -> Any:
    """Say that a file is unchanged, with its digest; None: that it has changed."""
    told = {"unchanged": False}
    if content is not None:
        told = {"unchanged": True, "digest": digest_of(content)}
    return await api("POST", f"/tus/{upload}/confirmation", told)


@SIZES
async def test_a_drop_waits_for_its_page(api: Any, connect: Any, tus: Any, size: int) -> None:
    # Given
    content = secrets.token_bytes(size)
    upload = await tus.create(await connect(), "a.bin", size, confirm="true")
    # When: all bytes are here
    if size:
        await tus.send(upload, 0, content)
    # Then: nothing but the page's word ends it
    view = (await api("GET", f"/uploads/{upload}")).json
    assert (view["state"], view["bytes_received"]) == ("receiving", size)
    assert view["awaits_confirmation"]
    assert (await tus.head(upload)).headers["Upload-Offset"] == str(size)
    assert (await api("GET", "/artifacts")).json["artifacts"] == []
    # When
    told = await confirm(api, upload, content)
    # Then
    assert (told.status, told.json["awaits_confirmation"]) == (200, False)
    view = await until(api, f"/uploads/{upload}", "staged", "failed")
    assert view["problem"] is None
    assert await downloaded(api, view["artifact"]) == content
    # And: said twice, it does no harm; nor can it be taken back
    assert (await confirm(api, upload, content)).json["state"] == "staged"
    assert (await confirm(api, upload, b"another one")).json["state"] == "staged"
    assert (await confirm(api, upload, None)).json["state"] == "staged"


@pytest.mark.parametrize("arrived", [0, 5_000_000, LARGE], ids=["nothing", "some", "all"])
async def test_a_file_that_changed_is_no_artifact(
    api: Any, connect: Any, tus: Any, provider: Any, arrived: int
) -> None:
    # Given
    abort_all(provider)
    upload = await tus.create(await connect(), "a.bin", LARGE, confirm="true")
    if arrived:
        await tus.send(upload, 0, bytes(arrived))
    # When
    told = await confirm(api, upload, None)
    # Then
    view = await until(api, f"/uploads/{upload}", "failed")
    assert told.status == 200
    assert view["problem"]["code"] == "file_changed"
    assert not view["can_retry"]
    assert (await tus.head(upload)).status == 410
    assert (await api("GET", "/artifacts")).json["artifacts"] == []
    assert unfinished(provider) == []


@SIZES
async def test_what_arrived_differently_is_no_artifact(
    api: Any, connect: Any, tus: Any, provider: Any, size: int
) -> None:
    # Given: the file that the page has is another one than what has arrived
    abort_all(provider)
    content = secrets.token_bytes(size)
    other = content[: size // 2] + b"x" + content[size // 2 + 1 :]
    upload = await tus.create(await connect(), "a.bin", size, confirm="true")
    if size:
        await tus.send(upload, 0, content)
    # When
    told = await confirm(api, upload, other)
    # Then
    view = await until(api, f"/uploads/{upload}", "failed")
    assert told.status == 200
    assert (view["problem"]["code"], view["can_retry"]) == ("file_changed", False)
    assert (await api("GET", "/artifacts")).json["artifacts"] == []
    assert unfinished(provider) == []
    # And: the right digest comes too late
    assert (await confirm(api, upload, content)).json["state"] == "failed"


async def test_a_word_without_a_digest_is_none(api: Any, connect: Any, tus: Any) -> None:
    upload = await tus.create(await connect(), "a.bin", 3, confirm="true")
    await tus.send(upload, 0, b"abc")
    for told in ({"unchanged": True}, {"unchanged": True, "digest": "abc"}):
        wrong = await api("POST", f"/tus/{upload}/confirmation", told)
        assert (wrong.status, wrong.code) == (400, "request_invalid")
    assert (await api("GET", f"/uploads/{upload}")).json["awaits_confirmation"]


@pytest.mark.parametrize("arrived", [0, 5, BLOCK, 2 * BLOCK + 1])
async def test_the_digest_of_what_has_arrived_is_told(
    api: Any, connect: Any, tus: Any, arrived: int
) -> None:
    # Given
    content = secrets.token_bytes(arrived)
    upload = await tus.create(await connect(), "a.bin", LARGE, confirm="true")
    for start in range(0, arrived, 5_000_000):
        await tus.send(upload, start, content[start : start + 5_000_000])
    # When
    told = await api("GET", f"/tus/{upload}/digest")
    # Then
    assert told.json == {"offset": arrived, "size": LARGE, "digest": digest_of(content)}
    # And: an upload that has ended goes on with no file
    await api("POST", f"/uploads/{upload}/cancel")
    assert (await api("GET", f"/tus/{upload}/digest")).status == 410


async def test_a_confirmation_before_the_last_byte_is_refused(
    api: Any, connect: Any, tus: Any
) -> None:
    # Given
    upload = await tus.create(await connect(), "a.bin", 10, confirm="true")
    await tus.send(upload, 0, bytes(9))
    # When
    early = await confirm(api, upload, bytes(10))
    # Then: it counts for nothing, and comes again in its time
    assert (early.status, early.code) == (409, "upload_incomplete")
    await tus.send(upload, 9, bytes(1))
    assert (await api("GET", f"/uploads/{upload}")).json["awaits_confirmation"]
    await confirm(api, upload, bytes(10))
    assert (await until(api, f"/uploads/{upload}", "staged", "failed"))["problem"] is None


@pytest.mark.parametrize(
    "more", [{}, {"confirm": "false"}, {"confirm": ""}], ids=["silent", "false", "empty"]
)
async def test_clients_that_announce_none_need_none(
    api: Any, connect: Any, tus: Any, more: dict[str, str]
) -> None:
    upload = await tus.create(await connect(), "a.bin", 3, **more)
    await tus.send(upload, 0, b"abc")
    view = await until(api, f"/uploads/{upload}", "staged", "failed")
    assert await downloaded(api, view["artifact"]) == b"abc"


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.shp", b"x", "into one zip"),
        ("a.parquet", b"PAR1" + bytes(20), "no whole Parquet"),
        ("a.zip", bytes(LARGE), "no whole zip"),
        ("a.csv", b"x", None),
    ],
)
async def test_what_readers_will_trip_over_is_told_of_a_drop(
    api: Any, connect: Any, tus: Any, *, name: str, content: bytes, words: str | None
) -> None:
    upload = await tus.create(await connect(), name, len(content))
    await tus.send(upload, 0, content)
    view = await until(api, f"/uploads/{upload}", "staged", "failed")
    assert view["state"] == "staged"
    assert view["advice"] is None if words is None else words in view["advice"]


async def test_what_is_no_drop_cannot_be_confirmed(
    api: Any, connect: Any, jp_root_dir: Path
) -> None:
    (jp_root_dir / "a.csv").write_text("a")
    view = (await api("POST", "/uploads", {"connection": await connect(), "path": "a.csv"})).json
    assert (await confirm(api, view["id"], b"a")).status == 404
    assert (await confirm(api, view["id"], None)).status == 404
    assert (await confirm(api, "0" * 26, b"a")).status == 404
    assert (await api("GET", f"/tus/{view['id']}/digest")).status == 404
    wrong = await api("POST", f"/tus/{view['id']}/confirmation", {"unchanged": "yes"})
    assert (wrong.status, wrong.code) == (400, "request_invalid")


@pytest.mark.usefixtures("extension")
async def test_a_page_that_never_confirms_is_given_up(
    api: Any, connect: Any, tus: Any, extension: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: all bytes are here, and the page was closed
    upload = await tus.create(await connect(), "a.bin", 3, confirm="true")
    await tus.send(upload, 0, b"abc")
    monkeypatch.setattr(extension.upload_locker, "lifetime", -1.0)
    # When
    await app_module.OpenEOArtifacts.sweep(extension)
    # Then
    view = await until(api, f"/uploads/{upload}", "failed")
    assert view["problem"]["code"] == "upload_expired"
    assert (await api("GET", "/artifacts")).json["artifacts"] == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "end", [pytest.param(signal.SIGKILL, id="kill"), pytest.param(signal.SIGTERM, id="stop")]
)
def test_a_restarted_server_waits_for_the_page_too(
    provider: Any, tmp_path: Path, end: signal.Signals
) -> None:
    # Given
    content = secrets.token_bytes(1_000_000)
    with running(tmp_path, end=end) as server:
        upload = create(server, server.sign_in(provider), len(content), confirm="true")
        assert patch(server, upload, 0, content).status_code == 204
    # When
    with running(tmp_path) as server:
        assert offset(server, upload) == len(content)
        view = server.ask("GET", f"/uploads/{upload}")
        # Then
        assert (view["state"], view["awaits_confirmation"]) == ("receiving", True)
        said(server, upload, content)
        view = server.until(f"/uploads/{upload}", "staged", "failed")
        assert view["problem"] is None
        assert server.download(view["artifact"]) == content


@pytest.mark.slow
def test_a_killed_server_knows_the_digest_of_what_it_has_given_back_to_the_disk(
    provider: Any, tmp_path: Path
) -> None:
    # Given: a file so large that its front is kept no longer than until it is stored
    dice = random.Random(0)
    content = b"".join(dice.randbytes(1_000_000) for _ in range(RECLAIM_ABOVE // 1_000_000 + 40))
    arrived = RECLAIM_ABOVE + 5_000_000
    with running(tmp_path, end=signal.SIGKILL) as server:
        upload = create(server, server.sign_in(provider), len(content), confirm="true")
        assert patch(server, upload, 0, content[:arrived]).status_code == 204
        until_some_is_stored(server, upload)
    # When
    with running(tmp_path) as server:
        here = offset(server, upload)
        # Then
        assert here == arrived
        told = server.ask("GET", f"/tus/{upload}/digest")
        assert (told["offset"], told["digest"]) == (here, digest_of(content[:here]))
        assert patch(server, upload, here, content[here:]).status_code == 204
        said(server, upload, content)
        view = server.until(f"/uploads/{upload}", "staged", "failed")
        assert view["problem"] is None
        assert server.download(view["artifact"]) == content


@pytest.mark.slow
def test_a_word_once_given_outlives_the_server(provider: Any, tmp_path: Path) -> None:
    # Given: confirmed while storage is away, and killed before it was stored
    content = secrets.token_bytes(1_000_000)
    with storage_down(provider), running(tmp_path, end=signal.SIGKILL) as server:
        upload = create(server, server.sign_in(provider), len(content), confirm="true")
        assert patch(server, upload, 0, content).status_code == 204
        said(server, upload, content)
    # When
    with running(tmp_path) as server:
        assert offset(server, upload) == len(content)
        view = server.until(f"/uploads/{upload}", "staged", "failed")
        # Then
        assert view["problem"] is None
        assert server.download(view["artifact"]) == content


def said(server: Server, upload: str, content: bytes) -> None:
    """Have the page confirm it."""
    answer = requests.post(
        f"{server.root}/tus/{upload}/confirmation",
        json={"unchanged": True, "digest": digest_of(content)},
        headers=server.headers,
        timeout=TIMEOUT,
    )
    assert answer.status_code == 200, answer.text
