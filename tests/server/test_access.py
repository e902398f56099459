"""Who may come in: every route by every method, before a byte of a body is read."""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from http.cookies import SimpleCookie
from typing import Any

import pytest
from jupyter_server.auth import Authorizer
from jupyter_server.base.handlers import APIHandler
from tornado import web

from jupyter_openeo_artifacts.server.rest.base import ROOT, BaseHandler
from jupyter_openeo_artifacts.server.routes import ROUTES
from jupyter_openeo_artifacts.service.operations import document

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
PLACES = {
    "connection": "0123456789abcdef",
    "upload": "01k00000000000000000000000",
    "artifact": "01k00000000000000000000000",
}
EVERYWHERE = [(method, path) for path in ROUTES for method in METHODS]


class NobodyAuthorizer(Authorizer):
    """Lets nobody do anything, and notes what was asked."""

    asked: list[tuple[str, str]] = []  # noqa: RUF012

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        self.asked.append((action, resource))
        return False


def filled(path: str) -> str:
    return re.sub(r"\{(\w+)\}", lambda found: PLACES[found[1]], path)


def offered(handler: type[APIHandler]) -> set[str]:
    none = web.RequestHandler._unimplemented_method  # noqa: SLF001  tornado has no other name
    found = {name for name in METHODS if getattr(handler, name.lower()) is not none}
    return found if handler.options is not APIHandler.options else found - {"OPTIONS"}


def test_routes_and_description_are_the_same() -> None:
    # Given
    verbs = {method.lower() for method in METHODS}
    # When
    told = {path: set(item) & verbs for path, item in document()["paths"].items()}
    made = {path: {name.lower() for name in offered(each)} for path, each in ROUTES.items()}
    # Then
    assert made == told


def test_each_operation_names_the_resource_that_its_handler_guards() -> None:
    for path, item in document()["paths"].items():
        for method in offered(ROUTES[path]):
            told, handler = item[method.lower()], ROUTES[path]
            assert told["x-auth-resource"] == handler.auth_resource, f"{method} {path}"
            assert told.get("x-auth-action") == handler.auth_action, f"{method} {path}"


@pytest.mark.parametrize("jupyter", ["leaves it to handlers", "asks for a login itself"])
async def test_nobody_comes_in_without_a_login(jupyter: str, api: Any, jp_serverapp: Any) -> None:
    # Given
    left = jupyter == "leaves it to handlers"  # Jupyter's own default
    jp_serverapp.web_app.settings["allow_unauthenticated_access"] = left
    nobody = {"Authorization": "token wrong", "Tus-Resumable": "1.0.0"}
    # When
    for method, path in EVERYWHERE:
        answer = await api(method, filled(path), raw=b"", headers=dict(nobody), check=False)
        # Then
        assert answer.status == 403, f"{method} {path}"
        if method != "HEAD":
            assert answer.code == "not_allowed"


class TestWithoutLeave:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["authorizer_class"] = NobodyAuthorizer
        return jp_server_config

    async def test_the_authorizer_is_asked_everywhere(self, api: Any) -> None:
        for method, path in EVERYWHERE:
            # Given
            NobodyAuthorizer.asked.clear()
            # When
            answer = await api(method, filled(path), raw=b"", check=method in offered(ROUTES[path]))
            # Then
            assert answer.status == 403, f"{method} {path}"
            action = "read" if method in ("GET", "HEAD", "OPTIONS") else "write"
            handler = ROUTES[path]
            assert NobodyAuthorizer.asked == [
                (handler.auth_action or action, handler.auth_resource)
            ]

    async def test_not_a_byte_of_a_body_is_read(
        self, raw: Any, jp_auth_header: dict[str, str], consumed: list[int]
    ) -> None:
        for method, path in EVERYWHERE:
            # When
            head = await raw(method, path, **jp_auth_header)
            # Then
            assert head.startswith(b"HTTP/1.1 403"), f"{method} {path}"
        assert consumed == []


class NoLinksAuthorizer(Authorizer):
    """Lets a user look at everything, and have no links."""

    def is_authorized(self, handler: Any, user: Any, action: str, resource: str) -> bool:
        return action == "read" and not resource.endswith(":share")


class TestWithoutLinks:
    @pytest.fixture
    def jp_server_config(self, jp_server_config: dict[str, Any]) -> dict[str, Any]:
        jp_server_config["ServerApp"]["authorizer_class"] = NoLinksAuthorizer
        return jp_server_config

    @pytest.mark.parametrize(("form", "status"), [("reference", 404), ("uri", 404), ("link", 403)])
    async def test_who_may_not_share_inserts_no_link(
        self, api: Any, form: str, status: int
    ) -> None:
        wish = {"artifacts": [PLACES["artifact"]], "form": form}
        answer = await api("POST", "/snippets", wish)
        assert answer.status == status


