"""A kernel's own renewal beside the panel's, at a provider that takes each token once."""

from __future__ import annotations

import base64
import json
import os
import socket
import traceback
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING, Any

import openeo
import pytest
from openeo.rest import OpenEoClientException

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.auth import shared_renewal
from jupyter_openeo_artifacts.auth.shared_renewal import renewer_of, share_renewal
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.notebook.default_manager import target_of
from jupyter_openeo_artifacts.staging.target import target_for
from tests.limits import AT_MOST
from tests.servers import openeo_stub
from tests.servers.scripted_oidc import refusal, scripted, tokens
from tests.support.logins import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.demo import LocalProvider


def signed_in(provider: LocalProvider, user: str = "alice") -> Sessions:
    sessions = Sessions()
    sign_in(sessions.open(provider.backend), provider, user)
    return sessions


def jwt(subject: str) -> str:
    """Return an unsigned access token of somebody."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode()
    return f"e30.{claims.rstrip('=')}.x"


def stored() -> dict[str, Any]:
    file = Path(os.environ["OPENEO_CONFIG_HOME"]) / "refresh-tokens.json"
    return dict(json.loads(file.read_text()))


def kernels_connection(provider: LocalProvider) -> Connection:
    return openeo.connect(provider.backend).authenticate_oidc()


def panel_renews(provider: LocalProvider) -> str:
    return Sessions().open(provider.backend).state


def test_a_kernel_and_the_panel_renew_in_turn(provider: LocalProvider) -> None:
    # Given
    signed_in(provider)
    connection = kernels_connection(provider)
    target_of(connection)  # as the magic and the widget do
    for _ in range(2):
        assert panel_renews(provider) == "signed_in"
        before = connection.auth.bearer
        # When
        assert connection.try_access_token_refresh()
        # Then
        assert connection.auth.bearer != before
        assert connection.describe_account()["name"] == "Alice"
    assert panel_renews(provider) == "signed_in"


WAYS: dict[str, Callable[[Connection], object]] = {
    "build_artifact_helper": build_artifact_helper,
    "the magic and the widget": target_of,
    "presigned_url": lambda connection: target_for(connection=connection),
}


@pytest.mark.parametrize("way", WAYS)
def test_a_connection_that_was_given_once_ends_no_login(provider: LocalProvider, way: str) -> None:
    # Given: two connections of one kernel beside the panel, each made known in its own way
    signed_in(provider)
    first = kernels_connection(provider)
    WAYS[way](first)
    second = kernels_connection(provider)
    WAYS["the magic and the widget"](second)
    for _ in range(2):
        assert panel_renews(provider) == "signed_in"
        for connection in (first, second):
            # When
            assert connection.try_access_token_refresh()
            # Then
            assert connection.describe_account()["name"] == "Alice"
    assert panel_renews(provider) == "signed_in"


def test_without_it_the_client_ends_the_login_of_all(provider: LocalProvider) -> None:
    """What openEO's client does: where this fails one day, ours is not needed any more."""
    # Given
    signed_in(provider)
    connection = kernels_connection(provider)
    assert panel_renews(provider) == "signed_in"
    # When
    assert not connection.try_access_token_refresh()
    # Then
    assert panel_renews(provider) == "signed_out"


def test_a_token_that_somebody_else_has_used_is_told_so(provider: LocalProvider) -> None:
    # Given
    sessions = signed_in(provider)
    issuer, clients = next(iter(stored().items()))
    client, kept = next(iter(clients.items()))
    assert panel_renews(provider) == "signed_in"
    TokenStore().put(issuer, client, kept["refresh_token"])  # as a backup that was put back
    # When
    session = Sessions().open(provider.backend)
    # Then
    assert session.state == "signed_out"
    assert "another program has used its refresh token" in str(session.problem)
    sessions.stop()


