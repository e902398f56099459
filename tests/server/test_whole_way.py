"""From a click to a link that works, on the real local provider."""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import requests

from jupyter_openeo_artifacts.state.ids import new_id
from tests.server.conftest import until
from tests.servers.provider import abort_all

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider


async def downloaded(api: Any, artifact: str) -> bytes:
    """Sign an artifact and read it as a job would: by the link alone."""
    signed = await api("POST", f"/artifacts/{artifact}/sign")
    assert signed.status == 200, signed.body
    assert signed.json["valid_until"] <= signed.json["latest_possible_end"]
    got = await asyncio.to_thread(requests.get, signed.json["url"], timeout=20)
    assert got.status_code == 200, got.text
    return got.content


async def test_a_file_of_the_jupyter_root_becomes_a_working_link(
    api: Any, connect: Any, jp_root_dir: Path
) -> None:
    # Given
    content = secrets.token_bytes(300_000)
    (jp_root_dir / "data").mkdir()
    (jp_root_dir / "data" / "fields 2026 'ü'.parquet").write_bytes(content)
    connection = await connect()
    # When
    made = await api(
        "POST", "/uploads", {"connection": connection, "path": "data/fields 2026 'ü'.parquet"}
    )
    assert made.status == 201, made.body
    assert made.headers["Location"].endswith(f"/uploads/{made.json['id']}")
    view = await until(api, f"/uploads/{made.json['id']}", "staged", "failed")
    # Then
    assert view["problem"] is None
    listed = (await api("GET", "/artifacts")).json["artifacts"]
    assert [one["id"] for one in listed] == [view["artifact"]]
    assert listed[0]["name"] == "fields 2026 'ü'.parquet"
    assert listed[0]["origin"] == "contents"
    assert listed[0]["account"] == "Alice"
    assert listed[0]["sha256"] == hashlib.sha256(content).hexdigest()
    assert await downloaded(api, view["artifact"]) == content


async def test_bytes_sent_by_tus_become_a_working_link(api: Any, connect: Any, tus: Any) -> None:
    # Given
    content = secrets.token_bytes(3_000_000)
    connection = await connect()
    # When
    upload = await tus.create(connection, "model <img onerror>.onnx", len(content))
    await tus.send(upload, 0, content[:1_000_001])
    await tus.send(upload, 1_000_001, content[1_000_001:])
    view = await until(api, f"/uploads/{upload}", "staged", "failed")
    # Then
    assert view["problem"] is None
    assert (view["origin"], view["bytes_received"]) == ("browser", len(content))
    assert await downloaded(api, view["artifact"]) == content


async def test_an_empty_file_is_staged(api: Any, connect: Any, tus: Any) -> None:
    # Given
    connection = await connect()
    # When
    upload = await tus.create(connection, "empty.csv", 0)
    view = await until(api, f"/uploads/{upload}", "staged", "failed")
    # Then
    assert view["problem"] is None
    assert await downloaded(api, view["artifact"]) == b""


async def test_a_login_in_openeos_own_store_counts(
    api: Any, connect: Any, extension: Any, provider: Any
) -> None:
    # Given
    connection = await connect()
    await asyncio.to_thread(extension.collaborators.close)  # as after a restart
    # When
    opened = await api("POST", "/connections", {"backend": provider.backend})
    # Then
    assert opened.status == 201
    assert (opened.json["id"], opened.json["state"]) == (connection, "signed_in")
    assert opened.json["storage"]["state"] == "ready"
    status = (await api("GET", "/status")).json
    assert status["last_backend"] == provider.backend


