"""A login provider that refuses scopes: asked once more for what it knows."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.auth.exceptions import LoginNotKept, NotSignedIn
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.service import serializers as wire
from tests.servers import openeo_stub
from tests.servers.openeo_stub import Route, found
from tests.servers.scripted_oidc import ScriptedProvider, refusal, scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_openeo_artifacts.backends.session_registry import Sessions

ONCE = tokens("access", None)


class StrictProvider(ScriptedProvider):
    """Answers `invalid_scope` to any scope that it does not list."""

    known = ("openid", "email")

    def answer(self, method: str, path: str, authorization: str, body: bytes) -> Route:
        """Return what the provider says."""
        said = super().answer(method, path, authorization, body)
        if path == "/.well-known/openid-configuration":
            return said
        asked = self.posts[-1][2].get("scope", "").split() if method == "POST" else []
        return refusal("invalid_scope") if set(asked) - set(self.known) else said


@pytest.fixture
def strict() -> Iterator[StrictProvider]:
    provider = StrictProvider(answers=[ONCE], discovery={"scopes_supported": ["openid", "email"]})
    with openeo_stub.serving(provider.answer) as url:
        provider.issuer = url
        yield provider


def scopes_asked(provider: ScriptedProvider, path: str = "/device_authorization") -> list[str]:
    return [fields["scope"] for fields in provider.sent(path)]


def listing(backend: openeo_stub.Backend, *scopes: str) -> Callable[[], Route]:
    usual = backend.answer("/v1/credentials/oidc", "")

    def answer() -> Route:
        import json

        said: dict[str, Any] = json.loads(usual[2])
        said["providers"][0]["scopes"] = list(scopes)
        return found(said)

    return answer


@pytest.mark.parametrize(
    ("wanted", "first", "then"),
    [
        (["openid", "email"], "email offline_access openid", "email openid"),
        (["email", "offline_access"], "email offline_access openid", "email openid"),
        (["email", "profile"], "email offline_access openid profile", "email openid"),
        ([], "offline_access openid", "openid"),
    ],
)
def test_a_provider_that_refuses_offline_access_is_asked_without(
    strict: StrictProvider, sessions: Sessions, wanted: list[str], first: str, then: str
) -> None:
    # Given
    with openeo_stub.backend(strict.issuer) as backend:
        backend.routes["/v1/credentials/oidc"] = listing(backend, *wanted)
        session = sessions.open(backend.url)
        # When
        assert session.start_login().wait(60) == "signed_in"
        # Then
        assert scopes_asked(strict) == [first, then]
        assert session.state == "signed_in"
        assert isinstance(session.problem, LoginNotKept)
        assert "this session only" in session.problem.message


def test_a_login_that_is_not_kept_ends_with_its_token(
    strict: StrictProvider, sessions: Sessions
) -> None:
    # Given
    strict.answers = [found({"access_token": "a", "token_type": "Bearer", "expires_in": 0.01})]
    with openeo_stub.backend(strict.issuer) as backend:
        session = sessions.open(backend.url)
        backend.routes["/v1/credentials/oidc"] = listing(backend, "openid")
        assert session.start_login().wait(60) == "signed_in"
        # When / Then
        with pytest.raises(NotSignedIn, match="has ended"):
            session.openeo().auth.bearer  # noqa: B018  # it is renewed
        assert session.state == "signed_out"


def test_the_end_of_a_login_that_is_not_kept_is_told(
    strict: StrictProvider, sessions: Sessions
) -> None:
    # Given
    strict.answers = [found({"access_token": "a", "token_type": "Bearer", "expires_in": 3600})]
    with openeo_stub.backend(strict.issuer) as backend:
        session = sessions.open(backend.url)
        backend.routes["/v1/credentials/oidc"] = listing(backend, "openid")
        before = datetime.now(timezone.utc)
        # When
        assert session.start_login().wait(60) == "signed_in"
        # Then
        until = wire.connection(session)["until"]
        assert until["what"] == "login"
        left = datetime.fromisoformat(until["at"].replace("Z", "+00:00")) - before
        assert timedelta(minutes=59) < left < timedelta(minutes=61)
        session.sign_out()
        assert wire.connection(session)["until"] is None


def test_where_offline_access_is_known_it_is_asked_for_and_the_login_is_kept(
    sessions: Sessions,
) -> None:
    # Given
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        # When
        assert session.start_login().wait(60) == "signed_in"
        # Then
        assert scopes_asked(provider) == ["offline_access openid profile"]
        assert session.problem is None
        assert TokenStore().get(provider.issuer, "openeo-device") == "canary-refresh"


def test_a_list_of_scopes_that_is_not_whole_keeps_nobody_from_asking(sessions: Sessions) -> None:
    # Given: as at providers that list a fixed few and take others, too
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        provider.discovery = {"scopes_supported": ["openid"]}
        # When
        assert sessions.open(backend.url).start_login().wait(60) == "signed_in"
        # Then
        assert scopes_asked(provider) == ["offline_access openid profile"]


def test_a_refusal_that_stays_is_told_as_it_is(strict: StrictProvider, sessions: Sessions) -> None:
    # Given
    strict.known = ()
    with openeo_stub.backend(strict.issuer) as backend:
        session = sessions.open(backend.url)
        # When / Then
        with pytest.raises(Exception, match="invalid_scope"):
            session.start_login()
        assert len(scopes_asked(strict)) == 2


def test_a_service_is_asked_for_once_more_too(
    strict: StrictProvider,
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    vouch_for: Callable[..., None],
) -> None:
    # Given
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", "service")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", "secret")
    with openeo_stub.backend(strict.issuer) as backend:
        vouch_for(backend)
        # When
        session = sessions.open(backend.url)
        # Then
        assert session.state == "signed_in"
        assert scopes_asked(strict, "/token") == ["openid profile", "openid"]


def test_the_openeo_client_prints_no_page_of_a_backend(
    sessions: Sessions, capfd: pytest.CaptureFixture[str]
) -> None:
    # Given: a backend without version discovery at its root, as most are
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        page = (404, {"Content-Type": "text/html"}, b"<!doctype html><h1>canary</h1>")
        backend.routes["/v1/.well-known/openeo"] = lambda: page
        backend.routes["/v1/me"] = lambda: page
        session = sessions.open(backend.url)
        assert session.start_login().wait(60) == "signed_in"
        # When
        with pytest.raises(Exception, match="HTTP 404"):
            session.openeo().describe_account()
        # Then
        printed = capfd.readouterr()
        assert "canary" not in printed.out + printed.err
        assert ("GET", "/v1/.well-known/openeo", "") not in backend.seen
