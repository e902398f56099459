"""What lies in storage: listed by day, put on the list, verified, downloaded, deleted."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import tracemalloc
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from tornado.httpclient import HTTPClientError

from jupyter_openeo_artifacts.demo import LocalProvider
from jupyter_openeo_artifacts.demo import storage as storage_module
from jupyter_openeo_artifacts.server.rest import stored as stored_module
from jupyter_openeo_artifacts.service.stored import send_content
from tests.artifacts.test_management import narrow_rules
from tests.server.conftest import until

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterator
    from pathlib import Path

CONTENT = secrets.token_bytes(300_000)
BEFORE_OURS = "2001/01/04/"
"""Days of which no other test stores anything, so that their sums are known."""


def put(provider: LocalProvider, key: str, content: bytes = CONTENT, user: str = "alice") -> str:
    """Store an object as somebody else's script does; return its URI."""
    key = f"{provider.users[user].prefix}/{key}"
    client = provider.storage.administrator()
    client.put_object(Bucket=provider.bucket, Key=key, Body=content, ContentType="image/tiff")
    return f"s3://{provider.bucket}/{key}"


def is_there(provider: LocalProvider, uri: str) -> bool:
    key = uri.removeprefix(f"s3://{provider.bucket}/")
    client = provider.storage.administrator()
    found = client.list_objects_v2(Bucket=provider.bucket, Prefix=key).get("Contents", [])
    return [each["Key"] for each in found] == [key]


def named(connection: str, uri: str) -> str:
    return f"connection={connection}&uri={uri}"


@pytest.fixture
def ours(provider: LocalProvider) -> Iterator[list[str]]:
    """Yield what is stored on three days, the newest first."""
    names = ["2001/01/03/0123456789/c.tif", "2001/01/02/0123456789/b.tif", "2001/01/02/a.tif"]
    uris = sorted([put(provider, name) for name in names], reverse=True)
    yield uris
    client = provider.storage.administrator()
    for uri in uris:
        client.delete_object(Bucket=provider.bucket, Key=uri.split("/", 3)[3])


@pytest.fixture
def get(jp_fetch: Any) -> Callable[..., Awaitable[Any]]:
    """Return what asks for an object's content."""

    async def fetch(connection: str, uri: str) -> Any:
        params = {"connection": connection, "uri": uri}
        return await jp_fetch("jupyter-openeo-artifacts", "stored", "content", params=params)

    return fetch


async def test_it_is_listed_by_day_the_newest_first(
    api: Any, connect: Any, provider: LocalProvider, ours: list[str]
) -> None:
    # Given
    connection = await connect()
    begin = f"{provider.users['alice'].prefix}/{BEFORE_OURS}"
    # When: two at a time
    ask = f"/stored?connection={connection}&limit=2&before="
    first = (await api("GET", f"{ask}{begin}")).json
    second = (await api("GET", f"{ask}{first['next']}")).json
    # Then
    shown = [*first["objects"], *second["objects"]]
    assert [each["uri"] for each in shown] == ours
    assert [each["name"] for each in shown] == ["c.tif", "a.tif", "b.tif"]
    assert [each["day"] for each in shown] == ["2001-01-03", "2001-01-02", "2001-01-02"]
    assert {each["size"] for each in shown} == {len(CONTENT)}
    assert {each["artifact"] for each in shown} == {None}
    assert second["next"] is None
    for page in (first, second):
        assert page["days"][-2:] == [
            {"day": "2001-01-03", "count": 1, "size": len(CONTENT)},
            {"day": "2001-01-02", "count": 2, "size": 2 * len(CONTENT)},
        ]
        assert (page["whole"], page["problem"]) == (True, None)
    # And: the connection tells by now that its storage lists
    assert (await api("GET", f"/connections/{connection}")).json["storage"]["lists"] is True


async def test_no_more_is_looked_at_than_there_is_patience_for(
    api: Any, connect: Any, monkeypatch: pytest.MonkeyPatch, ours: list[str]
) -> None:
    monkeypatch.setattr("jupyter_openeo_artifacts.service.stored.MOST_LISTED", 2)
    page = (await api("GET", f"/stored?connection={await connect()}")).json
    assert page["whole"] is False
    assert [each["uri"] for each in page["objects"]] == ours[1:], "the oldest come first"
    assert (await api("GET", f"/stored?connection={'f' * 16}")).code == "no_such_connection"
    assert (await api("GET", "/stored")).code == "request_invalid"


