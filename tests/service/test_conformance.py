"""The same requests over HTTP and over a comm: the same answers, the same errors."""

from __future__ import annotations

import asyncio
import hashlib
import random
import re
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts.service.operations import OPERATIONS, document
from tests.servers.provider import storage_down
from tests.support.uploads import digest_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from tests.service.clients import Client, CommClient, HttpClient

ABSENT, NO_CONNECTION = "01k00000000000000000000000", "f" * 16
WISH = {"artifacts": [ABSENT], "form": "uri"}
SMALL = random.Random(1).randbytes(300_000)
LARGE = random.Random(2).randbytes(12_000_000)
TIMED = {"created_at", "staged_at", "expires_at", "requested_until", "valid_until"}
TIMED |= {"latest_possible_end", "link_until", "stored_at"}
OF_THE_MOMENT = {"speed", "seconds_left", "request_id", "until", "mark", "since"}
SECRET = {"url", "user_code", "verification_uri_complete"}


async def sign_in(client: Client, provider: LocalProvider, user: str = "alice") -> str:
    """Sign in by a code; return the connection."""
    connection: str = (await client.ok("openConnection", body={"backend": provider.backend}))["id"]
    started = await client.ok("startLogin", connection=connection)
    await asyncio.to_thread(provider.approve, started["verification_uri_complete"], user)
    await client.until("getConnection", "signed_in", connection=connection)
    return connection


async def logins(client: Client, provider: LocalProvider) -> list[Any]:
    backend = {"backend": provider.backend}
    seen = [
        await client.call("listConnections"),
        await client.call("checkBackend", body=backend),
        await client.call("checkBackend", body={"backend": "nonsense with spaces"}),
        await client.call("openConnection", body={"backend": "http://127.0.0.1:1"}),
        await client.call("openConnection", body=backend),
    ]
    connection = seen[-1].result["id"]
    seen += [
        await client.call("getLogin", connection=connection),
        await client.call("createTusUpload", connection=connection, name="a", size=1),
        await client.call("startLogin", connection=connection),
        await client.call("getLogin", connection=connection),
        await client.call("cancelLogin", connection=connection),
    ]
    await client.until("getConnection", "signed_out", connection=connection)
    seen += [await client.call("getConnection", connection=connection)]
    await sign_in(client, provider)
    shown = await client.call("getConnection", connection=connection)
    other = {**shown.result["destination"], "issuer": "https://elsewhere.example"}
    seen += [
        shown,
        await client.call("startLogin", connection=connection),
        await client.call("approveLogin", connection=connection, body=other),
        await client.call("withdrawApproval", connection=connection),
        await client.call("getConnection", connection=connection),
        await client.call("approveLogin", connection=connection, body=shown.result["destination"]),
        await client.call("listConnections"),
        await client.call("closeConnection", connection=connection),
        await client.call("closeConnection", connection=connection),
        await client.call("listConnections"),
    ]
    return seen


async def files(client: Client, provider: LocalProvider) -> list[Any]:
    connection = await sign_in(client, provider)
    seen: list[Any] = [await client.call("listUploads"), await client.call("listArtifacts")]
    for name, content in (("empty.csv", b""), ("ü 'a'.bin", SMALL), ("large.bin", LARGE)):
        view = await client.stage(name, content, connection=connection)
        seen += [view, await client.call("getArtifact", artifact=view["artifact"])]
        signed = await client.ok("signArtifact", artifact=view["artifact"], body={})
        got = await asyncio.to_thread(requests.get, signed["url"], timeout=20)
        assert hashlib.sha256(got.content).digest() == hashlib.sha256(content).digest()
        seen.append(signed)
    seen.append(await client.stage("large.bin", LARGE, connection=connection))  # is there already
    first = await client.call("listArtifacts", limit=2)
    seen += [
        first,
        await client.call("listArtifacts", limit=2, before=first.result["next"]),
        await client.call("listArtifacts", connection=connection),
        await client.call("listArtifacts", connection=NO_CONNECTION),
        await client.call("listArtifacts", limit=0),
        await client.call("listUploads", since=(await client.ok("listUploads"))["mark"]),
        await client.call("signArtifact", artifact=view["artifact"], body={"expires_in": 3600}),
        await client.call("signArtifact", artifact=view["artifact"]),
        await client.call("signArtifact", artifact=view["artifact"], body={"expires_in": 0}),
        await client.call("retryUpload", upload=view["id"]),
        await client.call("cancelUpload", upload=view["id"]),
        await client.call("forgetArtifact", artifact=view["artifact"]),
        await client.call("getArtifact", artifact=view["artifact"]),
        await client.call("forgetArtifact", artifact=view["artifact"]),
        await client.call("forgetUpload", upload=view["id"]),
        await client.call("getUpload", upload=view["id"]),
        await client.call("listUploads"),
    ]
    await client.ok("closeConnection", connection=connection)
    left = (await client.ok("listArtifacts"))["artifacts"][0]["id"]
    return [*seen, await client.call("signArtifact", artifact=left)]


