"""Signing in without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.auth.exceptions import (
    LoginByEnvironment,
    LoginFailed,
    LoginProviderUnreachable,
    NotSignedIn,
)
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.state.backends import last_backend
from tests.limits import AT_MOST
from tests.login.conftest import run_python
from tests.servers import openeo_stub
from tests.servers.scripted_oidc import refusal, scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.oidc import OpenIDProvider
    from tests.servers.openeo_stub import Backend

PLAIN_CLIENT = """
import sys, openeo
connection = openeo.connect(sys.argv[1])
connection.authenticate_oidc(max_poll_time=0.1)
print(connection.describe_account()["user_id"])
"""


def test_a_login_counts_in_every_other_process(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend, "bob")
    # When / Then: another registry, as in a kernel
    session = Sessions().open(backend.url)
    assert (session.state, session.user) == ("signed_in", "bob")
    assert session.openeo().describe_account() == {"user_id": "bob"}
    assert last_backend() == backend.url
    # When / Then: the plain openEO client
    assert run_python(PLAIN_CLIENT, backend.url).split()[-1] == "bob"
    # When / Then: and back, with the token that the plain client has rotated
    assert Sessions().open(backend.url).state == "signed_in"


def test_nothing_stored_is_nobody_signed_in(backend: Backend, sessions: Sessions) -> None:
    # When
    session = sessions.open(backend.url)
    # Then
    assert (session.state, session.user, session.problem) == ("signed_out", None, None)
    assert not session.sign_in_silently()


def test_an_open_session_takes_up_a_login_made_elsewhere(
    oidc: OpenIDProvider, backend: Backend, sessions: Sessions
) -> None:
    # Given
    session = sessions.open(backend.url)
    login = Sessions().open(backend.url).start_login()
    oidc.approve(login.verification_uri_complete or "")
    assert login.wait(AT_MOST) == "signed_in"
    # When / Then
    assert sessions.open(backend.url) is session
    assert session.state == "signed_in"


def test_a_stored_login_that_has_ended(
    oidc: OpenIDProvider,
    backend: Backend,
    sessions: Sessions,
    stored: Callable[[], dict[str, Any]],
    vouch_for: Callable[..., None],
) -> None:
    # Given
    vouch_for(backend)
    TokenStore().put(oidc.issuer, "openeo-device", "canary-dead-token")
    TokenStore().put(oidc.issuer, "openeo-brief", "another")
    # When
    session = sessions.open(backend.url)
    # Then
    assert session.state == "signed_out"
    assert isinstance(session.problem, NotSignedIn)
    assert "Test login has ended" in session.problem.message
    assert "canary" not in str(session.problem)
    assert stored()[oidc.issuer].keys() == {"openeo-brief"}


@pytest.mark.parametrize("status", [500, 503, 429])
def test_a_provider_in_trouble_costs_nobody_their_login(
    sessions: Sessions,
    stored: Callable[[], dict[str, Any]],
    status: int,
    vouch_for: Callable[..., None],
) -> None:
    # Given
    with (
        scripted((status, {}, b"busy"), tokens()) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        vouch_for(backend)
        TokenStore().put(provider.issuer, "openeo-device", "canary-refresh")
        # When
        session = sessions.open(backend.url)
        # Then
        assert session.state == "signed_out"
        assert isinstance(session.problem, LoginProviderUnreachable)
        assert session.problem.who == "wait"
        assert stored()[provider.issuer]["openeo-device"]["refresh_token"] == "canary-refresh"
        # When: it is well again
        backend.routes["/v1/me"] = lambda: openeo_stub.found({"user_id": "u", "name": "Ursula"})
        assert session.sign_in_silently()
        # Then
        assert (session.user, session.problem) == ("Ursula", None)


def test_a_provider_that_does_not_answer_costs_nobody_their_login(
    sessions: Sessions, stored: Callable[[], dict[str, Any]], vouch_for: Callable[..., None]
) -> None:
    # Given
    with openeo_stub.backend("http://127.0.0.1:9") as backend:
        vouch_for(backend)
        TokenStore().put("http://127.0.0.1:9", "openeo-device", "canary-refresh")
        # When
        session = sessions.open(backend.url)
    # Then
    assert isinstance(session.problem, LoginProviderUnreachable)
    assert stored() != {}


def test_a_refusal_of_the_client_is_not_the_end_of_the_login(
    sessions: Sessions, stored: Callable[[], dict[str, Any]], vouch_for: Callable[..., None]
) -> None:
    # Given
    with (
        scripted(refusal("unauthorized_client", "No refresh for you.")) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        vouch_for(backend)
        TokenStore().put(provider.issuer, "openeo-device", "canary-refresh")
        # When
        session = sessions.open(backend.url)
    # Then
    assert isinstance(session.problem, LoginFailed)
    assert "No refresh for you" in session.problem.message
    assert stored() != {}


def test_a_token_that_was_replaced_meanwhile_is_not_removed(
    sessions: Sessions, stored: Callable[[], dict[str, Any]], vouch_for: Callable[..., None]
) -> None:
    """A plain openEO client takes no lock: it may rotate the token while we use the old one."""
    # Given
    with scripted() as provider, openeo_stub.backend(provider.issuer) as backend:
        vouch_for(backend)
        store = TokenStore()
        store.put(provider.issuer, "openeo-device", "old")

        def refuse_and_replace() -> openeo_stub.Route:
            store.put(provider.issuer, "openeo-device", "new")
            return refusal("invalid_grant")

        good = provider.answer

        def answer(method: str, path: str, authorization: str, body: bytes) -> openeo_stub.Route:
            if path == "/token":
                provider.answers = [refuse_and_replace() if b"=old" in body else tokens("a", "b")]
            return good(method, path, authorization, body)

        with openeo_stub.serving(answer) as url:
            provider.issuer = backend.issuer = url
            store.put(url, "openeo-device", "old")
            # When
            session = sessions.open(backend.url)
            # Then
            assert session.openeo()
            sent = [fields["refresh_token"] for fields in provider.sent("/token")]
            assert sent == ["old", "new"]
            assert stored()[url]["openeo-device"]["refresh_token"] == "b"


def service(monkeypatch: pytest.MonkeyPatch, **more: str) -> None:
    values = {
        "OPENEO_AUTH_METHOD": "client_credentials",
        "OPENEO_AUTH_CLIENT_ID": "openeo-service",
        "OPENEO_AUTH_CLIENT_SECRET": "canary-client-secret",
    }
    for name, value in (values | more).items():
        monkeypatch.setenv(name, value)


def test_client_credentials_from_the_environment(
    backend: Backend,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    stored: Callable[[], dict[str, Any]],
    vouch_for: Callable[..., None],
) -> None:
    # Given
    vouch_for(backend)
    service(monkeypatch, OPENEO_AUTH_PROVIDER_ID="op")
    # When
    session = sessions.open(backend.url)
    # Then
    assert (session.state, session.user) == ("signed_in", "openeo-service")
    assert session.openeo().describe_account() == {"user_id": "openeo-service"}
    assert stored() == {}


def test_the_explicit_environment_comes_before_a_stored_login(
    backend: Backend,
    signed_in: Callable[..., BackendSession],
    vouch_for: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As for the openEO client: else files go under another account than the job's."""
    # Given
    signed_in(backend, "alice")
    vouch_for(backend)
    service(monkeypatch)
    # When / Then
    assert Sessions().open(backend.url).user == "openeo-service"
    assert run_python(PLAIN_CLIENT, backend.url).split()[-1] == "openeo-service"


