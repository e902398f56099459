"""Signing in with a code."""

from __future__ import annotations

import base64
import hashlib
import threading
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import openeo
import pytest

from jupyter_openeo_artifacts.auth.exceptions import (
    ClientSecretNotSent,
    LoginCancelled,
    LoginDenied,
    LoginExpired,
    NotSignedIn,
)
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.discovery import probe
from jupyter_openeo_artifacts.backends.session import BackendSession
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.state.backends import last_backend
from jupyter_openeo_artifacts.urls import host_of
from tests.limits import AT_MOST
from tests.login.conftest import until
from tests.servers import openeo_stub
from tests.servers.openeo_stub import found
from tests.servers.scripted_oidc import PENDING, scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.oidc import OpenIDProvider
    from tests.servers.openeo_stub import Backend


def test_a_person_signs_in(
    oidc: OpenIDProvider, backend: Backend, sessions: Sessions, stored: Callable[[], dict[str, Any]]
) -> None:
    # Given
    session = sessions.open(backend.url)
    states = []
    session.listen(lambda changed: states.append((changed.state, changed.user)))
    assert (session.state, session.problem, session.login) == ("signed_out", None, None)
    with pytest.raises(NotSignedIn):
        session.openeo()
    # When
    login = session.start_login()
    # Then
    assert (session.state, login.state, session.login) == ("signing_in", "pending", login)
    assert login.user_code
    assert login.verification_uri == f"{oidc.issuer}/device"
    assert login.user_code in (login.verification_uri_complete or "")
    assert login.expires_at
    assert 500 < (login.expires_at - datetime.now(timezone.utc)).total_seconds() <= 600
    assert session.start_login() is login  # the one under way
    # When
    oidc.approve(login.verification_uri_complete or "", "alice")
    # Then
    assert login.wait(AT_MOST) == "signed_in"
    assert login.problem is None
    assert (session.state, session.user, session.problem) == ("signed_in", "alice", None)
    assert session.openeo().describe_account() == {"user_id": "alice"}
    assert states == [("signing_in", None), ("signed_in", "alice")]
    assert stored()[oidc.issuer]["openeo-device"].keys() == {"date", "refresh_token"}
    assert session.start_login().state == "signed_in"  # nothing to do


def test_a_person_says_no(oidc: OpenIDProvider, backend: Backend, sessions: Sessions) -> None:
    # Given
    session = sessions.open(backend.url)
    login = session.start_login()
    # When
    oidc.deny(login.verification_uri_complete or "")
    # Then
    assert login.wait(AT_MOST) == "denied"
    assert isinstance(login.problem, LoginDenied)
    assert (session.state, session.problem) == ("signed_out", login.problem)
    # When: they think better of it
    again = session.start_login()
    oidc.approve(again.verification_uri_complete or "")
    # Then
    assert again.wait(AT_MOST) == "signed_in"
    assert (session.state, session.problem) == ("signed_in", None)


def test_nobody_enters_the_code(oidc: OpenIDProvider, sessions: Sessions) -> None:
    # Given
    with openeo_stub.backend(oidc.issuer, "openeo-hasty") as backend:
        session = sessions.open(backend.url)
        # When
        login = session.start_login()
        # Then
        assert login.wait(AT_MOST) == "expired"
    assert isinstance(login.problem, LoginExpired)
    assert session.state == "signed_out"


def test_a_cancelled_login_ends_at_once_and_for_good(
    oidc: OpenIDProvider, backend: Backend, sessions: Sessions, stored: Callable[[], dict[str, Any]]
) -> None:
    # Given
    session = sessions.open(backend.url)
    login = session.start_login()
    # When
    login.cancel()
    # Then
    assert login.wait(AT_MOST) == "cancelled"
    assert isinstance(login.problem, LoginCancelled)
    assert session.state == "signed_out"
    # When: the person enters the code all the same
    oidc.approve(login.verification_uri_complete or "")
    time.sleep(1.5)
    # Then
    assert (login.state, session.state) == ("cancelled", "signed_out")
    assert stored() == {}
    login.cancel()
    assert login.state == "cancelled"


def test_nobody_asks_for_a_cancelled_login_any_more(sessions: Sessions) -> None:
    # Given
    with scripted(PENDING) as provider, openeo_stub.backend(provider.issuer) as backend:
        login = sessions.open(backend.url).start_login()
        until(lambda: provider.sent("/token"))
        # When
        login.cancel()
        asked = len(provider.posts)
        time.sleep(1)
        # Then
        assert len(provider.posts) <= asked + 1


def test_tokens_that_come_after_the_cancelling_are_revoked(
    sessions: Sessions, stored: Callable[[], dict[str, Any]]
) -> None:
    # Given
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        provider.seconds = 1.0
        session = sessions.open(backend.url)
        login = session.start_login()
        until(lambda: provider.sent("/token"))
        # When
        login.cancel()
        # Then
        assert login.wait(AT_MOST) == "cancelled"
        until(lambda: provider.sent("/revocation"))
        assert provider.sent("/revocation")[0]["token"] == "canary-refresh"
        assert session.state == "signed_out"
        assert stored() == {}