async def test_what_was_put_there_by_others_comes_on_the_list_once(
    api: Any, connect: Any, ours: list[str]
) -> None:
    # Given
    connection = await connect()
    wish = {"connection": connection, "uri": ours[0]}
    # When
    made = await api("POST", "/stored", wish)
    again = await api("POST", "/stored", wish)
    # Then
    assert (made.status, again.status) == (201, 200)
    assert made.headers["Location"].endswith(f"/artifacts/{made.json['id']}")
    assert again.json == made.json
    listed = (await api("GET", "/artifacts")).json["artifacts"]
    assert [each["uri"] for each in listed] == [ours[0]]
    told = {key: listed[0][key] for key in ("name", "size", "content_type", "sha256", "verified")}
    assert told == {
        "name": "c.tif",
        "size": len(CONTENT),
        "content_type": "image/tiff",
        "sha256": "",
        "verified": "size",
    }
    seen = (await api("GET", f"/stored?connection={connection}&limit=1000")).json["objects"]
    assert {each["artifact"] for each in seen if each["uri"] == ours[0]} == {made.json["id"]}
    # And: a link to it can be made, as to any other
    signed = (await api("POST", f"/artifacts/{made.json['id']}/sign")).json
    assert signed["checked"]


async def test_it_is_verified_and_the_link_is_told_to_nobody(
    api: Any, connect: Any, provider: LocalProvider, ours: list[str]
) -> None:
    # Given
    wish = {"connection": await connect(), "uri": ours[0]}
    # When
    there = await api("POST", "/stored/verification", wish)
    provider.storage.administrator().delete_object(
        Bucket=provider.bucket, Key=ours[0].split("/", 3)[3]
    )
    gone = await api("POST", "/stored/verification", wish)
    # Then
    found = there.json
    assert (found["there"], found["get"], found["range"]) == (True, True, True)
    assert found["size"] == len(CONTENT)
    assert b"X-Amz" not in there.body
    assert gone.json["there"] is False
    assert (await api("POST", "/stored", wish)).code == "object_gone"


async def test_it_is_deleted_with_its_place_on_the_list(
    api: Any, connect: Any, provider: LocalProvider, ours: list[str]
) -> None:
    # Given
    connection = await connect()
    await api("POST", "/stored", {"connection": connection, "uri": ours[0]})
    # When
    answer = await api("DELETE", f"/stored?{named(connection, ours[0])}")
    # Then
    assert answer.status == 204
    assert not is_there(provider, ours[0])
    assert is_there(provider, ours[1])
    assert (await api("GET", "/artifacts")).json["artifacts"] == []
    assert (await api("DELETE", f"/stored?{named(connection, ours[0])}")).code == "object_gone"
    assert (await api("GET", f"/connections/{connection}")).json["storage"]["deletes"] is True


async def test_what_is_another_accounts_is_refused_in_each_way(
    api: Any, connect: Any, get: Any, provider: LocalProvider
) -> None:
    # Given
    connection = await connect()
    theirs = put(provider, "2001/01/02/0123456789/theirs.tif", user="bob")
    beside = theirs.replace(provider.bucket, "elsewhere")
    # When / Then
    for uri, code in (
        (theirs, "staged_by_another"),
        (beside, "wrong_bucket"),
        ("x", "uri_invalid"),
    ):
        wish = {"connection": connection, "uri": uri}
        answers = [
            await api("POST", "/stored", wish),
            await api("POST", "/stored/verification", wish),
            await api("DELETE", f"/stored?{named(connection, uri)}"),
        ]
        with pytest.raises(HTTPClientError) as refused:
            await get(connection, uri)
        codes = [each.code for each in answers]
        codes.append(json.loads(refused.value.response.body)["problem"]["code"])
        assert codes == [code] * 4
    assert is_there(provider, theirs)


async def test_it_is_downloaded_as_a_file(
    api: Any, connect: Any, get: Any, provider: LocalProvider
) -> None:
    # Given
    connection = await connect()
    content = secrets.token_bytes(3_500_000)
    uri = put(provider, "2001/01/02/0123456789/Äcker 'a';b.html", content)
    empty = put(provider, "2001/01/02/0123456789/empty.csv", b"")
    # When
    answer = await get(connection, uri)
    nothing = await get(connection, empty)
    # Then
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(content).digest()
    assert answer.headers["Content-Type"] == "application/octet-stream"
    name = quote("Äcker 'a';b.html", safe="")
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=UTF-8''{name}"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Location" not in answer.headers
    assert (nothing.body, nothing.headers["Content-Length"]) == (b"", "0")
    for each in (uri, empty):
        await api("DELETE", f"/stored?{named(connection, each)}")


