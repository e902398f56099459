"""The panel's question: whether a login may be used at a backend."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.limits import AT_MOST
from tests.servers import openeo_stub
from tests.servers.provider import other_backend
from tests.support.logins import sign_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture
def artifacts(provider: LocalProvider) -> dict[str, Any]:
    """Return what the provider's backend advertises; another backend may be made to change it."""
    return dict(requests.get(provider.backend, timeout=10).json()["artifacts"])


@pytest.fixture
def other(provider: LocalProvider, artifacts: dict[str, Any]) -> Iterator[str]:
    """Yield another backend with the same login and storage."""
    with other_backend(provider, artifacts) as address:
        yield address


async def test_a_typed_backend_is_asked_about_and_used_after_the_yes(
    api: Any, connect: Any, provider: LocalProvider, other: str
) -> None:
    # Given
    await connect()
    # When
    opened = (await api("POST", "/connections", {"backend": other})).json
    # Then
    assert (opened["state"], opened["problem"]["code"]) == ("signed_out", "login_to_confirm")
    assert opened["approved"] is None
    assert opened["destination"] == {
        "backend": other,
        "issuer": provider.issuer,
        "client_id": "openeo-demo",
        "sts": [provider.sts],
        "s3": [provider.s3],
        "service": False,
    }
    assert (await api("GET", "/status")).json["last_backend"] == provider.backend
    path = f"/connections/{opened['id']}/approval"
    # When
    agreed = await api("PUT", path, opened["destination"])
    # Then
    assert (agreed.status, agreed.json["state"], agreed.json["user"]) == (200, "signed_in", "Alice")
    assert (agreed.json["approved"], agreed.json["problem"]) == ("user", None)
    assert (await api("GET", "/status")).json["last_backend"] == other
    # When
    withdrawn = await api("DELETE", path)
    # Then
    assert withdrawn.status == 204
    after = (await api("GET", f"/connections/{opened['id']}")).json
    assert (after["state"], after["problem"]["code"]) == ("signed_out", "login_to_confirm")
    assert Sessions().open(provider.backend).state == "signed_in"


async def test_a_yes_to_something_else_is_refused(
    api: Any, connect: Any, other: str, artifacts: dict[str, Any]
) -> None:
    # Given
    await connect()
    opened = (await api("POST", "/connections", {"backend": other})).json
    path = f"/connections/{opened['id']}/approval"
    seen = opened["destination"]
    rows = [
        (seen | {"sts": ["https://sts.example"]}, 409, "login_destination_changed"),
        (seen | {"issuer": "https://login.example"}, 409, "login_destination_changed"),
        (seen | {"service": True}, 409, "login_destination_changed"),
        ({"backend": other}, 400, "request_invalid"),
    ]
    for agreed, status, code in rows:
        # When
        answer = await api("PUT", path, agreed)
        # Then
        assert (answer.status, answer.code) == (status, code)
    # When: the backend names another storage between the question and the yes
    artifacts["providers"][0]["config"]["s3_endpoint"] = "http://127.0.0.1:9"
    answer = await api("PUT", path, seen)
    # Then
    assert (answer.status, answer.code) == (409, "login_destination_changed")
    now = (await api("GET", f"/connections/{opened['id']}")).json
    assert (now["state"], now["destination"]["s3"]) == ("signed_out", ["http://127.0.0.1:9"])
    assert other not in [each.address for each in Sessions().approvals.all()]


async def test_the_question_and_what_is_agreed_to_are_one_while_the_backend_is_asked_again(
    api: Any, connect: Any, provider: LocalProvider, artifacts: dict[str, Any]
) -> None:
    # Given: a question about one STS, and a backend that names another one since
    await connect()
    asked, go_on = threading.Event(), threading.Event()
    with openeo_stub.backend(provider.issuer, "openeo-demo") as evil:
        evil.artifacts = artifacts
        opened = (await api("POST", "/connections", {"backend": evil.url})).json
        assert opened["problem"]["code"] == "login_to_confirm"
        path = f"/connections/{opened['id']}"
        artifacts["providers"][0]["config"]["sts_endpoint"] = "https://sts.evil.example"
        usual, calls = evil.answer("/v1/credentials/oidc", ""), iter("12")

        def slowly() -> openeo_stub.Route:
            if next(calls, None) == "2":  # the backend was asked again before
                asked.set()
                assert go_on.wait(AT_MOST)
            return usual

        evil.routes["/v1/credentials/oidc"] = slowly
        # When: another window opens it, and the backend takes its time
        again = asyncio.create_task(api("POST", "/connections", {"backend": evil.url}))
        try:
            assert await asyncio.to_thread(asked.wait, AT_MOST)
            shown = (await api("GET", path)).json
        finally:
            go_on.set()
        newer = (await again).json
        # Then
        assert shown["problem"] == opened["problem"]
        assert shown["destination"] == opened["destination"]
        assert "sts.evil.example" in newer["problem"]["message"]
        assert newer["destination"]["sts"] == ["https://sts.evil.example"]
        # When: somebody who has read the first sentence agrees
        answer = await api("PUT", f"{path}/approval", shown["destination"])
        # Then
        assert (answer.status, answer.code) == (409, "login_destination_changed")
        assert [token for _, _, token in evil.seen if token] == []


async def test_a_code_is_shown_with_whom_it_approves(
    api: Any, provider: LocalProvider, artifacts: dict[str, Any]
) -> None:
    # Given: a login that nobody agreed to use here, and a code for what the backend names now
    sign_in(Sessions().open(provider.backend), provider)
    with openeo_stub.backend(provider.issuer, "openeo-demo") as evil:
        evil.artifacts = artifacts
        opened = (await api("POST", "/connections", {"backend": evil.url})).json
        path = f"/connections/{opened['id']}"
        await api("POST", f"{path}/login")
        # When: it names another one, and another window asks it
        artifacts["providers"][0]["config"]["sts_endpoint"] = "https://sts.evil.example"
        again = (await api("POST", "/connections", {"backend": evil.url})).json
        # Then
        assert again["state"] == "signing_in"
        assert again["destination"]["sts"] == [provider.sts]
        await api("DELETE", f"{path}/login")


async def test_there_is_nothing_to_agree_to_without_a_login(api: Any, other: str) -> None:
    # Given
    opened = (await api("POST", "/connections", {"backend": other})).json
    # When
    answer = await api("PUT", f"/connections/{opened['id']}/approval", opened["destination"])
    # Then
    assert opened["problem"] is None
    assert (answer.status, answer.code) == (409, "not_signed_in")
    assert Sessions().approvals.all() == []


class TestAtAListedBackend:
    @pytest.fixture
    def settings(self, provider: LocalProvider) -> dict[str, Any]:
        return {"backends": [{"url": provider.backend}]}

    async def test_nobody_is_asked_here_or_in_a_kernel(
        self, api: Any, provider: LocalProvider
    ) -> None:
        # Given: a login that a plain openEO client stored
        Sessions().open(provider.backend)
        sign_in(Sessions().open(provider.backend), provider)
        Sessions().withdraw(provider.backend)
        # When
        opened = (await api("POST", "/connections", {"backend": provider.backend})).json
        # Then
        assert (opened["state"], opened["approved"]) == ("signed_in", "administrator")
        assert Sessions().open(provider.backend).approved() == "administrator"