async def snippets(client: Client, provider: LocalProvider) -> list[Any]:
    connection = await sign_in(client, provider)
    staged = [
        (await client.stage(name, SMALL, connection=connection))["artifact"]
        for name in ("fields 2026.parquet", "fields-2026.tif")
    ]
    one, both = {"artifacts": staged[:1]}, {"artifacts": staged}
    notebook = {"taken": ["fields_2026_url"], "imported": True}
    wishes: list[dict[str, Any]] = [
        {**one, "form": "reference"},
        {**one, "form": "reference", **notebook},
        {**one, "form": "reference", "place": "expression"},
        {**both, "form": "reference", "language": "python"},
        {**one, "form": "uri", "language": "R"},
        {**both, "form": "uri", "language": "bash"},
        {**one, "form": "reference", "language": "julia"},
        {**one, "form": "uri", "taken": ["x" * 60] * 5000},
        {"artifacts": [ABSENT], "form": "uri"},
        {"artifacts": [ABSENT], "form": "uri", "skip": True},
        {"artifacts": [*staged, ABSENT], "form": "uri", "language": "csv", "skip": True},
    ]
    seen = [await client.call("writeSnippet", body=each) for each in wishes]
    assert "X-Amz" not in str(seen), "no link is in what was not asked for as one"
    assert [each.status for each in seen] == [0, 0, 0, 0, 0, 0, 400, 0, 404, 404, 0]
    assert [each["artifact"] for each in seen[-1].result["failed"]] == [ABSENT]
    linked = {"form": "link", "expires_in": 3600, "utc_offset": -210}
    for wish in ({**one, **linked, "language": "raw"}, {**both, **linked}):
        made = await client.ok("writeSnippet", body=wish)
        assert made.keys() == {"text", "import", "assigns", "cursor", "links", "failed"}
        assert [each["artifact"] for each in made["links"]] == wish["artifacts"]
        urls = [made["text"]]
        if wish["artifacts"] == staged:
            scope: dict[str, Any] = {}
            exec(made["text"], scope)
            urls = list(scope["artifacts"].values())
            assert "UTC-03:30" in made["text"]
        for url in urls:
            got = await asyncio.to_thread(requests.get, url, timeout=20)
            assert got.content == SMALL
        seen.append({"links": made["links"], "assigns": made["assigns"]})
    return seen


async def in_storage(client: Client, provider: LocalProvider) -> list[Any]:
    connection = await sign_in(client, provider)
    view = await client.stage("fields.tif", SMALL, connection=connection)
    staged = await client.ok("getArtifact", artifact=view["artifact"])
    uri = staged["uri"]
    theirs = f"s3://{provider.bucket}/{provider.users['bob'].prefix}/2026/01/01/x/a.tif"
    page = await client.ok("listStored", connection=connection, limit=1000)
    mine = next(each for each in page["objects"] if each["uri"] == uri)
    assert mine["artifact"] == staged["id"]
    assert sum(day["count"] for day in page["days"]) >= len(page["objects"])
    there = {"connection": connection, "uri": uri}
    seen: list[Any] = [{"object": {**mine, "day": "<day>"}, "page": sorted(page)}]
    seen += [
        await client.call("listStored", connection=connection, limit=0),
        await client.call("listStored", connection=NO_CONNECTION),
        await client.call("adoptStored", body=there),
        await client.call("verifyStored", body=there),
        await client.call("forgetArtifact", artifact=staged["id"]),
        await client.call("adoptStored", body=there),
        await client.call("adoptStored", body=there),
        await client.call("deleteStored", **there),
        await client.call("listArtifacts"),
    ]
    for each in (uri, theirs, "s3://elsewhere/a", "nonsense"):
        seen += [
            await client.call("adoptStored", body={"connection": connection, "uri": each}),
            await client.call("verifyStored", body={"connection": connection, "uri": each}),
            await client.call("deleteStored", connection=connection, uri=each),
        ]
    assert "X-Amz" not in str(seen)
    return seen