async def test_other_bytes_than_those_that_were_staged_are_no_whole_download(
    api: Any, connect: Any, tus: Any, get: Any, provider: LocalProvider
) -> None:
    # Given: a staged file, of which storage has other bytes by now
    connection = await connect()
    upload = await tus.create(connection, "field.tif", len(CONTENT))
    await tus.send(upload, 0, CONTENT)
    staged = await until(api, f"/uploads/{upload}", "staged")
    artifact = (await api("GET", f"/artifacts/{staged['artifact']}")).json
    key = artifact["uri"].split("/", 3)[3].split("/", 1)[1]
    assert put(provider, key, bytes(len(CONTENT))) == artifact["uri"]
    # When / Then: the connection ends before the body does
    with pytest.raises(HTTPClientError) as broken:
        await get(connection, artifact["uri"])
    assert broken.value.code == 599


async def test_a_client_that_takes_nothing_is_not_read_for(
    connect: Any,
    provider: LocalProvider,
    *,
    monkeypatch: pytest.MonkeyPatch,
    http_server_client: Any,
    jp_base_url: str,
    jp_auth_header: dict[str, str],
) -> None:
    """The order is what counts: no block is asked for before the one before it was taken."""
    # Given: 64 MB, and a client that reads the head of the answer alone
    uri = put(provider, "2001/01/02/0123456789/large.bin", bytes(64_000_000))
    connection = await connect()
    sent, over, loop = [], asyncio.Event(), asyncio.get_running_loop()
    write = stored_module.Outlet.write

    def noting(outlet: Any, block: bytes) -> None:
        sent.append(len(block))
        write(outlet, block)

    def ending(*args: Any) -> None:
        try:
            send_content(*args)
        finally:
            loop.call_soon_threadsafe(over.set)

    monkeypatch.setattr(stored_module.Outlet, "write", noting)
    monkeypatch.setattr(stored_module, "send_content", ending)
    monkeypatch.setattr(stored_module, "STALLED_SECONDS", 1.0)
    port = http_server_client.get_http_port()
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    query = f"connection={connection}&uri={quote(uri, safe='')}"
    path = f"{jp_base_url}jupyter-openeo-artifacts/stored/content?{query}"
    lines = [f"GET {path} HTTP/1.1", f"Host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in jp_auth_header.items()]
    # When
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head = await reader.readuntil(b"\r\n\r\n")
    await over.wait()
    # Then: it is given up while most of it is still in storage
    assert b"200 OK" in head
    assert 0 < sum(sent) < 32_000_000
    writer.close()
    provider.storage.administrator().delete_object(Bucket=provider.bucket, Key=uri.split("/", 3)[3])


async def test_the_memory_of_a_download_does_not_grow_with_it(
    connect: Any, extension: Any, provider: LocalProvider
) -> None:
    # Given
    uri = put(provider, "2001/01/02/0123456789/large.bin", bytes(48_000_000))
    params = {"connection": await connect(), "uri": uri}

    class Sink:
        size = 0

        def begin(self, name: str, size: int | None) -> None:
            assert (name, size) == ("large.bin", 48_000_000)

        def write(self, block: bytes) -> None:
            self.size += len(block)

    sink = Sink()
    # When
    tracemalloc.start()
    try:
        await asyncio.to_thread(send_content, extension.scope, params, sink)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Then
    assert sink.size == 48_000_000
    assert peak < 12_000_000
    provider.storage.administrator().delete_object(Bucket=provider.bucket, Key=uri.split("/", 3)[3])


@pytest.fixture(scope="module")
def narrow() -> Iterator[LocalProvider]:
    """Yield a provider that neither lists nor deletes."""
    with ExitStack() as held:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(storage_module, "access_rules", narrow_rules)
            running = held.enter_context(LocalProvider())
        yield running


async def test_a_provider_that_cannot_is_said_to(
    api: Any, narrow: LocalProvider, jp_root_dir: Path
) -> None:
    # Given
    (jp_root_dir / "a.csv").write_text("a")
    opened = (await api("POST", "/connections", {"backend": narrow.backend})).json
    connection = opened["id"]
    started = (await api("POST", f"/connections/{connection}/login")).json
    await asyncio.to_thread(narrow.approve, started["verification_uri_complete"], "alice")
    await until(api, f"/connections/{connection}", "signed_in")
    made = (await api("POST", "/uploads", {"connection": connection, "path": "a.csv"})).json
    staged = await until(api, f"/uploads/{made['id']}", "staged")
    artifact = (await api("GET", f"/artifacts/{staged['artifact']}")).json
    assert artifact["path"] == "a.csv"
    # When
    page = (await api("GET", f"/stored?connection={connection}")).json
    refused = await api("DELETE", f"/stored?{named(connection, artifact['uri'])}")
    # Then
    assert (page["objects"], page["days"], page["whole"]) == ([], [], False)
    assert page["problem"]["code"] == "cannot_list"
    assert (refused.status, refused.code) == (409, "cannot_delete")
    assert is_there(narrow, artifact["uri"])
    storage = (await api("GET", f"/connections/{connection}")).json["storage"]
    assert (storage["lists"], storage["deletes"]) == (False, False)