def test_a_kernel_does_not_become_somebody_else(
    provider: LocalProvider, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    signed_in(provider)
    connection = kernels_connection(provider)
    share_renewal(connection)
    share_renewal(connection)  # twice is once
    Sessions().open(provider.backend).sign_out()
    signed_in(provider, "bob")
    before = connection.auth.bearer
    # When / Then
    assert not connection.try_access_token_refresh()
    assert connection.auth.bearer == before
    assert "Somebody else has signed in" in caplog.text
    assert panel_renews(provider) == "signed_in"


@pytest.mark.parametrize(
    ("own", "answers", "sent", "kept"),
    [
        pytest.param(
            "opaque", [tokens("opaque-2", "own-2")], ["own", "own-2"], "other", id="cannot be told"
        ),
        pytest.param(
            jwt("alice"),
            [tokens(jwt("bob"), "other-2"), tokens(jwt("alice"), "own-2")],
            ["other", "own", "own-2"],
            "other-2",
            id="another person's",
        ),
        pytest.param(
            jwt("alice"),
            [
                refusal("invalid_grant"),
                tokens(jwt("alice"), "own-2"),
                refusal("invalid_grant"),
                tokens(jwt("alice"), "own-3"),
            ],
            ["other", "own", "other", "own-2"],
            "other",
            id="over",
        ),
    ],
)
def test_a_connection_keeps_its_own_login_whatever_is_stored(
    own: str, answers: list[openeo_stub.Route], sent: list[str], kept: str
) -> None:
    # Given
    with scripted(tokens(own, None)) as oidc, openeo_stub.backend(oidc.issuer) as backend:
        connection = openeo.connect(backend.url)
        connection.authenticate_oidc_refresh_token(client_id="openeo-device", refresh_token="own")
        TokenStore().put(oidc.issuer, "openeo-device", "other")
        share_renewal(connection)
        oidc.answers = answers
        # When
        assert connection.try_access_token_refresh()
        assert connection.try_access_token_refresh()
        # Then
        assert [each["refresh_token"] for each in oidc.sent("/token")[1:]] == sent
        assert TokenStore().get(oidc.issuer, "openeo-device") == kept


def test_a_provider_that_ails_is_not_shown_an_older_token() -> None:
    # Given
    with scripted(tokens(jwt("alice"), None)) as oidc, openeo_stub.backend(oidc.issuer) as backend:
        connection = openeo.connect(backend.url)
        connection.authenticate_oidc_refresh_token(client_id="openeo-device", refresh_token="old")
        TokenStore().put(oidc.issuer, "openeo-device", "rotated")
        share_renewal(connection)
        oidc.answers = [refusal("server_error", status=503)]
        # When / Then
        assert not connection.try_access_token_refresh()
        assert [each["refresh_token"] for each in oidc.sent("/token")[1:]] == ["rotated"]


SECRET = "canary-refresh-0123456789"
ECHOES = {
    "a refusal": refusal("invalid_grant", f"refresh_token={SECRET} is unknown"),
    "a refusal, as its word": refusal(SECRET),
    "a failure": refusal("server_error", f"refresh_token={SECRET}", status=503),
    "a page": (500, {"Content-Type": "text/html"}, f"<html>{SECRET}".encode()),
    "a kind of token": openeo_stub.found({"access_token": "a", "token_type": SECRET}),
}


@pytest.mark.parametrize("answer", ECHOES.values(), ids=ECHOES.keys())
@pytest.mark.parametrize("whose", ["own", "stored"])
def test_a_token_that_a_provider_repeats_is_in_no_log(
    answer: openeo_stub.Route, whose: str, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    with scripted(tokens(jwt("alice"), None)) as oidc, openeo_stub.backend(oidc.issuer) as backend:
        connection = openeo.connect(backend.url)
        TokenStore().put(oidc.issuer, "openeo-device", SECRET)
        connection.authenticate_oidc_refresh_token(
            client_id="openeo-device", refresh_token=SECRET if whose == "own" else "mine"
        )
        share_renewal(connection)
        # Where the stored one is refused, the connection's own is tried.
        again = [refusal("invalid_grant")] if whose == "stored" and answer[0] == 400 else []
        oidc.answers = [answer, *again, answer, *again]
        with caplog.at_level("INFO"):  # below that openEO's client has words of its own
            # When
            assert not connection.try_access_token_refresh()
        assert oidc.sent("/token")[1]["refresh_token"] == SECRET
        with pytest.raises(OpenEoClientException) as caught:
            # openEO's client itself tells of it in its log alone
            connection._oidc_auth_renewer.get_tokens()  # noqa: SLF001
    # Then
    assert "Failed to obtain new access token" in caplog.text
    told = "".join(traceback.format_exception(caught.value))
    assert "canary" not in f"{caplog.text}{told}"


def test_what_a_provider_answers_is_told_by_its_word() -> None:
    # Given
    with scripted(tokens(jwt("alice"), None)) as oidc, openeo_stub.backend(oidc.issuer) as backend:
        connection = openeo.connect(backend.url)
        connection.authenticate_oidc_refresh_token(client_id="openeo-device", refresh_token="own")
        share_renewal(connection)
        oidc.answers = [refusal("unauthorized_client")]
        # When / Then
        with pytest.raises(OpenEoClientException, match=r"HTTP 400.*unauthorized_client"):
            # openEO's client itself tells of it in its log alone
            connection._oidc_auth_renewer.get_tokens()  # noqa: SLF001


def test_a_renewal_that_hangs_ends_and_locks_nobody_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given: a provider that takes connections and never answers
    monkeypatch.setattr(shared_renewal, "RENEW_SECONDS", 0.5, raising=False)
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        scripted(tokens(jwt("alice"), None)) as oidc,
        openeo_stub.backend(oidc.issuer) as backend,
    ):
        connection = openeo.connect(backend.url)
        TokenStore().put(oidc.issuer, "openeo-device", "own")
        connection.authenticate_oidc_refresh_token(client_id="openeo-device")
        share_renewal(connection)
        endpoint = f"http://127.0.0.1:{silent.getsockname()[1]}/token"
        renewer_of(connection).provider_info.config["token_endpoint"] = endpoint
        # When
        renewal = Thread(target=connection.try_access_token_refresh, daemon=True)
        renewal.start()
        silent.settimeout(AT_MOST)
        asked, _ = silent.accept()  # under the store's lock
        # Then
        with TokenStore().exclusive(oidc.issuer, "openeo-device", timeout=AT_MOST):
            renewal.join(AT_MOST)
        assert not renewal.is_alive()
        asked.close()


def test_a_renewed_login_that_cannot_be_stored_is_not_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    def full(*_: object) -> None:
        raise RecordsUnusable("The disk is full.", todo="Free some space.")

    with scripted(tokens(jwt("alice"), None)) as oidc, openeo_stub.backend(oidc.issuer) as backend:
        connection = openeo.connect(backend.url)
        TokenStore().put(oidc.issuer, "openeo-device", "r1")
        connection.authenticate_oidc_refresh_token(client_id="openeo-device")
        share_renewal(connection)
        oidc.answers = [tokens(jwt("alice"), f"r{count}") for count in (2, 3, 4)]
        # When: two renewals while the disk is full, one later
        with monkeypatch.context() as broken:
            broken.setattr(TokenStore, "put", full)
            assert connection.try_access_token_refresh()
            assert connection.try_access_token_refresh()
        assert connection.try_access_token_refresh()
        # Then: each token was used once, and the last one is stored
        assert [each["refresh_token"] for each in oidc.sent("/token")[1:]] == ["r1", "r2", "r3"]
        assert TokenStore().get(oidc.issuer, "openeo-device") == "r4"


def test_a_connection_that_renews_in_no_such_way_is_left_alone(provider: LocalProvider) -> None:
    # Given
    connection = openeo.connect(provider.backend)
    # When
    share_renewal(connection)
    # Then
    assert renewer_of(connection) is None