async def test_a_cancelled_upload_leaves_nothing(
    api: Any, connect: Any, tus: Any, provider: Any
) -> None:
    # Given: parts are in storage already, the last bytes are not here yet
    await asyncio.to_thread(abort_all, provider)  # what stopped servers left for their successors
    connection = await connect()
    size = 40_000_000
    upload = await tus.create(connection, "big.bin", size)
    await tus.send(upload, 0, bytes(30_000_000))
    loop = asyncio.get_running_loop()
    end = loop.time() + 20
    while not (await api("GET", f"/uploads/{upload}")).json["bytes_stored"]:
        assert loop.time() < end
        await asyncio.sleep(0.05)
    # When
    cancelled = await api("POST", f"/uploads/{upload}/cancel")
    # Then
    assert cancelled.json["state"] == "cancelled"
    assert (await api("GET", "/artifacts")).json["artifacts"] == []
    storage = provider.storage.administrator()
    left = await asyncio.to_thread(storage.list_multipart_uploads, Bucket=provider.bucket)
    assert left.get("Uploads", []) == []
    assert (await tus.head(upload)).status == 410
    assert (await api("DELETE", f"/uploads/{upload}")).status == 204
    assert (await api("GET", "/uploads")).json["uploads"] == []


async def test_links_are_made_until_somebody_signs_out(
    api: Any, connect: Any, tus: Any, extension: Any
) -> None:
    # Given
    connection = await connect()
    upload = await tus.create(connection, "a.txt", 1)
    await tus.send(upload, 0, b"a")
    view = await until(api, f"/uploads/{upload}", "staged")
    # When: the server was restarted, and nobody has connected again
    await asyncio.to_thread(extension.collaborators.close)
    # Then: the login that openEO keeps is enough
    assert await downloaded(api, view["artifact"]) == b"a"
    hour = await api("POST", f"/artifacts/{view['artifact']}/sign", {"expires_in": 3600})
    ends = datetime.fromisoformat(hour.json["requested_until"])
    assert abs((ends - datetime.now(timezone.utc)).total_seconds() - 3600) < 60
    for wrong in (0, -5, "1h", 1.5):
        refused = await api("POST", f"/artifacts/{view['artifact']}/sign", {"expires_in": wrong})
        assert (refused.status, refused.code) == (400, "request_invalid")
    # When
    closed = await api("DELETE", f"/connections/{connection}")
    # Then
    assert closed.status == 204
    assert (await api("GET", "/connections")).json["connections"] == []
    refused = await api("POST", f"/artifacts/{view['artifact']}/sign")
    assert (refused.status, refused.code) == (409, "not_signed_in")
    assert (await api("GET", f"/artifacts/{view['artifact']}")).status == 200


async def test_a_link_is_only_made_to_what_is_there_and_its_end_survives_a_reload(
    api: Any, connect: Any, tus: Any, extension: Any, provider: LocalProvider
) -> None:
    # Given
    connection = await connect()
    upload = await tus.create(connection, "a.txt", 1)
    await tus.send(upload, 0, b"a")
    view = await until(api, f"/uploads/{upload}", "staged")
    at = f"/artifacts/{view['artifact']}"
    assert (await api("GET", at)).json["link_until"] is None
    # When
    signed = (await api("POST", f"{at}/sign", {"expires_in": 3600})).json
    # Then
    assert signed["checked"] is True
    assert (await api("GET", at)).json["link_until"] == signed["valid_until"]
    (listed,) = (await api("GET", "/artifacts")).json["artifacts"]
    assert listed["link_until"] == signed["valid_until"]
    # When
    record = extension.ledger.get(view["artifact"])
    key = record.uri.removeprefix(f"s3://{provider.bucket}/")
    provider.storage.administrator().delete_object(Bucket=provider.bucket, Key=key)
    gone = await api("POST", f"{at}/sign")
    # Then
    assert (gone.status, gone.code) == (410, "object_gone")
    assert gone.json["message"].startswith("'a.txt' is not in storage any more")
    # When
    theirs = f"s3://{provider.bucket}/{provider.users['bob'].prefix}/2026/01/01/0123456789/b.txt"
    for uri, code, said in (
        (theirs, "staged_by_another", "'b.txt' was staged by another account"),
        ("s3://elsewhere/x/c.txt", "wrong_bucket", "is in the bucket 'elsewhere'"),
    ):
        other = replace(record, id=new_id(), uri=uri)
        extension.ledger.add(other)
        refused = await api("POST", f"/artifacts/{other.id}/sign")
        # Then
        assert (refused.status, refused.code) == (409, code)
        assert said in refused.json["message"]