async def chunks(client: Client, provider: LocalProvider) -> list[Any]:
    connection = await sign_in(client, provider)
    made = await client.call("createTusUpload", connection=connection, name="a.bin", size=300_000)
    upload = made.result["upload"]
    seen = [
        made,
        await client.call("getTusOffset", upload=upload),
        await client.send(upload, 100_000, SMALL[100_000:]),
        await client.send(upload, 0, SMALL[:200_000]),
        await client.call("getTusOffset", upload=upload),
        await client.send(upload, 200_000, bytes(100_001)),
        await client.send(upload, 300_000, b"x"),
        await client.send(upload, 200_000, SMALL[200_000:]),
    ]
    seen.append(await client.until("getUpload", "staged", "failed", upload=upload))
    seen.append(await client.call("getTusOffset", upload=upload))
    for stop in ("cancelUpload", "terminateTusUpload", "forgetUpload"):
        made = await client.call("createTusUpload", connection=connection, name="b", size=9)
        upload = made.result["upload"]
        seen += [
            await client.send(upload, 0, b"abc"),
            await client.call(stop, upload=upload),
            await client.call("retryUpload", upload=upload),
            await client.call("getTusOffset", upload=upload),
            await client.send(upload, 3, b"defghi"),
            await client.call(stop, upload=upload),
        ]
    return seen


RIGHT = {"unchanged": True, "digest": digest_of(SMALL)}


async def confirmations(client: Client, provider: LocalProvider) -> list[Any]:
    connection = await sign_in(client, provider)
    seen: list[Any] = []
    for told in (RIGHT, {**RIGHT, "digest": "0" * 64}, {"unchanged": False}):
        made = await client.ok(
            "createTusUpload", connection=connection, name="a", size=len(SMALL), confirm=True
        )
        upload = made["upload"]
        seen += [
            await client.call("confirmUpload", upload=upload, body=RIGHT),
            await client.call("getReceivedDigest", upload=upload),
            await client.send(upload, 0, SMALL),
            await client.call("getReceivedDigest", upload=upload),
            await client.call("confirmUpload", upload=upload, body={}),
            await client.call("confirmUpload", upload=upload, body={"unchanged": True}),
        ]
        assert (await client.ok("getUpload", upload=upload))["awaits_confirmation"]
        await client.ok("confirmUpload", upload=upload, body=told)
        seen += [
            await client.until("getUpload", "staged", "failed", upload=upload),
            await client.call("confirmUpload", upload=upload, body=told),
            await client.call("getReceivedDigest", upload=upload),
            await client.call("retryUpload", upload=upload),
        ]
    return seen


async def another_try(client: Client, provider: LocalProvider) -> list[Any]:
    with storage_down(provider):  # before anything there has worked: it is not waited for
        connection = await sign_in(client, provider)
        failed = await client.stage("again.bin", SMALL, connection=connection)
    pressed = [client.ok("retryUpload", upload=failed["id"]) for _ in range(2)]  # in two views
    assert [each["problem"] for each in await asyncio.gather(*pressed)] == [None, None]
    staged = await client.until("getUpload", "staged", "failed", upload=failed["id"])
    return [failed, staged, await client.call("retryUpload", upload=failed["id"])]


async def nothing_there(client: Client, _: LocalProvider) -> list[Any]:
    seen = [
        await client.call(operation, **{kind: absent})
        for kind, absent in (
            ("upload", ABSENT),
            ("upload", "../x"),
            ("artifact", ABSENT),
            ("artifact", "../x"),
            ("connection", NO_CONNECTION),
        )
        for operation, item in described().items()
        if [each["name"] for each in item["path"]] == [kind]
        and not item.get("requestBody", {}).get("required")
    ]
    return [
        *seen,
        await client.send(ABSENT, 0, b"x"),
        await client.call("confirmUpload", upload=ABSENT, body={"unchanged": True}),
        await client.call("createTusUpload", connection=NO_CONNECTION, name="a", size=1),
    ]


