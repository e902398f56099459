"""Signing in at the local provider, which verifies PKCE and has a client of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo import LocalProvider


def test_the_demo_users_sign_in(provider: LocalProvider, sessions: Sessions) -> None:
    # Given
    check = sessions.check(provider.backend)
    session = sessions.open(provider.backend)
    # When
    login = session.start_login()
    provider.approve(login.verification_uri_complete or "", "alice")
    # Then
    assert login.wait(AT_MOST) == "signed_in"
    assert session.user == "Alice"
    assert check.artifacts == session.artifact_capabilities()
    assert session.artifact_capabilities()["providers"][0]["type"] == "S3STSConfig"
    assert session.openeo().describe_account()["name"] == "Alice"
    # When / Then
    assert Sessions().open(provider.backend).user == "Alice"
    # When
    sessions.close(session.id)
    # Then
    assert Sessions().open(provider.backend).state == "signed_out"


def test_a_demo_user_says_no(provider: LocalProvider, sessions: Sessions) -> None:
    # Given
    login = sessions.open(provider.backend).start_login()
    # When
    provider.approve(login.verification_uri_complete or "", "bob", deny=True)
    # Then
    assert login.wait(AT_MOST) == "denied"
