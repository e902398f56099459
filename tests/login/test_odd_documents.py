"""Each value of each document of a backend by odd ones: a clear answer, never a fault of ours."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.artifacts import capabilities
from jupyter_openeo_artifacts.artifacts.build import admitted_helper
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from tests.login.conftest import until
from tests.login.odd_documents import GONE, ODD, Documents, Outcome, changed, places
from tests.servers.openeo_stub import Route, serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openeo_artifacts.backends.session import BackendSession


@pytest.fixture(scope="module")
def documents() -> Iterator[Documents]:
    odd = Documents()
    with serving(odd.answer) as url:
        odd.url = url
        yield odd


def connect(documents: Documents, told: Outcome) -> None:
    sessions = Sessions(listed=[documents.url])
    session = told(lambda: sessions.open(documents.url))
    if session and not session.problem:
        ask_for_code(session, told)


def ask_for_code(session: BackendSession, told: Outcome) -> None:
    login = told(session.start_login)
    if login:
        assert str(login.user_code).isprintable()
        login.cancel()


def sign_in(session: BackendSession, told: Outcome) -> None:
    # As if it had been stored by an earlier login.
    store, issuer = TokenStore(), session.backend + "/op"
    store.put(issuer, "c", "refresh")
    assert session.sign_in_silently() in (True, False)
    told.note(session.problem)
    reached.add(session.state)
    told(session.sign_out)
    store.remove(issuer, "c")


reached: set[str] = set()
"""How sessions of these tests have stood: that some were signed in shows that tokens were read."""
READ_BY: dict[str, str] = {
    "/.well-known/openeo": "connect",
    "/v1/": "connect",
    "/v1/credentials/oidc": "login",
    "/op/.well-known/openid-configuration": "login",
    "/op/device": "login",
    "/op/token": "silent",
    "/op/revoke": "silent",
    "/v1/me": "silent",
}


@pytest.mark.parametrize("path", READ_BY)
@pytest.mark.parametrize("status", [200, 400, 403])
@pytest.mark.parametrize(
    "every", [pytest.param(7, id="a seventh"), pytest.param(1, id="all", marks=pytest.mark.slow)]
)
def test_an_odd_document_is_a_clear_answer(
    documents: Documents, path: str, status: int, every: int
) -> None:
    # Given
    good = documents.good()
    documents.said = {each: (200, said) for each, said in good.items()}
    session = Sessions(listed=[documents.url]).open(documents.url)
    told = Outcome()
    usual = status == 200
    values = [
        (at, value)
        for turn, at in enumerate(places(good[path]) if usual else [()])
        for value in ([*ODD, GONE][turn % every :: every] if usual else ODD[::3])
    ]
    for count, (at, value) in enumerate(values):
        documents.said[path] = (status, changed(good[path], at, value))
        # When
        if READ_BY[path] == "connect":
            connect(documents, told)
        if READ_BY[path] == "login":
            ask_for_code(session, told)
        if READ_BY[path] == "silent" or count % 4 == 0:
            sign_in(session, told)
    # Then: and each of these is the backend's or the provider's
    assert told.codes <= {
        "backend_failed",
        "backend_not_openeo",
        "backend_redirects",
        "backend_unreachable",
        "backend_not_trusted",
        "login_not_possible",
        "login_not_accepted",
        "login_not_kept",
        "login_provider_failed",
        "login_provider_unreachable",
        "login_failed",
        "not_signed_in",
    }
    assert READ_BY[path] != "silent" or status != 200 or "signed_in" in reached
    until(lambda: not [one for one in threading.enumerate() if "device login" in one.name], 60)


class Admitted(OpenEOArtifactsError):
    """The storage was read; nothing is sent to it here."""

    code = "storage_failed"


def admit(*_: str) -> None:
    raise Admitted("The storage is one.")


@pytest.mark.parametrize("status", [200, 400, 503])
@pytest.mark.parametrize(
    "every", [pytest.param(7, id="a seventh"), pytest.param(1, id="all", marks=pytest.mark.slow)]
)
def test_odd_capabilities_are_a_clear_answer_to_whoever_builds_a_helper(
    documents: Documents, monkeypatch: pytest.MonkeyPatch, status: int, every: int
) -> None:
    # Given
    monkeypatch.setattr(capabilities, "LIFE_SECONDS", 0.0)
    good = documents.good()
    documents.said = {each: (200, said) for each, said in good.items()}
    store, issuer = TokenStore(), f"{documents.url}/op"
    store.put(issuer, "c", "refresh")
    session = Sessions(listed=[documents.url]).open(documents.url)
    assert session.state == "signed_in"
    told = Outcome()
    path = "/v1/"
    below = [at for at in places(good[path]) if not at or at[0] == "artifacts"]
    for turn, at in enumerate(below if status == 200 else [()]):
        for value in [*ODD, GONE][turn % every :: every]:
            documents.said[path] = (status, changed(good[path], at, value))
            capabilities.READ.clear()
            # When
            told(lambda: admitted_helper(session.openeo(), admit))
    # Then
    assert told.codes <= {
        "backend_failed",
        "storage_failed",
        "storage_invalid",
        "storage_none",
        "storage_unsupported",
    }
    assert ("storage_failed" in told.codes) is (status == 200)
    session.sign_out()
    store.remove(issuer, "c")


@pytest.mark.parametrize("status", [200, 500])
@pytest.mark.parametrize("body", [b"", b"[" * 50_000])
@pytest.mark.parametrize("path", READ_BY)
def test_what_is_no_document_is_a_clear_answer(
    documents: Documents, monkeypatch: pytest.MonkeyPatch, path: str, body: bytes, status: int
) -> None:
    # Given
    documents.said = {each: (200, said) for each, said in documents.good().items()}
    told = Outcome()
    usual = documents.answer

    def answer(method: str, asked: str, authorization: str, content: bytes) -> Route:
        if asked == path:
            return status, {"Content-Type": "application/json"}, body
        return usual(method, asked, authorization, content)

    with serving(answer) as url:
        monkeypatch.setattr(documents, "url", url)
        documents.said = {each: (200, said) for each, said in documents.good().items()}
        # When
        connect(documents, told)
        session = told(lambda: Sessions(listed=[url]).open(url))
        if session:
            sign_in(session, told)
    # Then
    assert "server_failed" not in told.codes


@pytest.mark.parametrize(
    "key", ["a\r\nX-Evil: 1", "a/b", "a b", "é", "", "x" * 51, None, 7, ["op"], {"op": 1}]
)
def test_a_provider_whose_id_cannot_stand_in_a_header_is_no_provider(
    documents: Documents, key: Any
) -> None:
    # Given
    good = documents.good()
    documents.said = {each: (200, said) for each, said in good.items()}
    session = Sessions(listed=[documents.url]).open(documents.url)
    good["/v1/credentials/oidc"]["providers"][0]["id"] = key
    documents.seen.clear()
    # When
    with pytest.raises(OpenEOArtifactsError) as caught:
        session.start_login()
    # Then
    assert caught.value.code == "login_not_possible"
    assert documents.seen == [("GET", "/v1/credentials/oidc")]


def test_a_backend_cannot_take_our_own_fields(documents: Documents) -> None:
    # Given
    good = documents.good()
    extra = {"client_id": "another", "scope": "all", "audience": 7, "code_challenge": "none"}
    good["/v1/credentials/oidc"]["providers"][0]["authorization_parameters"] = extra
    documents.said = {each: (200, said) for each, said in good.items()}
    bodies = []

    def answer(method: str, path: str, authorization: str, body: bytes) -> Route:
        if path == "/op/device":
            bodies.append(body.decode())
        return documents.answer(method, path, authorization, body)

    with serving(answer) as url:
        documents.said["/v1/credentials/oidc"][1]["providers"][0]["issuer"] = f"{url}/op"
        config = documents.said["/op/.well-known/openid-configuration"][1]
        config["device_authorization_endpoint"] = f"{url}/op/device"
        # When
        login = Sessions(listed=[documents.url]).open(documents.url).start_login()
        login.cancel()
    # Then
    assert "client_id=c&" in bodies[0]
    assert "audience=7" in bodies[0]
    assert "another" not in bodies[0]
    assert "scope=email+offline_access+openid" in bodies[0]
