"""tus 1.0: what is taken, what is refused, and that nothing which arrived is lost."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from tests.server.conftest import until
from tests.server.test_whole_way import downloaded

if TYPE_CHECKING:
    from pathlib import Path

MEGA = 1_000_000
ABSENT = "01k00000000000000000000000"


@pytest.fixture
def settings() -> dict[str, Any]:
    return {"max_upload_bytes": 100 * MEGA, "max_parallel_uploads": 2}


async def test_the_server_tells_what_it_speaks(api: Any) -> None:
    answer = await api("OPTIONS", "/tus")
    assert answer.status == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,termination,expiration"
    assert answer.headers["Tus-Max-Size"] == str(100 * MEGA)


@pytest.mark.parametrize("settings", [{"max_upload_bytes": 0}], ids=["no limit"])
async def test_no_limit_is_told_where_there_is_none(api: Any) -> None:
    """A client that keeps to tus sends nothing where the most is 0."""
    answer = await api("OPTIONS", "/tus")
    assert answer.status == 204
    assert "Tus-Max-Size" not in answer.headers


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
    answer = await api("POST", "/tus", headers=sent)
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
        assert (await api("GET", f"/uploads/{upload}")).json["name"] == name
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
    other = (await api("POST", "/uploads", {"connection": connection, "path": "b.txt"})).json["id"]
    rows = [
        ("before the end of what is here", upload, 3, b"x", {}, 409, "offset_mismatch"),
        ("beyond it", upload, 6, b"x", {}, 409, "offset_mismatch"),
        ("no number", upload, "five", b"x", {}, 400, "request_invalid"),
        ("more than announced", upload, 5, b"567890", {}, 413, "upload_too_large"),
        ("another type", upload, 5, b"x", {"Content_Type": "text/plain"}, 415, "not_an_upload"),
        ("another tus", upload, 5, b"x", {"Tus_Resumable": "2"}, 412, "tus_version_unknown"),
        ("no such upload", ABSENT, 0, b"x", {}, 404, "no_such_upload"),
        ("a path", "..%2Fx", 0, b"x", {}, 404, "no_such_upload"),
        ("an upload whose bytes are on disk", other, 0, b"x", {}, 404, "no_such_upload"),
    ]
    for why, target, offset, content, changed, status, code in rows:
        # When
        answer = await tus.patch(target, offset, content, **changed)
        # Then
        assert (answer.status, answer.code) == (status, code), why
    assert (await tus.head(upload)).headers["Upload-Offset"] == "5"
    await tus.send(upload, 5, b"56789")
    view = await until(api, f"/uploads/{upload}", "staged")
    assert await downloaded(api, view["artifact"]) == b"0123456789"
    # a client whose last answer was lost asks where it stands
    head = await tus.head(upload)
    assert (head.status, head.headers["Upload-Offset"]) == (200, "10")
    assert head.headers["Upload-Length"] == "10"
    assert (await tus.head(ABSENT)).status == 404
    assert (await tus.patch(upload, 10, b"")).status == 410