def test_no_person_signs_in_where_the_environment_says_who_does(
    backend: Backend, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    service(monkeypatch)
    # When
    with pytest.raises(LoginByEnvironment, match="openeo-service"):
        sessions.open(backend.url).start_login()
    # Then
    assert [path for method, path, _ in backend.seen if method == "POST"] == []


def test_a_method_that_the_openeo_client_does_not_know_signs_nobody_in(
    backend: Backend,
    signed_in: Callable[..., BackendSession],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    signed_in(backend, "alice")
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "basic")
    # When
    session = Sessions().open(backend.url)
    # Then
    assert session.state == "signed_out"
    assert isinstance(session.problem, LoginFailed)
    assert "OPENEO_AUTH_METHOD" in session.problem.message


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"OPENEO_AUTH_CLIENT_SECRET": "canary-wrong"}, "invalid_client"),
        ({"OPENEO_AUTH_CLIENT_SECRET": ""}, "is not set"),
        ({"OPENEO_AUTH_PROVIDER_ID": "another"}, "does not have"),
    ],
)
def test_wrong_client_credentials(
    backend: Backend,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    *,
    wrong: dict[str, str],
    says: str,
    vouch_for: Callable[..., None],
) -> None:
    # Given
    vouch_for(backend)
    service(monkeypatch, **wrong)
    # When
    session = sessions.open(backend.url)
    # Then
    assert session.state == "signed_out"
    assert isinstance(session.problem, LoginFailed)
    assert says in session.problem.message
    assert "canary" not in str(session.problem)


@pytest.mark.parametrize(
    ("answer", "user", "code"),
    [
        (openeo_stub.found({"code": "UserNotEnrolled"}, 403), None, "login_not_accepted"),
        (openeo_stub.found({"user_id": "u1", "name": "Ursula"}), "Ursula", None),
        (openeo_stub.found({"user_id": "u1", "name": None}), "u1", None),
        (openeo_stub.found({"user_id": 7}), None, None),
        (openeo_stub.found({}, 500), None, None),
        ((200, {}, b"nonsense"), None, None),
        ((302, {"Location": "http://127.0.0.1:9/me"}, b""), None, None),
    ],
)
def test_a_login_does_not_depend_on_the_backend_knowing_the_name(
    backend: Backend,
    signed_in: Callable[..., BackendSession],
    answer: openeo_stub.Route,
    user: str | None,
    code: str | None,
) -> None:
    # Given
    backend.routes["/v1/me"] = lambda: answer
    # When
    session = signed_in(backend)
    # Then
    assert (session.state, session.user) == ("signed_in", user)
    assert (session.problem.code if session.problem else None) == code