@pytest.fixture
def consumed(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note the bytes of bodies that reach a handler of ours."""
    seen: list[int] = []
    for handler in {BaseHandler, *ROUTES.values()}:
        if "data_received" in vars(handler):
            original = handler.data_received

            def noted(self: Any, chunk: bytes, original: Any = original) -> Any:
                if self._dropped is None:  # else it was refused, and what still comes is dropped
                    seen.append(len(chunk))
                return original(self, chunk)

            monkeypatch.setattr(handler, "data_received", noted)
    return seen


@pytest.fixture
def raw(http_server_client: Any, jp_base_url: str) -> Any:
    """Send a request that announces 10 GB, and a megabyte of it; return the answer's head."""

    async def ask(method: str, path: str, **headers: str) -> bytes:
        port = http_server_client.get_http_port()
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        sent = {
            "Host": f"127.0.0.1:{port}",
            "Content-Length": str(10 * 10**9),
            "Content-Type": "application/offset+octet-stream",
            "Tus-Resumable": "1.0.0",
            "Upload-Offset": "0",
            **headers,
        }
        lines = [f"{method} {jp_base_url}{ROOT}{filled(path)} HTTP/1.1"]
        lines += [f"{name}: {value}" for name, value in sent.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode())
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        with suppress(OSError):  # the server may have hung up already, that is the point
            writer.write(bytes(1024 * 1024))
            await asyncio.wait_for(writer.drain(), 10)
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()
        return head

    return ask


async def test_not_a_byte_of_a_strangers_body_is_read(raw: Any, consumed: list[int]) -> None:
    for method, path in EVERYWHERE:
        # When
        head = await raw(method, path)
        # Then
        assert head.startswith(b"HTTP/1.1 403"), f"{method} {path}"
        assert b"\r\nConnection: close\r\n" in head
    assert consumed == []


async def test_the_note_of_consumed_bytes_works(api: Any, consumed: list[int]) -> None:
    await api("POST", "/backends/check", {"backend": "nonsense with spaces"})
    assert sum(consumed) > 0


async def test_a_body_that_is_too_long_is_refused_in_words(
    api: Any, raw: Any, jp_auth_header: dict[str, str], consumed: list[int]
) -> None:
    for method, path in (
        ("POST", "/uploads"),
        ("POST", "/backends/check"),
        ("DELETE", "/uploads/{upload}"),
    ):
        head = await raw(method, path, **jp_auth_header)
        assert head.startswith(b"HTTP/1.1 413"), f"{method} {path}"
        assert b"application/json" in head
    assert consumed == []


class TestWithCookie:
    """A browser has a cookie; a foreign page can make it send that, but not the XSRF header."""

    async def test_writes_need_the_xsrf_token(
        self, http_server_client: Any, jp_serverapp: Any, jp_base_url: str
    ) -> None:
        # Given: log in as the login page does
        token = jp_serverapp.identity_provider.token
        jar = SimpleCookie()
        for page in ("login", f"login?token={token}"):
            answer = await http_server_client.fetch(
                f"{jp_base_url}{page}", follow_redirects=False, raise_error=False
            )
            for line in answer.headers.get_list("Set-Cookie"):
                jar.load(line)
        cookies = "; ".join(f"{name}={morsel.value}" for name, morsel in jar.items())

        async def ask(**headers: str) -> int:
            answer = await http_server_client.fetch(
                f"{jp_base_url}{ROOT}/backends/check",
                method="POST",
                body='{"backend": "no good"}',
                headers={"Cookie": cookies, **headers},
                raise_error=False,
            )
            return int(answer.code)

        # When / Then
        assert await ask() == 403
        assert await ask(**{"X-XSRFToken": "wrong"}) == 403
        assert await ask(**{"X-XSRFToken": jar["_xsrf"].value}) == 200
        assert await ask(
            **{"X-XSRFToken": jar["_xsrf"].value, "Origin": "http://evil.example"}
        ) in (
            403,
            404,
        )


async def test_methods_that_are_not_offered_are_refused(api: Any) -> None:
    for method, path in EVERYWHERE:
        if method in offered(ROUTES[path]):
            continue
        answer = await api(method, filled(path), raw=b"", check=False)
        assert answer.status == 405, f"{method} {path}"
