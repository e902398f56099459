"""The same file asked for twice: one artifact, and the upload says so."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from tests.server.conftest import until
from tests.server.test_whole_way import downloaded

if TYPE_CHECKING:
    from pathlib import Path


async def test_a_file_of_the_jupyter_root(api: Any, connect: Any, jp_root_dir: Path) -> None:
    # Given
    (jp_root_dir / "a.bin").write_bytes(secrets.token_bytes(1000))
    wish = {"connection": await connect(), "path": "a.bin"}

    async def staged(**more: Any) -> dict[str, Any]:
        made = await api("POST", "/uploads", {**wish, **more})
        assert made.status == 201, made.body
        return await until(api, f"/uploads/{made.json['id']}", "staged", "failed")

    # When
    first, second, third = await staged(), await staged(), await staged(reuse=False)
    # Then
    assert [view["reused"] for view in (first, second, third)] == [False, True, False]
    assert second["artifact"] == first["artifact"]
    assert second["bytes_stored"] == 0
    assert third["artifact"] != first["artifact"]
    listed = (await api("GET", "/artifacts")).json["artifacts"]
    assert {one["id"] for one in listed} == {first["artifact"], third["artifact"]}
    refused = await api("POST", "/uploads", {**wish, "reuse": "no"})
    assert (refused.status, refused.code) == (400, "request_invalid")


async def test_a_file_sent_by_tus(api: Any, connect: Any, tus: Any) -> None:
    # Given
    content = secrets.token_bytes(1_000_000)
    connection = await connect()

    async def staged(**more: str) -> dict[str, Any]:
        upload = await tus.create(connection, "a.bin", len(content), **more)
        await tus.send(upload, 0, content)
        return await until(api, f"/uploads/{upload}", "staged", "failed")

    # When
    first, second, third = await staged(), await staged(), await staged(reuse="false")
    # Then
    assert [view["reused"] for view in (first, second, third)] == [False, True, False]
    assert second["artifact"] == first["artifact"]
    assert third["artifact"] != first["artifact"]
    assert await downloaded(api, second["artifact"]) == content
