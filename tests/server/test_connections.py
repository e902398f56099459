"""Backends and logins, good and bad."""

from __future__ import annotations

import asyncio
import json
import threading
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.staging.target import SessionTarget
from tests.server.conftest import until

if TYPE_CHECKING:
    from collections.abc import Iterator

ABSENT = "f" * 16
S3 = {
    "s3_endpoint": "https://s3.example.org",
    "sts_endpoint": "https://sts.example.org",
    "bucket": "b",
    "role": "r",
}
UNKNOWN = {
    "state": "unknown",
    "provider": None,
    "s3_uri": None,
    "lists": None,
    "deletes": None,
}


@contextmanager
def backend(artifacts: Any = None, *, is_openeo: bool = True) -> Iterator[str]:
    """Serve the capabilities of a backend without a login."""
    said: dict[str, Any] = {"api_version": "1.2.0", "title": "Tiny", "endpoints": []}
    if artifacts is not None:
        said["artifacts"] = artifacts
    page = json.dumps(said).encode() if is_openeo else b"<title>Hello</title>"

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            found = self.path == "/"
            self.send_response(200 if found else 404)
            self.send_header("Content-Type", "application/json" if is_openeo else "text/html")
            self.end_headers()
            self.wfile.write(page if found else b"{}")

        def log_message(self, *args: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize(
    ("artifacts", "state", "provider"),
    [
        (None, "none", None),
        ({"providers": []}, "none", None),
        ({"providers": [{"id": "x", "type": "S3STSConfig", "config": S3}]}, "ready", "x"),
        ({"providers": [{"id": "x", "type": "Tape", "config": {}}]}, "unsupported", "Tape"),
        ({"providers": "many"}, "invalid", None),
        ({"providers": [{"id": "x", "type": "S3STSConfig", "config": {}}]}, "invalid", None),
    ],
)
async def test_what_a_backend_offers_is_told(
    api: Any, artifacts: Any, state: str, provider: str | None
) -> None:
    with backend(artifacts) as address:
        # When
        checked = await api("POST", "/backends/check", {"backend": f"{address}/"})
        opened = await api("POST", "/connections", {"backend": address})
        again = await api("POST", "/connections", {"backend": f" {address}/ "})
    # Then
    assert checked.json == {
        "backend": address,
        "title": "Tiny",
        "storage": UNKNOWN | {"state": state, "provider": provider},
        "problem": None,
    }
    assert (opened.status, again.status) == (201, 200)
    assert opened.json["storage"] == checked.json["storage"]
    assert opened.json["state"] == "signed_out"
    assert opened.headers["Location"].endswith(f"/connections/{opened.json['id']}")
    assert again.json["id"] == opened.json["id"]
    assert (await api("GET", "/connections")).json["connections"] == [again.json]


@pytest.mark.parametrize(
    ("advertised", "told"),
    [({"s3_uri": True}, True), ({"s3_uri": False}, False), ({}, None), ({"s3_uri": "yes"}, None)],
)
async def test_whether_jobs_read_storage_uris_is_told(
    api: Any,
    advertised: dict[str, Any],
    told: bool | None,  # noqa: FBT001
) -> None:
    provider = {"id": "x", "type": "S3STSConfig", "config": S3, **advertised}
    with backend({"providers": [provider]}) as address:
        opened = await api("POST", "/connections", {"backend": address})
    assert opened.json["storage"]["s3_uri"] is told


async def test_a_backend_without_a_login_says_so(api: Any) -> None:
    with backend() as address:
        connection = (await api("POST", "/connections", {"backend": address})).json["id"]
        # When
        started = await api("POST", f"/connections/{connection}/login")
    # Then
    assert (started.status, started.code) == (409, "login_not_possible")


async def test_addresses_that_are_no_backend(api: Any) -> None:
    with backend(is_openeo=False) as page:
        rows = [
            (page, 400, "backend_not_openeo"),
            ("http://127.0.0.1:1", 502, "backend_unreachable"),
            ("nonsense with spaces", 400, "backend_address_invalid"),
            ("ftp://example.org", 400, "backend_address_invalid"),
            ("http://example.org", 400, "backend_address_invalid"),
            ("https://user:pass@example.org", 400, "backend_address_invalid"),
            ("<img src=x onerror=alert(1)>", 400, "backend_address_invalid"),
            ("x" * 3000, 400, "request_invalid"),
            ("", 400, "backend_address_invalid"),
        ]
        for address, status, code in rows:
            # When
            opened = await api("POST", "/connections", {"backend": address})
            # Then
            assert (opened.status, opened.code) == (status, code), address
            assert opened.json["problem"]["todo"]
            if code != "request_invalid":
                # while it is being typed it is no error, but told
                checked = await api("POST", "/backends/check", {"backend": address})
                assert checked.status == 200
                assert checked.json["problem"]["code"] == code
                assert checked.json["storage"] == UNKNOWN
    assert (await api("GET", "/connections")).json == {"connections": []}


async def test_connections_that_are_not_there(api: Any) -> None:
    for method, path in (
        ("GET", f"/connections/{ABSENT}"),
        ("DELETE", f"/connections/{ABSENT}"),
        ("GET", f"/connections/{ABSENT}/login"),
        ("POST", f"/connections/{ABSENT}/login"),
        ("DELETE", f"/connections/{ABSENT}/login"),
        ("GET", f"/artifacts?connection={ABSENT}"),
    ):
        answer = await api(method, path)
        assert (answer.status, answer.code) == (404, "no_such_connection")


async def test_a_login_step_by_step(api: Any, provider: Any) -> None:
    # Given
    connection = (await api("POST", "/connections", {"backend": provider.backend})).json["id"]
    here = f"/connections/{connection}/login"
    none = await api("GET", here)
    assert (none.status, none.code) == (404, "no_login")
    # When
    started = await api("POST", here)
    again = await api("POST", here)
    # Then
    assert (started.status, again.status) == (201, 200)
    assert started.json == again.json == (await api("GET", here)).json
    assert started.json["state"] == "pending"
    assert started.json["user_code"]
    assert (await api("GET", f"/connections/{connection}")).json["state"] == "signing_in"
    # When
    await asyncio.to_thread(provider.approve, started.json["verification_uri_complete"], "bob")
    seen = await until(api, f"/connections/{connection}", "signed_in")
    # Then
    assert "bob" in str(seen["user"]).lower()
    ready = await api("POST", here)
    assert (ready.status, ready.json["state"]) == (200, "signed_in")
    assert ready.json["user_code"] is None
    # When
    assert (await api("DELETE", f"/connections/{connection}")).status == 204
    opened = await api("POST", "/connections", {"backend": provider.backend})
    # Then: the login that was kept on this machine is gone too
    assert opened.json["state"] == "signed_out"


async def test_a_login_that_is_refused_or_given_up(api: Any, provider: Any) -> None:
    # Given
    connection = (await api("POST", "/connections", {"backend": provider.backend})).json["id"]
    here = f"/connections/{connection}/login"
    started = await api("POST", here)
    # When
    page = started.json["verification_uri_complete"]
    await asyncio.to_thread(provider.approve, page, "alice", deny=True)
    seen = await until(api, f"/connections/{connection}", "signed_out")
    # Then
    assert seen["problem"]["code"] == "login_denied"
    denied = (await api("GET", here)).json
    assert (denied["state"], denied["problem"]["code"]) == ("denied", "login_denied")
    assert denied["user_code"] is None
    # When
    assert (await api("POST", here)).status == 201
    assert (await api("DELETE", here)).status == 204
    # Then
    assert (await api("GET", here)).json["state"] == "cancelled"
    seen = (await api("GET", f"/connections/{connection}")).json
    assert (seen["state"], seen["problem"]["code"]) == ("signed_out", "login_cancelled")


class TestOneListedBackend:
    @pytest.fixture
    def settings(self, provider: Any) -> dict[str, Any]:
        listed = [{"url": f"{provider.backend}/", "title": "Ours"}]
        return {"backends": listed, "allow_other_backends": False}

    async def test_no_other_may_be_used(self, api: Any, provider: Any) -> None:
        assert (await api("GET", "/status")).json["allow_other_backends"] is False
        with backend() as other:
            opened = await api("POST", "/connections", {"backend": other})
            checked = await api("POST", "/backends/check", {"backend": other})
        assert (opened.status, opened.code) == (403, "backend_not_allowed")
        assert checked.json["problem"]["code"] == "backend_not_allowed"
        listed = await api("POST", "/connections", {"backend": provider.backend})
        assert listed.status == 201


class TestNothingLocal:
    @pytest.fixture
    def settings(self, provider: Any) -> dict[str, Any]:
        return {"allow_local": False, "backends": [{"url": provider.backend}]}

    async def test_no_backend_on_this_machine_may_be_used_but_a_listed_one(
        self, api: Any, provider: Any
    ) -> None:
        listed = await api("POST", "/connections", {"backend": provider.backend})
        assert listed.status == 201
        with backend() as local:
            for address in (
                local,
                "https://localhost",
                "https://10.0.0.1",
                "https://169.254.169.254",
            ):
                opened = await api("POST", "/connections", {"backend": address})
                assert (opened.status, opened.code) == (403, "backend_not_allowed"), address


async def test_the_end_of_the_storage_session_is_told(
    api: Any, connect: Any, extension: Any
) -> None:
    # Given
    connection = await connect()
    target = SessionTarget(extension.collaborators.sessions.get(connection))
    held = (await asyncio.to_thread(target.helper)).credentials.held()
    # When
    told = (await api("GET", f"/connections/{connection}")).json["until"]
    # Then
    assert held is not None
    assert told["what"] == "storage"
    end = datetime.fromisoformat(told["at"].replace("Z", "+00:00"))
    assert abs(end - held.expires_at) < timedelta(seconds=1)
