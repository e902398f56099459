"""Logins at a provider that rotates refresh tokens, and revokes a login whose old one comes again.

The openEO client 0.53 loses such a login: it does not renew one from the store, and what it has
stored is dead then; a test shows it, so that we notice when it changes.
"""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.auth.exceptions import LoginProviderUnreachable, NotSignedIn
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.limits import AT_MOST
from tests.login.conftest import run_python
from tests.servers import openeo_stub
from tests.servers.scripted_oidc import refusal, scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.oidc import OpenIDProvider
    from tests.servers.openeo_stub import Backend

NEW_PROCESS = """
import sys
from jupyter_openeo_artifacts.backends.session_registry import Sessions
session = Sessions().open(sys.argv[1])
print(session.state, session.user)
"""
WORK = """
import sys, time
from jupyter_openeo_artifacts.backends.session_registry import Sessions
session = Sessions().open(sys.argv[1])
bearers = set()
end = time.monotonic() + float(sys.argv[2])
while time.monotonic() < end:
    bearers.add(session.openeo().auth.bearer)
    assert session.openeo().describe_account()["user_id"] == "alice"
    time.sleep(0.02)
print(len(bearers), session.state)
"""
OPENEO_ALONE = """
import sys, time, openeo
connection = openeo.connect(sys.argv[1])
connection.authenticate_oidc(max_poll_time=0.1)
print([connection.try_access_token_refresh() for _ in range(3)])
"""
FALLS_BACK_TO_A_CODE = """
import sys, openeo
from openeo.rest.auth.oidc import OidcDeviceCodePollTimeout
try:
    openeo.connect(sys.argv[1]).authenticate_oidc(max_poll_time=0.1)
except OidcDeviceCodePollTimeout:
    print("asks for a code")
"""


def test_three_renewals_in_a_row_then_a_new_process(
    oidc: OpenIDProvider,
    brief: Backend,
    signed_in: Callable[..., BackendSession],
    stored: Callable[[], dict[str, Any]],
) -> None:
    # Given
    session = signed_in(brief)
    bearers, refresh_tokens = [], []
    # When
    for _ in range(4):
        bearers.append(session.openeo().auth.bearer)
        assert session.openeo().describe_account() == {"user_id": "alice"}
        refresh_tokens.append(stored()[oidc.issuer]["openeo-brief"]["refresh_token"])
        time.sleep(1.1)  # half of an access token's life
    # Then
    assert len(set(bearers)) == 4
    assert len(set(refresh_tokens)) == 4
    assert run_python(NEW_PROCESS, brief.url).split() == ["signed_in", "alice"]
    assert session.openeo().describe_account() == {"user_id": "alice"}


