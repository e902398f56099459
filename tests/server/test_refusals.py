"""A refusal before the body is read is readable, and says that the connection closes."""

from __future__ import annotations

import asyncio
import json
import os
import stat
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.server.rest import base
from jupyter_openeo_artifacts.server.rest.base import ROOT
from jupyter_openeo_artifacts.state.files import state_folder

if TYPE_CHECKING:
    from pathlib import Path

LENGTH = 900_000
ABSENT = "0" * 26


@pytest.fixture
def by_hand(http_server_client: Any, jp_base_url: str, jp_auth_header: dict[str, str]) -> Any:
    """Send a request as it is given, all of its body, and return status, headers and JSON."""

    async def ask(
        method: str, path: str, body: bytes, *, login: bool = True, **headers: str
    ) -> tuple[int, dict[str, str], Any]:
        port = http_server_client.get_http_port()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = {"Host": f"127.0.0.1:{port}", **(jp_auth_header if login else {})}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        lines = [f"{method} {jp_base_url}{ROOT}{path} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            for start in range(0, len(body), 65536):
                writer.write(body[start : start + 65536])
                await writer.drain()
            head = (await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 60)).decode()
            first, *rest = head.strip().split("\r\n")
            found = {key.lower(): value for key, _, value in (x.partition(": ") for x in rest)}
            answer = await asyncio.wait_for(reader.readexactly(int(found["content-length"])), 60)
            if found.get("connection") == "close":
                assert await asyncio.wait_for(reader.read(), 60) == b""
            return int(first.split()[1]), found, json.loads(answer)
        finally:
            writer.close()

    return ask


TUS = {
    "Tus_Resumable": "1.0.0",
    "Upload_Offset": "0",
    "Content_Type": "application/offset+octet-stream",
}


@pytest.mark.parametrize(
    ("request_line", "headers", "status", "code"),
    [
        (f"PATCH /tus/{ABSENT}", TUS, 404, "no_such_upload"),
        (f"PATCH /tus/{ABSENT}", {}, 412, "tus_version_unknown"),
        ("POST /uploads", {}, 413, "request_too_large"),
        ("PUT /uploads", {}, 405, "method_not_offered"),
    ],
)
async def test_a_refusal_before_the_body_is_readable(
    by_hand: Any, request_line: str, headers: Any, status: int, code: str
) -> None:
    # When
    found, told, answer = await by_hand(
        *request_line.split(), bytes(LENGTH), Content_Length=str(LENGTH), **headers
    )
    # Then
    assert (found, answer["problem"]["code"]) == (status, code)
    assert told["connection"] == "close"
    assert told["content-type"].startswith("application/json")
    assert told["x-openeo-artifacts"] == "1"


LARGE = 12_000_000


@pytest.mark.parametrize(
    ("request_line", "code"),
    [
        (f"PATCH /tus/{ABSENT}", (403, "not_allowed")),
        ("POST /uploads", (403, "not_allowed")),
        (f"PATCH /tus/{ABSENT}", (404, "no_such_upload")),
        ("POST /uploads", (413, "request_too_large")),
    ],
    ids=["a stranger's bytes", "a stranger's JSON", "bytes for no upload", "too much JSON"],
)
async def test_who_looks_for_an_answer_after_the_whole_body_finds_it(
    by_hand: Any, request_line: str, code: tuple[int, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """As most clients that are no browsers do: they send all of it, whatever is answered."""
    monkeypatch.setattr(base, "LINGER_SECONDS", 60)  # what counts are bytes, however slow
    for _ in range(5):
        # When
        found, told, answer = await by_hand(
            *request_line.split(),
            bytes(LARGE),
            login=code[0] != 403,
            Content_Length=str(LARGE),
            **TUS,
        )
        # Then
        assert (found, answer["problem"]["code"]) == code
        assert told["connection"] == "close"


async def test_a_body_that_never_comes_keeps_no_connection(by_hand: Any) -> None:
    # When: the answer is there, and the connection ends without a byte of the body
    status, told, _ = await by_hand("POST", "/uploads", b"", Content_Length=str(10**15))
    # Then
    assert (status, told["connection"]) == (413, "close")


async def test_a_body_in_chunks_over_the_length_is_refused_in_our_words(
    by_hand: Any, connect: Any, tus: Any
) -> None:
    # Given
    upload = await tus.create(await connect(), "a.bin", 10)
    body = b"40\r\n" + bytes(64) + b"\r\n0\r\n\r\n"
    # When
    status, told, answer = await by_hand(
        "PATCH", f"/tus/{upload}", body, Transfer_Encoding="chunked", **TUS
    )
    # Then
    assert (status, answer["problem"]["code"]) == (413, "upload_too_large")
    assert told["connection"] == "close"
    assert (await tus.head(upload)).headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_a_refusal_without_a_body_says_that_the_connection_closes(
    by_hand: Any, method: str
) -> None:
    """A hub's proxy keeps connections: it would lose the next request on one that ends unsaid."""
    # When
    status, told, _ = await by_hand(
        method, f"/artifacts/{ABSENT}", b"", login=False, Content_Length="0"
    )
    # Then
    assert (status, told["connection"]) == (403, "close")


async def test_an_error_after_the_body_leaves_the_connection(by_hand: Any) -> None:
    # When
    status, told, _ = await by_hand("POST", "/uploads", b"{", Content_Length="1")
    # Then
    assert status == 400
    assert "connection" not in told


@pytest.mark.parametrize(
    "headers", [{"Upload-Concat": "final;/a /b"}, {"Upload-Concat": "partial"}]
)
async def test_an_upload_of_other_uploads_is_refused(api: Any, headers: dict[str, str]) -> None:
    # When
    answer = await api(
        "POST", "/tus", headers={"Tus-Resumable": "1.0.0", "Upload-Length": "1", **headers}
    )
    # Then
    assert (answer.status, answer.code) == (400, "request_invalid")


async def test_encoded_bytes_are_refused(connect: Any, tus: Any) -> None:
    # Given
    upload = await tus.create(await connect(), "a.bin", 10)
    # When
    answer = await tus.patch(upload, 0, b"x", Content_Encoding="gzip")
    # Then
    assert (answer.status, answer.code) == (400, "request_invalid")
    await tus.send(upload, 0, b"0123456789")


def test_folders_below_ours_that_were_open_to_others_are_closed(tmp_path: Path) -> None:
    # Given
    home = state_folder()
    wide = home / "spool"
    wide.mkdir(mode=0o777)
    os.chmod(wide, 0o777)  # noqa: PTH101  whatever the umask
    # When
    state_folder("spool")
    # Then
    assert stat.S_IMODE(wide.stat().st_mode) == 0o700