async def bad_requests(client: Client, provider: LocalProvider) -> list[Any]:
    connection = await sign_in(client, provider)
    named = [
        await client.call("createTusUpload", connection=connection, name=name, size=3)
        for name in ("../x", "two\nlines", " ", "x" * 300)
    ]
    return named + [
        await client.call(operation, **params, body=body)
        for operation, params, bodies in (
            ("checkBackend", {}, [{}, {"backend": 5}, {"backend": "x", "more": 1}, [], "x"]),
            ("openConnection", {}, [{}, {"backend": "x" * 3000}, 5]),
            ("approveLogin", {"connection": connection}, [{}, {"backend": "x"}]),
            ("confirmUpload", {"upload": ABSENT}, [{}, {"unchanged": 1}, {"unchanged": "yes"}]),
            ("signArtifact", {"artifact": ABSENT}, [{"expires_in": "1h"}, {"more": 1}, [1]]),
            ("writeSnippet", {}, [{}, {"artifacts": [], "form": "uri"}, {**WISH, "form": "html"}]),
            ("writeSnippet", {}, [{"artifacts": [ABSENT] * 101, "form": "uri"}, [], 5]),
            ("writeSnippet", {}, [{**WISH, "expires_in": 0}, {**WISH, "taken": ["x" * 65]}]),
            ("writeSnippet", {}, [{**WISH, "place": "below"}, {**WISH, "utc_offset": 1440}]),
        )
        for body in bodies
    ]


def described() -> dict[str, Any]:
    """Return the operations that both have, with the parameters of their paths."""
    found = {}
    for item in document()["paths"].values():
        for verb in item.keys() - {"parameters"}:
            path = [
                document()["components"]["parameters"][each["$ref"].rpartition("/")[2]]
                for each in item.get("parameters", [])
            ]
            if item[verb]["operationId"] in OPERATIONS.keys() - {"sendBytes"}:
                found[item[verb]["operationId"]] = {**item[verb], "path": path}
    return found


class Names:
    """Gives each id the number of its first appearance, so that two runs can be compared."""

    def __init__(self) -> None:
        self._ids: dict[str, str] = {}

    def plain(self, value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            kept = {name: each for name, each in value.items() if name not in OF_THE_MOMENT}
            return {name: self.plain(each, name) for name, each in kept.items()}
        if isinstance(value, list):
            return [self.plain(each) for each in value]
        if value and key in TIMED | SECRET:
            return f"<{key}>"
        if not isinstance(value, str):
            return value
        value = re.sub(r"/\d{4}/\d\d/\d\d/[0-9a-f]{10}/", "/<today>/", value)
        return re.sub(r"\b01[0-9a-z]{24}\b", self._named, value)

    def _named(self, found: re.Match[str]) -> str:
        return self._ids.setdefault(found[0], f"<id {len(self._ids)}>")


def compared(seen: list[Any]) -> list[Any]:
    names = Names()
    plain = []
    for each in seen:
        if isinstance(each, dict):
            plain.append(names.plain(each))
        elif each.status:
            problem = each.problem and {k: v for k, v in each.problem.items() if k != "offset"}
            plain.append((each.status, names.plain(problem)))
        else:
            plain.append(names.plain(each.result))
    return plain


SCENARIOS = [
    logins, files, snippets, in_storage, chunks, confirmations, another_try, nothing_there,
    bad_requests,
]  # fmt: skip


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda each: each.__name__)
async def test_both_bindings_answer_alike(
    scenario: Callable[[Client, LocalProvider], Any],
    over_http: HttpClient,
    over_comm: Callable[[], CommClient],
    provider: LocalProvider,
) -> None:
    # When
    by_http = compared(await scenario(over_http, provider))
    by_comm = compared(await scenario(over_comm(), provider))
    # Then
    assert len(by_http) == len(by_comm) > 0
    for number, (one, other) in enumerate(zip(by_http, by_comm, strict=True)):
        if isinstance(one, tuple) and one[1] is None:  # HEAD has no body to tell it in
            assert one[0] == other[0], number
        else:
            assert one == other, number


async def test_the_limits_are_told_in_one_form(
    over_http: HttpClient, over_comm: Callable[[], CommClient]
) -> None:
    by_http = await over_http.ok("getStatus")
    by_comm = await over_comm().ok("getStatus")
    assert by_http.keys() == by_comm.keys()
    assert by_http["version"] == by_comm["version"]


async def test_a_kernel_offers_no_file_by_its_path(over_comm: Callable[[], CommClient]) -> None:
    # When
    body = {"connection": NO_CONNECTION, "path": "a.txt"}
    refused = await over_comm().call("createUpload", body=body)
    # Then
    assert (refused.status, refused.code) == (403, "not_allowed")
    assert refused.problem is not None
    assert "by their path" in refused.problem["message"]


def test_every_operation_of_the_description_is_bound() -> None:
    of_http = {"getDescription", "describeTus", "downloadStored"}
    named = {
        item[verb]["operationId"]
        for item in document()["paths"].values()
        for verb in item.keys() - {"parameters"}
    }
    assert named - of_http == set(OPERATIONS)