def test_the_openeo_client_alone_loses_the_login(
    brief: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(brief)
    # When
    renewed = run_python(OPENEO_ALONE, brief.url).splitlines()[-1]
    # Then
    assert renewed == "[False, False, False]"
    assert "asks for a code" in run_python(FALLS_BACK_TO_A_CODE, brief.url)


def test_two_processes_that_renew_at_once_both_stay_signed_in(
    oidc: OpenIDProvider, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    with openeo_stub.backend(oidc.issuer, "openeo-slow") as slow:
        session = signed_in(slow)
        # When
        workers = [
            subprocess.Popen(
                [sys.executable, "-c", WORK, slow.url, "5"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
                cwd=Path(__file__).parents[2],
            )
            for _ in range(2)
        ]
        outcomes = [worker.communicate(timeout=60) for worker in workers]
        # Then
        for printed, errors in outcomes:
            assert printed, errors
            renewals, state = printed.split()
            assert state == "signed_in"
            assert int(renewals) >= 2
        assert session.openeo().describe_account() == {"user_id": "alice"}


def test_many_threads_make_one_renewal(sessions: Sessions) -> None:
    # Given
    brief_answer = openeo_stub.found(
        {"access_token": "a1", "token_type": "Bearer", "expires_in": 0.2, "refresh_token": "r1"}
    )
    with scripted(brief_answer) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        auth = session.openeo().auth
        provider.answers = [tokens("a2", "r2")]
        provider.seconds = 0.3
        time.sleep(0.2)
        bearers: list[str] = []
        threads = [threading.Thread(target=lambda: bearers.append(auth.bearer)) for _ in range(16)]
        # When
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Then
        assert bearers == ["oidc/op/a2"] * 16
        assert len(provider.sent("/token")) == 2  # the login itself, and one renewal


def test_many_threads_wait_for_one_failure_only(sessions: Sessions) -> None:
    # Given
    brief_answer = openeo_stub.found(
        {"access_token": "a1", "token_type": "Bearer", "expires_in": 0.2, "refresh_token": "r1"}
    )
    with scripted(brief_answer) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        auth = session.openeo().auth
        provider.answers = [(503, {}, b"")]
        provider.seconds = 0.5
        time.sleep(0.2)
        failures: list[BaseException] = []

        def fail() -> None:
            try:
                auth.bearer  # noqa: B018
            except LoginProviderUnreachable as error:
                failures.append(error)

        threads = [threading.Thread(target=fail) for _ in range(8)]
        asked = len(provider.posts)
        # When
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        # Then
        assert len(failures) == 8
        assert len(provider.posts) < 8 + asked, "they share what the first was told"
        assert session.state == "signed_in"
        # When: it is well again
        provider.answers = [tokens("a2", "r2")]
        # Then
        assert auth.bearer == "oidc/op/a2"


def test_the_provider_ends_the_login_in_the_middle(
    oidc: OpenIDProvider,
    brief: Backend,
    signed_in: Callable[..., BackendSession],
    stored: Callable[[], dict[str, Any]],
) -> None:
    # Given
    session = signed_in(brief)
    connection = session.openeo()
    states = []
    session.listen(lambda changed: states.append(changed.state))
    import requests

    token = stored()[oidc.issuer]["openeo-brief"]["refresh_token"]
    requests.post(
        f"{oidc.issuer}/token/revocation",
        data={"client_id": "openeo-brief", "token": token},
        timeout=10,
    ).raise_for_status()
    time.sleep(1.1)
    # When
    with pytest.raises(NotSignedIn, match="has ended"):
        connection.describe_account()
    # Then
    assert states == ["signed_out"]
    assert isinstance(session.problem, NotSignedIn)
    assert stored() == {}
    with pytest.raises(NotSignedIn):
        session.openeo()
    # When: the person signs in again, what holds the connection goes on
    login = session.start_login()
    oidc.approve(login.verification_uri_complete or "")
    assert login.wait(AT_MOST) == "signed_in"
    # Then
    assert connection.describe_account() == {"user_id": "alice"}
    assert session.problem is None


def test_signing_out_counts_in_every_other_process(
    brief: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    session = signed_in(brief)
    # When
    elsewhere = Sessions()
    elsewhere.open(brief.url).sign_out()
    assert elsewhere.all()[0].state == "signed_out"
    time.sleep(1.1)
    with pytest.raises(NotSignedIn):
        session.openeo().describe_account()
    # Then
    assert session.state == "signed_out"
    assert session.problem


def test_a_login_that_changes_hands_changes_its_name(sessions: Sessions) -> None:
    # Given
    brief_answer = openeo_stub.found(
        {"access_token": "a1", "token_type": "Bearer", "expires_in": 0.2, "refresh_token": "r1"}
    )
    with scripted(brief_answer) as provider, openeo_stub.backend(provider.issuer) as backend:
        backend.routes["/v1/me"] = lambda: openeo_stub.found({"user_id": "alice"})
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        assert session.user == "alice"
        auth, subject = session.openeo().auth, session.subject
        # When
        TokenStore().put(provider.issuer, "openeo-device", "of another person")
        backend.routes["/v1/me"] = lambda: openeo_stub.found({"user_id": "bob"})
        provider.answers = [tokens("a2", "r2")]
        time.sleep(0.2)
        assert session.openeo().auth.bearer == "oidc/op/a2"
        # Then: uploads of before are not hers, and no helper of before is used for her
        assert session.user == "bob"
        assert session.subject != subject
        assert session.openeo().auth is not auth
        assert provider.sent("/token")[-1]["refresh_token"] == "of another person"


@pytest.mark.parametrize("same", [True, False])
def test_a_token_that_does_not_tell_the_account_leaves_that_to_the_backend(
    sessions: Sessions, *, same: bool
) -> None:
    """What was dropped before a restart goes on for whoever dropped it, and nobody else."""
    # Given
    with (
        scripted(tokens("opaque-1", "r1")) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        me = {"user_id": "u-1", "name": "Alice"}
        backend.routes["/v1/me"] = lambda: openeo_stub.found(me)
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        before = session.subject
        # When
        session.sign_out()
        provider.answers = [tokens("opaque-2", "r2")]
        me["user_id"] = "u-1" if same else "u-2"
        assert session.start_login().wait(AT_MOST) == "signed_in"
        # Then
        assert session.user == "Alice"
        assert (session.subject == before) is same


def test_a_rotated_token_that_cannot_be_stored_lives_on_in_memory(
    sessions: Sessions, store_file: Path, stored: Callable[[], dict[str, Any]]
) -> None:
    # Given
    def brief_answer(count: int) -> openeo_stub.Route:
        return openeo_stub.found(
            {
                "access_token": f"a{count}",
                "token_type": "Bearer",
                "expires_in": 0.2,
                "refresh_token": f"r{count}",
            }
        )

    with scripted(brief_answer(1)) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        auth = session.openeo().auth
        # When: the store is damaged between two renewals, so r2 and r3 cannot be stored
        provider.answers = [brief_answer(2), brief_answer(3), brief_answer(4), tokens("a5", "r5")]
        good = store_file.read_bytes()
        put = TokenStore.put
        with pytest.MonkeyPatch.context() as broken:

            def full_disk(*_: object) -> None:
                from jupyter_openeo_artifacts.errors import RecordsUnusable

                raise RecordsUnusable("The disk is full.", todo="Free some space.")

            broken.setattr(TokenStore, "put", full_disk)
            for count in (2, 3):
                time.sleep(0.15)
                assert auth.bearer == f"oidc/op/a{count}"
        # Then
        assert session.state == "signed_in"
        assert session.problem
        assert session.problem.code == "records_unusable"
        assert store_file.read_bytes() == good
        # When: there is room again
        assert TokenStore.put is put
        time.sleep(0.15)
        assert auth.bearer == "oidc/op/a4"
        # Then: no old token was ever used twice
        assert session.problem is None
        sent = [fields["refresh_token"] for fields in provider.sent("/token")[1:]]
        assert sent == ["r1", "r2", "r3"]
        assert stored()[provider.issuer]["openeo-device"]["refresh_token"] == "r4"


def test_a_login_without_a_refresh_token_ends_with_its_access_token(
    sessions: Sessions, stored: Callable[[], dict[str, Any]]
) -> None:
    # Given
    only_once = openeo_stub.found({"access_token": "a", "token_type": "Bearer", "expires_in": 0.2})
    with scripted(only_once) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        assert stored() == {}
        time.sleep(0.2)
        # When / Then
        with pytest.raises(NotSignedIn, match="has ended"):
            session.openeo().describe_account()
        assert session.state == "signed_out"
        assert len(provider.sent("/token")) == 1


def test_a_backend_that_does_not_take_the_login_is_not_forgotten_by_a_renewal(
    brief: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    brief.routes["/v1/me"] = lambda: openeo_stub.found({"code": "UserNotEnrolled"}, 403)
    session = signed_in(brief)
    first = session.openeo().auth.bearer
    # When
    time.sleep(1.1)
    # Then
    assert session.openeo().auth.bearer != first
    assert session.problem
    assert session.problem.code == "login_not_accepted"


def test_a_failed_renewal_keeps_the_session(
    sessions: Sessions, stored: Callable[[], dict[str, Any]]
) -> None:
    # Given
    brief_answer = openeo_stub.found(
        {"access_token": "a1", "token_type": "Bearer", "expires_in": 0.2, "refresh_token": "r1"}
    )
    with scripted(brief_answer) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        provider.answers = [refusal("temporarily_unavailable", status=503), tokens("a2", "r2")]
        time.sleep(0.2)
        # When / Then
        with pytest.raises(LoginProviderUnreachable):
            session.openeo().describe_account()
        assert session.state == "signed_in"
        assert stored() != {}
        assert session.openeo().auth.bearer == "oidc/op/a2"