def test_signing_out_while_the_tokens_come_wins(
    sessions: Sessions, stored: Callable[[], dict[str, Any]]
) -> None:
    # Given
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        provider.seconds = 1.0
        session = sessions.open(backend.url)
        login = session.start_login()
        until(lambda: provider.sent("/token"))
        # When
        session.sign_out()
        # Then
        assert login.wait(AT_MOST) == "cancelled"
        assert (session.state, session.login) == ("signed_out", None)
        assert stored() == {}


@pytest.mark.parametrize("way", ["cancel", "stop", "sign out", "close"])
def test_giving_up_while_a_login_is_taken_over_wins(sessions: Sessions, way: str) -> None:
    # Given: a code that was entered, an earlier login, and a backend that thinks of who that is
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        asked, go_on = threading.Event(), threading.Event()

        def think() -> openeo_stub.Route:
            asked.set()
            assert go_on.wait(AT_MOST)
            return found({"user_id": "alice"})

        backend.routes["/v1/me"] = think
        TokenStore().put(provider.issuer, backend.client_id, "canary-earlier")
        session = sessions.open(backend.url)
        states: list[str] = []
        session.listen(lambda changed: states.append(changed.state))
        login = session.start_login()
        assert asked.wait(AT_MOST)
        # When
        match way:
            case "cancel":
                login.cancel()
            case "stop":
                sessions.stop()
            case "sign out":
                session.sign_out()
            case "close":
                sessions.close(session.id)
        given_up = login.state
        go_on.set()
        # Then: at once, and for good
        assert (given_up, login.wait(AT_MOST)) == ("cancelled", "cancelled")
        until(lambda: provider.sent("/revocation"), AT_MOST)
        assert {each["token"] for each in provider.sent("/revocation")} == {"canary-refresh"}
        assert (session.state, states) == ("signed_out", ["signing_in", "signed_out"])
        with pytest.raises(NotSignedIn):
            session.openeo()
        # Then: nothing is kept of it, and what was kept before is
        assert TokenStore().get(provider.issuer, backend.client_id) == "canary-earlier"
        assert sessions.approvals.all() == []
        assert last_backend() is None


def test_signing_out_wins_over_an_attempt_that_hangs(
    backend: Backend,
    sessions: Sessions,
    signed_in: Callable[..., BackendSession],
    stored: Callable[[], dict[str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: a silent sign-in whose backend thinks longer than anybody waits
    signed_in(backend)
    asked, go_on = threading.Event(), threading.Event()

    def think() -> openeo_stub.Route:
        asked.set()
        assert go_on.wait(AT_MOST)
        return found({"user_id": "alice"})

    backend.routes["/v1/me"] = think
    monkeypatch.setattr("jupyter_openeo_artifacts.backends.session.ATTEMPT_SECONDS", 0.0)
    session = BackendSession(probe(backend.url), openeo.connect(backend.url), sessions.approvals)
    told: list[bool] = []
    attempt = threading.Thread(target=lambda: told.append(session.sign_in_silently()))
    attempt.start()
    assert asked.wait(AT_MOST)
    # When
    session.sign_out()
    go_on.set()
    attempt.join(AT_MOST)
    # Then
    assert (told, session.state, session.problem) == ([False], "signed_out", None)
    assert stored() == {}
    assert sessions.approvals.all() == []


def test_the_key_is_proved_where_the_client_can(sessions: Sessions) -> None:
    # Given
    with (
        scripted(tokens()) as provider,
        openeo_stub.backend(provider.issuer, pkce=True) as backend,
    ):
        # When
        assert sessions.open(backend.url).start_login().wait(AT_MOST) == "signed_in"
        # Then
        asked, traded = provider.sent("/device_authorization")[0], provider.sent("/token")[0]
    digest = hashlib.sha256(traded["code_verifier"].encode()).digest()
    assert asked["code_challenge_method"] == "S256"
    assert asked["code_challenge"] == base64.urlsafe_b64encode(digest).decode().rstrip("=")
    assert len(traded["code_verifier"]) >= 43
    assert asked["scope"] == "offline_access openid profile"
    assert traded["device_code"] == "canary-device-code"


@pytest.mark.parametrize(
    ("named", "listed", "sent"),
    [
        ("https://good.example", False, False),
        (None, False, False),
        ("https://good.example", True, True),
        ("{issuer}/", False, True),
    ],
    ids=["another issuer", "no issuer", "listed by the administrator", "the same issuer"],
)
def test_a_configured_secret_goes_to_the_issuer_that_it_was_given_for(
    named: str | None, *, listed: bool, sent: bool
) -> None:
    from openeo.rest.auth.config import AuthConfig

    # Given
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        issuer = named and named.format(issuer=provider.issuer)
        config = AuthConfig()
        config.set_oidc_client_config(backend.url, "op", "mine", "canary-secret", issuer=issuer)
        session = Sessions(listed=[backend.url] if listed else []).open(backend.url)
        # When
        if sent:
            assert session.start_login().wait(AT_MOST) == "signed_in"
        else:
            with pytest.raises(ClientSecretNotSent) as refused:
                session.start_login()
            # Then
            assert f"openeo-auth add-oidc {backend.url}" in refused.value.todo
            assert host_of(provider.issuer) in refused.value.message
        # Then
        secrets = {fields.get("client_secret") for _, _, fields in provider.posts}
        assert secrets == ({"canary-secret"} if sent else set())
