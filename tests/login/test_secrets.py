"""Nothing secret in a log, a representation or a message, whatever happens."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, unquote_plus

import pytest

from jupyter_openeo_artifacts.auth.device_flow import DeviceCode
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.concurrency.signal import Signal
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from tests.limits import AT_MOST
from tests.servers import openeo_stub
from tests.servers.raw_http import ECHOES as BROKEN
from tests.servers.raw_http import Line, raw_server
from tests.servers.scripted_oidc import refusal, scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.openeo_stub import Backend


@pytest.fixture(autouse=True)
def everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)


def represented(*things: Any, depth: int = 3) -> str:
    """Return the representations of things and of all they hold."""
    pieces = []
    for thing in things:
        pieces += [repr(thing), str(thing)]
        inner = list(getattr(thing, "__dict__", {}).values()) if depth else []
        ours = [one for one in inner if type(one).__module__.startswith("jupyter_openeo")]
        pieces.append(represented(*ours, depth=depth - 1))
    return "\n".join(pieces)


def test_a_whole_login_leaves_no_trace(
    brief: Backend,
    signed_in: Callable[..., BackendSession],
    stored: Callable[[], dict[str, Any]],
    *,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # Given
    secrets, request = set(), DeviceCode.request

    def note_code(client: OAuthClient) -> DeviceCode:
        code = request(client)
        secrets.add(code.device_code)
        return code

    monkeypatch.setattr(DeviceCode, "request", note_code)

    def note(session: BackendSession) -> None:
        secrets.add(session.openeo().auth.bearer.split("/", 2)[2])
        secrets.add(stored()[brief.issuer]["openeo-brief"]["refresh_token"])

    # When
    session = signed_in(brief)
    note(session)
    assert session.login
    other = Sessions().open(brief.url)
    note(other)
    other.openeo().describe_account()
    texts = represented(session, other, session.login, session.openeo(), session.openeo().auth)
    login = session.login
    session.sign_out()
    # Then
    printed = capfd.readouterr()
    assert len(secrets) == 5
    assert login.user_code
    assert login.user_code not in texts
    assert "Connection" in caplog.text
    for secret in secrets:
        for text in (caplog.text, texts, printed.out, printed.err):
            assert secret not in text


@pytest.mark.parametrize(
    "description",
    [
        "The token canary-refresh-0123456789 is not active",
        "Not active: 'canary-refresh-0123456789'.",
        "x" * 190 + " canary-refresh-0123456789",
        "No session for canary-refresh",
    ],
)
@pytest.mark.parametrize("error", ["invalid_grant", "unauthorized_client"])
def test_a_provider_that_repeats_our_token(
    sessions: Sessions,
    caplog: pytest.LogCaptureFixture,
    error: str,
    description: str,
    vouch_for: Callable[..., None],
) -> None:
    # Given
    with (
        scripted(refusal(error, description)) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        vouch_for(backend)
        TokenStore().put(provider.issuer, "openeo-device", "canary-refresh-0123456789")
        # When
        session = sessions.open(backend.url)
    # Then
    assert session.problem
    assert provider.sent("/token")
    told = "".join(traceback.format_exception(session.problem))
    for text in (caplog.text, represented(session), told):
        assert "canary" not in text


CANARY = "canary/refresh+0123456789=="
ECHOES = {
    "in a form": "refresh_token={} is unknown",
    "after a slash": "token/{}",
    "with more at its end": "{}==",
    "between quotes": "got '{}'",
    "a piece of it": "No session for {:.12}",
    "in pieces": "{0[0]}{0[1]}{0[2]}{0[3]}{0[4]} {0[5]}{0[6]}{0[7]}{0[8]}'{0[9]}{0[10]}{0[11]}'{0}",
}


@pytest.mark.parametrize("spell", [str, quote_plus, lambda text: quote_plus(quote_plus(text))])
@pytest.mark.parametrize("echo", ECHOES.values(), ids=ECHOES.keys())
@pytest.mark.parametrize("secret", [CANARY, "canary-refresh-0123456789"])
def test_a_token_that_is_repeated_in_other_words_is_shown_to_nobody(
    *,
    sessions: Sessions,
    caplog: pytest.LogCaptureFixture,
    secret: str,
    echo: str,
    spell: Callable[[str], str],
    vouch_for: Callable[..., None],
) -> None:
    # Given
    said = refusal("invalid_request", spell(echo.format(secret)))
    with (
        scripted(said) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        vouch_for(backend)
        TokenStore().put(provider.issuer, "openeo-device", secret)
        # When
        session = sessions.open(backend.url)
    # Then
    assert session.problem
    assert provider.sent("/token")
    told = "".join(traceback.format_exception(session.problem))
    for text in (caplog.text, represented(session), told):
        assert secret[:12] not in unquote_plus(unquote_plus(text))
        assert secret[-12:] not in unquote_plus(unquote_plus(text))


def test_a_whole_request_that_is_repeated_is_shown_to_nobody(sessions: Sessions) -> None:
    # Given
    with (
        scripted(tokens()) as provider,
        openeo_stub.backend(provider.issuer, pkce=True) as backend,
    ):

        def echo(method: str, path: str, authorization: str, body: bytes) -> openeo_stub.Route:
            if path == "/token":
                return refusal("invalid_request", body.decode())
            return usual(method, path, authorization, body)

        usual = provider.answer
        # When
        with openeo_stub.serving(echo) as provider.issuer:
            backend.issuer = provider.issuer
            login = sessions.open(backend.url).start_login()
            assert login.wait(60) == "failed"
    # Then
    assert login.problem
    assert "invalid_request" in str(login.problem)
    assert "device_code" not in str(login.problem)
    assert "code_verifier" not in str(login.problem)


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_a_token_that_is_sent_back_in_broken_http_is_shown_to_nobody(
    sessions: Sessions,
    caplog: pytest.LogCaptureFixture,
    answer: str,
    vouch_for: Callable[..., None],
) -> None:
    # Given
    secret = "canary-refresh-0123456789"

    def say(line: Line, _: str) -> None:
        line.say(answer.format(secret).encode())
        line.ended.set()

    with (
        raw_server(say) as broken,
        scripted(tokens()) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        provider.discovery = {"token_endpoint": f"{broken.url}/token"}
        vouch_for(backend)
        TokenStore().put(provider.issuer, "openeo-device", secret)
        # When
        session = sessions.open(backend.url)
    # Then
    assert broken.lines
    assert session.problem
    told = "".join(traceback.format_exception(session.problem))
    for text in (caplog.text, represented(session), told):
        assert "canary" not in text


def test_what_a_provider_says_in_its_own_words_is_shown(
    sessions: Sessions, vouch_for: Callable[..., None]
) -> None:
    # Given
    said = refusal("invalid_request", "Your organisation has not paid for tokens.")
    with scripted(said) as provider, openeo_stub.backend(provider.issuer) as backend:
        vouch_for(backend)
        TokenStore().put(provider.issuer, "openeo-device", CANARY)
        # When
        session = sessions.open(backend.url)
    # Then
    assert "Your organisation has not paid for tokens" in str(session.problem)


def test_an_unexpected_error_is_logged_without_its_words(
    backend: Backend,
    signed_in: Callable[..., BackendSession],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    def fail(*_: object) -> None:
        raise ValueError("canary-" + "in-a-text")

    monkeypatch.setattr("jupyter_openeo_artifacts.backends.session.StoredLogin.begin", fail)
    # When
    with pytest.raises(AssertionError, match="unexpectedly"):
        signed_in(backend)
    # Then
    assert "ValueError" in caplog.text
    assert "test_secrets" in caplog.text
    assert "canary-in-a-text" not in caplog.text


def test_a_listener_that_fails_is_logged_without_its_words(
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Given
    def fail(_: object) -> None:
        raise ValueError("canary-" + "in-a-text")

    listeners: Signal[object] = Signal()
    listeners.add(fail)
    # When
    listeners.tell(object())
    # Then
    assert "ValueError" in caplog.text
    assert "canary-in-a-text" not in caplog.text


@pytest.mark.parametrize(
    "answer",
    [
        (500, {}, b"canary-in-a-body"),
        (302, {"Location": "http://elsewhere.example/?canary"}, b""),
        (200, {}, b"canary"),
        openeo_stub.found({"access_token": "canary\r\nX: y", "token_type": "Bearer"}),
        openeo_stub.found({"access_token": "canary", "token_type": "mac"}),
        openeo_stub.found({"access_token": ["canary"], "token_type": "Bearer"}),
    ],
)
def test_answers_that_cannot_be_used_are_not_repeated(
    sessions: Sessions,
    caplog: pytest.LogCaptureFixture,
    answer: openeo_stub.Route,
    vouch_for: Callable[..., None],
) -> None:
    # Given
    with scripted(answer) as provider, openeo_stub.backend(provider.issuer) as backend:
        vouch_for(backend)
        TokenStore().put(provider.issuer, "openeo-device", "canary-refresh")
        # When
        session = sessions.open(backend.url)
    # Then
    assert session.state == "signed_out"
    assert session.problem
    assert provider.sent("/token")
    told = "".join(traceback.format_exception(session.problem))
    for text in (represented(session), told):
        assert "canary" not in text
    # urllib3 logs the address of a redirect; none of ours has a secret in it.
    assert "canary" not in caplog.text.replace("?canary", "")


def test_a_backend_that_repeats_our_token(
    sessions: Sessions, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    with (
        scripted(tokens("canary-access")) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        backend.routes["/v1/me"] = lambda: openeo_stub.found(
            {"code": "canary-access", "message": "The token canary-access is bad."}, 403
        )
        session = sessions.open(backend.url)
        # When
        assert session.start_login().wait(AT_MOST) == "signed_in"
    # Then
    assert isinstance(session.problem, OpenEOArtifactsError)
    for text in (caplog.text, represented(session, session.problem)):
        assert "canary" not in text
