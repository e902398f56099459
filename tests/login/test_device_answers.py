"""What a provider may answer to a device login: waiting, trouble, oddities."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.auth.exceptions import (
    LoginFailed,
    LoginNotPossible,
    LoginProviderFailed,
    LoginProviderUnreachable,
)
from tests.limits import AT_MOST
from tests.servers import openeo_stub
from tests.servers.openeo_stub import found
from tests.servers.scripted_oidc import PENDING, refusal, scripted, tokens

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from tests.servers.openeo_stub import Backend


def test_it_polls_as_slowly_as_the_provider_wants(sessions: Sessions) -> None:
    # Given
    slow = refusal("slow_down")
    with (
        scripted(PENDING, slow, tokens()) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        # When
        assert sessions.open(backend.url).start_login().wait(AT_MOST) == "signed_in"
        # Then
        times = [at for path, at, _ in provider.posts if path != "/revocation"]
    assert len(times) == 4
    assert times[3] - times[2] > 4  # 5 s more than the 0.2 s before; a busy machine adds to it


def test_a_provider_that_stumbles_is_asked_again_more_slowly(sessions: Sessions) -> None:
    # Given
    down = (503, {"Content-Type": "text/html"}, b"<h1>busy")
    with (
        scripted(down, down, tokens()) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        # When
        assert sessions.open(backend.url).start_login().wait(AT_MOST) == "signed_in"
        # Then
        times = [at for path, at, _ in provider.posts if path != "/revocation"]
    assert len(times) == 4
    # 0.2 + 0.4 + 0.8 s, and not three times 0.2; a busy machine adds to it
    assert times[3] - times[0] > 1


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (
            refusal("unauthorized_client", "No device flow here."),
            LoginFailed,
            "No device flow here",
        ),
        (refusal("invalid_client", status=401), LoginFailed, "invalid_client"),
        (refusal("invalid_grant"), LoginFailed, "invalid_grant"),
        (refusal("<script>"), LoginProviderFailed, "HTTP 400"),
        ((400, {}, b"nonsense"), LoginProviderFailed, "HTTP 400"),
        (found(["tokens"]), LoginProviderFailed, "HTTP 200"),
        (found({"access_token": "x", "token_type": "mac"}), LoginProviderFailed, "not a bearer"),
        (found({"token_type": "bearer"}), LoginProviderFailed, "no access token"),
        (tokens("evil\r\nX-Header: x"), LoginProviderFailed, "no access token"),
        ((302, {"Location": "http://evil.example/"}, b""), LoginProviderFailed, "redirects"),
        ((307, {"Location": "/elsewhere"}, b""), LoginProviderFailed, "HTTP 307"),
    ],
)
def test_an_answer_that_means_nothing_ends_the_login(
    sessions: Sessions, answer: openeo_stub.Route, error: type[Exception], says: str
) -> None:
    # Given
    with scripted(answer) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        # When
        login = session.start_login()
        # Then
        assert login.wait(AT_MOST) == "failed"
        assert not [path for path, *_ in provider.posts if path == "/elsewhere"]
    assert isinstance(login.problem, error)
    assert says in str(login.problem)
    assert (session.state, session.problem) == ("signed_out", login.problem)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ({"verification_uri": "javascript:alert(1)"}, LoginProviderFailed),
        ({"verification_uri": "http://phishing.example/"}, LoginProviderFailed),
        ({"verification_uri": 7}, LoginProviderFailed),
        ({"device_code": None}, LoginProviderFailed),
        ({"user_code": ""}, LoginProviderFailed),
    ],
)
def test_a_code_that_cannot_be_shown_is_refused(
    sessions: Sessions, code: dict[str, Any], error: type[Exception]
) -> None:
    # Given
    with scripted(PENDING) as provider, openeo_stub.backend(provider.issuer) as backend:
        provider.code = code
        session = sessions.open(backend.url)
        # When
        with pytest.raises(error):
            session.start_login()
    # Then
    assert session.state == "signed_out"
    assert isinstance(session.problem, error)


def test_odd_but_usable_codes(sessions: Sessions) -> None:
    # Given
    with scripted(PENDING) as provider, openeo_stub.backend(provider.issuer) as backend:
        provider.code = {
            "verification_uri": None,
            "verification_url": "https://login.example/device",
            "verification_uri_complete": "javascript:alert(1)",
            "expires_in": "-3",
            "interval": "soon",
        }
        # When
        login = sessions.open(backend.url).start_login()
        # Then
        assert login.verification_uri == "https://login.example/device"
        assert login.verification_uri_complete is None
        assert login.expires_at
        assert login.expires_at > datetime.now(timezone.utc)


@pytest.mark.parametrize(
    ("discovery", "error", "says"),
    [
        ({"device_authorization_endpoint": None}, LoginNotPossible, "with a code"),
        ({"token_endpoint": None}, LoginProviderFailed, "OpenID provider"),
        ({"token_endpoint": "http://login.example/token"}, LoginProviderFailed, "OpenID provider"),
    ],
)
def test_a_provider_without_the_right_endpoints(
    sessions: Sessions, discovery: dict[str, Any], error: type[Exception], says: str
) -> None:
    # Given
    with scripted(PENDING) as provider, openeo_stub.backend(provider.issuer) as backend:
        provider.discovery = discovery
        # When / Then
        with pytest.raises(error, match=says):
            sessions.open(backend.url).start_login()


@pytest.mark.parametrize(
    ("issuer", "error"),
    [
        ("http://127.0.0.1:9", LoginProviderUnreachable),
        ("http://login.example", LoginNotPossible),
        ("javascript:alert(1)", LoginNotPossible),
        ("", LoginNotPossible),
    ],
)
def test_a_provider_that_cannot_be_asked(
    sessions: Sessions, issuer: str, error: type[Exception]
) -> None:
    # Given
    with openeo_stub.backend(issuer) as backend, pytest.raises(error):
        # When / Then
        sessions.open(backend.url).start_login()


def test_a_provider_that_is_something_else(backend: Backend, sessions: Sessions) -> None:
    # Given
    backend.issuer = backend.url
    # When / Then
    with pytest.raises(LoginProviderFailed, match="OpenID provider"):
        sessions.open(backend.url).start_login()


def test_a_backend_that_lists_no_client(backend: Backend, sessions: Sessions) -> None:
    # Given
    backend.grants = ["authorization_code+pkce"]
    # When / Then
    with pytest.raises(LoginNotPossible, match="no client"):
        sessions.open(backend.url).start_login()


@pytest.mark.parametrize(
    ("endpoints", "says"),
    [
        (["/credentials/basic", "/me"], "artifact storage needs an OpenID Connect login"),
        (["/me"], "offers no login"),
    ],
)
def test_a_backend_without_openid_login(
    backend: Backend, sessions: Sessions, endpoints: list[str], says: str
) -> None:
    # Given
    backend.endpoints = endpoints
    # When
    session = sessions.open(backend.url)
    # Then: said at once, not only when somebody tries
    assert isinstance(session.problem, LoginNotPossible)
    assert says in session.problem.message
    with pytest.raises(LoginNotPossible):
        session.start_login()
