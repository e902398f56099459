"""A Jupyter server with the extension, and a client that holds each answer against openapi.yaml."""

from __future__ import annotations

import asyncio
import json
import re
from base64 import b64encode
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

# Their autouse fixtures start a server application for each test, so they stay in this folder.
from pytest_jupyter.jupyter_server import *  # noqa: F403
from tornado.httpclient import HTTPClientError

from jupyter_openeo_artifacts.server.rest.base import ROOT
from jupyter_openeo_artifacts.service.operations import document

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

ALLOWED_EMPTY = {"HEAD", "OPTIONS"}


@dataclass
class Answer:
    """What the server said; `json` is None where there is no body."""

    status: int
    headers: Any
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None

    @property
    def code(self) -> str:
        return self.json["problem"]["code"]


def described(method: str, path: str) -> dict[str, Any]:
    """Return the operation of openapi.yaml for a request."""
    for template, item in document()["paths"].items():
        if re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path.partition("?")[0]):
            return item[method.lower()]
    raise AssertionError(f"{path} is not in openapi.yaml")


def hold_against_contract(method: str, path: str, answer: Answer) -> None:
    """Assert that an answer is one that openapi.yaml describes."""
    operation = described(method, path)
    responses = dict(operation["responses"])
    responses.update(dict.fromkeys(("405", "413", "500", "503"), responses["default"]))
    assert str(answer.status) in responses, (
        f"{method} {path} answers {answer.status}: {answer.body!r}"
    )
    found = responses[str(answer.status)]
    if "$ref" in found:
        found = document()["components"]["responses"][found["$ref"].rpartition("/")[2]]
    assert answer.headers["X-OpenEO-Artifacts"] == document()["info"]["version"]
    assert len(answer.headers["X-OpenEO-Artifacts-Process"]) == 26
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    content = found.get("content")
    if content is None:
        assert not answer.body
        return
    if method in ALLOWED_EMPTY:
        return
    assert answer.headers["Content-Type"].startswith("application/json")
    schema = {**content["application/json"]["schema"], "components": document()["components"]}
    Draft202012Validator(schema, format_checker=FormatChecker()).validate(answer.json)


@pytest.fixture
def jp_server_config(settings: dict[str, Any]) -> dict[str, Any]:
    return {
        "ServerApp": {
            "jpserver_extensions": {
                "jupyter_openeo_artifacts": True,
                "jupyter_server_terminals": False,
            },
            "allow_unauthenticated_access": False,
            "reraise_server_extension_failures": True,
        },
        "OpenEOArtifacts": settings,
    }


@pytest.fixture
def settings() -> dict[str, Any]:
    """Return the extension's settings; tests override it."""
    return {}


@pytest.fixture
def extension(jp_serverapp: Any) -> Any:
    """Return the loaded extension."""
    return jp_serverapp.web_app.settings["jupyter_openeo_artifacts"]


@pytest.fixture
def api(jp_fetch: Any) -> Callable[..., Awaitable[Answer]]:
    """Ask the server; each answer is held against openapi.yaml."""

    async def ask(
        method: str,
        path: str,
        body: Any = None,
        *,
        check: bool = True,
        headers: dict[str, str] | None = None,
        raw: bytes | None = None,
        **more: Any,
    ) -> Answer:
        path, _, query = path.partition("?")
        if query:
            more["params"] = dict(pair.split("=") for pair in query.split("&"))
        content = raw if raw is not None else None if body is None else json.dumps(body).encode()
        try:
            found = await jp_fetch(
                ROOT,
                *path.strip("/").split("/"),
                method=method,
                body=content,
                headers=dict(headers or {}),
                allow_nonstandard_methods=True,
                **more,
            )
        except HTTPClientError as error:
            if error.response is None:  # no answer at all: a time-out, a cut
                raise
            found = error.response
        answer = Answer(found.code, found.headers, found.body)
        if check:
            hold_against_contract(method, path, answer)
        return answer

    return ask


@pytest.fixture
def connect(api: Any, provider: Any) -> Callable[..., Awaitable[str]]:
    """Open a connection to the local provider, sign in by the panel's way, return its id."""

    async def connected(user: str = "alice", backend: str = provider.backend) -> str:
        opened = await api("POST", "/connections", {"backend": backend})
        assert opened.status in (200, 201), opened.body
        connection: str = opened.json["id"]
        if opened.json["state"] != "signed_in":
            started = await api("POST", f"/connections/{connection}/login")
            assert started.status == 201, started.body
            page = started.json["verification_uri_complete"]
            await asyncio.to_thread(provider.approve, page, user)
            await until(api, f"/connections/{connection}", "signed_in")
        return connection

    return connected


async def until(api: Any, path: str, *states: str, seconds: float = 30) -> dict[str, Any]:
    """Follow an upload or connection until it is in one of the states."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    while True:
        seen = (await api("GET", path)).json
        if seen["state"] in states:
            return dict(seen)
        assert loop.time() < end, f"still {seen}"
        await asyncio.sleep(0.05)


class TusClient:
    """Speaks tus 1.0 to the test server, header by header."""

    def __init__(self, api: Any) -> None:
        self._api = api

    async def create(self, connection: str, filename: str, size: int, **more: str) -> str:
        """Make an upload and return its id."""
        answer = await self.post(connection, filename, size, **more)
        assert answer.status == 201, answer.body
        assert "Upload-Expires" in answer.headers
        return str(answer.headers["Location"].rpartition("/")[2])

    async def post(self, connection: str, filename: str, size: int, **more: str) -> Answer:
        """Ask for an upload."""
        told = {"connection": connection, "filename": filename, **more}
        pairs = (f"{key} {b64encode(value.encode()).decode()}" for key, value in told.items())
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(size),
            "Upload-Metadata": ",".join(pairs),
        }
        return await self._api("POST", "/tus", headers=headers)

    async def send(self, upload: str, offset: int, content: bytes) -> None:
        """Send bytes that must be taken."""
        answer = await self.patch(upload, offset, content)
        assert answer.status == 204, answer.body
        assert answer.headers["Upload-Offset"] == str(offset + len(content))

    async def patch(self, upload: str, offset: int | str, content: bytes, **changed: str) -> Answer:
        """Send bytes."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            **{name.replace("_", "-"): value for name, value in changed.items()},
        }
        return await self._api("PATCH", f"/tus/{upload}", raw=content, headers=headers)

    async def post_unchecked(self, connection: str, filename: str, size: int) -> Answer:
        """Ask for an upload of a server that is broken."""
        return await TusClient(partial(self._api, check=False)).post(connection, filename, size)

    async def patch_unchecked(self, upload: str, offset: int, content: bytes) -> Answer:
        """Send bytes to a server that is broken."""
        return await TusClient(partial(self._api, check=False)).patch(upload, offset, content)

    async def head(self, upload: str) -> Answer:
        """Ask for the offset."""
        return await self._api("HEAD", f"/tus/{upload}", headers={"Tus-Resumable": "1.0.0"})

    async def delete(self, upload: str) -> Answer:
        """Terminate."""
        return await self._api("DELETE", f"/tus/{upload}", headers={"Tus-Resumable": "1.0.0"})


@pytest.fixture
def tus(api: Any) -> TusClient:
    """Return a tus client."""
    return TusClient(api)


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
        lines = [f"PATCH {jp_base_url}{ROOT}/tus/{upload} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        try:
            yield reader, writer
        finally:
            writer.close()

    return patch
