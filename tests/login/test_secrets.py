"""Nothing secret in a log, a representation or a message, whatever happens."""

from __future__ import annotations

import logging
import traceback
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.login.sessions import Sessions
from jupyter_openeo_artifacts.login.token_store import TokenStore
from tests.servers import openeo_stub
from tests.servers.scripted_oidc import refusal, scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.login.session import BackendSession
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
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    # Given
    secrets = set()

    def note(session: BackendSession) -> None:
        secrets.add(session.openeo().auth.bearer.split("/", 2)[2])
        secrets.add(stored()[brief.issuer]["openeo-brief"]["refresh_token"])

    # When
    session = signed_in(brief)
    note(session)
    assert session.login
    assert session.login._code
    secrets.add(session.login._code.device_code)
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
    sessions: Sessions, caplog: pytest.LogCaptureFixture, error: str, description: str
) -> None:
    # Given
    with (
        scripted(refusal(error, description)) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        TokenStore().put(provider.issuer, "openeo-device", "canary-refresh-0123456789")
        # When
        session = sessions.open(backend.url)
    # Then
    assert session.problem
    told = "".join(traceback.format_exception(session.problem))
    for text in (caplog.text, represented(session), told):
        assert "canary" not in text


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
    sessions: Sessions, caplog: pytest.LogCaptureFixture, answer: openeo_stub.Route
) -> None:
    # Given
    with scripted(answer) as provider, openeo_stub.backend(provider.issuer) as backend:
        TokenStore().put(provider.issuer, "openeo-device", "canary-refresh")
        # When
        session = sessions.open(backend.url)
    # Then
    assert session.state == "signed_out"
    assert session.problem
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
        assert session.start_login().wait(10) == "signed_in"
    # Then
    assert isinstance(session.problem, OpenEOArtifactsError)
    for text in (caplog.text, represented(session, session.problem)):
        assert "canary" not in text
