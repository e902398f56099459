"""Whom a login is for: nothing leaves for a backend that nobody has agreed to."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.auth.exceptions import (
    NotSignedIn,
)
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.state.backends import last_backend
from jupyter_openeo_artifacts.state.files import state_folder
from tests.servers import openeo_stub
from tests.servers.scripted_oidc import scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.openeo_stub import Backend
from tests.login.destinations import S3, STS, heard, storage


def test_a_backend_where_nobody_signed_in_hears_nothing_of_a_login(
    backend: Backend, evil: Backend, sessions: Sessions, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    # When
    session = sessions.open(evil.url)
    # Then
    assert session.state == "signed_out"
    assert isinstance(session.problem, LoginNotConfirmed)
    assert session.problem.code == "login_to_confirm"
    for named in (evil.url, evil.issuer, STS, S3):
        assert named.partition("://")[2] in session.problem.message
    assert ". " not in session.problem.message  # one sentence
    assert "--trust" in session.problem.todo
    assert heard(evil) == []
    # Then: nor is it remembered, so that nothing goes there tomorrow
    assert last_backend() == backend.url
    assert len(Sessions().approvals.all()) == 1
    with pytest.raises(LoginNotConfirmed):
        session.openeo()


def test_a_service_accounts_secret_goes_to_no_address_that_somebody_typed(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", "svc")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", "canary-secret")
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as evil:
        # When
        session = sessions.open(evil.url)
        asked = session.problem
        # Then
        assert isinstance(asked, LoginNotConfirmed)
        assert "service account 'svc'" in asked.message
        assert provider.sent("/token") == []
        # When: a click in a page is not its owner's word
        with pytest.raises(LoginNotConfirmed):
            session.confirm(asked.destination)
        assert provider.sent("/token") == []
        # When: the command line is
        session.confirm(asked.destination, service=True)
        # Then
        assert session.state == "signed_in"
        assert provider.sent("/token")[0]["client_secret"] == "canary-secret"


def test_whoever_agrees_is_not_asked_again_in_any_process(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    session = Sessions().open(evil.url)
    assert session.destination
    # When
    session.confirm(session.destination)
    # Then
    assert (session.state, session.approved(), session.problem) == ("signed_in", "user", None)
    again = Sessions().open(evil.url)
    assert (again.state, again.user, again.approved()) == ("signed_in", "alice", "user")
    assert last_backend() == evil.url


def test_a_device_login_through_a_backend_approves_that_pair(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    backend.artifacts = {"providers": [storage(), storage("https://sts2.example"), "odd"]}
    # When
    signed_in(backend)
    # Then
    (kept,) = Sessions().approvals.all()
    assert kept.how == "device_login"
    assert kept.backend == backend.url
    assert (kept.issuer, kept.client_id) == (backend.issuer, backend.client_id)
    assert (kept.sts, kept.s3) == ((STS, "https://sts2.example"), (S3,))
    (file,) = state_folder("approvals").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_withdrawn_is_withdrawn_in_every_process_and_the_login_stays_for_others(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    here = Sessions().open(evil.url)
    assert here.destination
    here.confirm(here.destination)
    there = Sessions().open(evil.url)
    # When
    here.withdraw()
    # Then
    assert isinstance(here.problem, LoginNotConfirmed)
    with pytest.raises(LoginNotConfirmed):
        there.openeo()
    assert Sessions().open(evil.url).state == "signed_out"
    assert Sessions().open(backend.url).state == "signed_in"


@pytest.mark.parametrize("way", ["here", "in another process"])
def test_where_a_yes_was_taken_back_nothing_goes_on_tomorrow(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession], way: str
) -> None:
    # Given
    signed_in(backend)
    session = Sessions().open(evil.url)
    assert session.destination
    session.confirm(session.destination)
    assert last_backend() == evil.url
    # When
    if way == "here":
        session.withdraw()
    else:
        Sessions().withdraw(evil.url)
    # Then
    assert last_backend() is None


def test_a_yes_that_is_taken_back_forgets_no_other_backend(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    session = signed_in(evil)
    signed_in(backend)
    # When
    session.withdraw()
    Sessions().withdraw(evil.url)
    # Then
    assert last_backend() == backend.url


def test_a_listed_backend_stays_the_one_used_last(
    backend: Backend, signed_in: Callable[..., BackendSession], vouch_for: Callable[..., None]
) -> None:
    # Given
    signed_in(backend)
    vouch_for(backend)
    # When
    Sessions().open(backend.url).withdraw()
    Sessions().withdraw(backend.url)
    # Then
    assert last_backend() == backend.url


def test_signing_out_withdraws_and_takes_no_login_of_another_backend(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    good = signed_in(backend)
    # When: never agreed to
    Sessions().open(evil.url).sign_out()
    # Then
    assert Sessions().open(backend.url).state == "signed_in"
    # When
    good.sign_out()
    # Then
    assert Sessions().approvals.all() == []
    assert Sessions().open(backend.url).problem is None


def test_a_login_counts_in_its_process_where_approvals_cannot_be_kept(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    folder = state_folder("approvals")
    folder.rmdir()
    folder.write_text("in the way")
    # When
    session = signed_in(backend)
    # Then
    assert (session.state, session.approved()) == ("signed_in", "device_login")
    assert session.openeo()
    # When: another process knows nothing of it
    folder.unlink()
    other = Sessions().open(backend.url)
    # Then
    assert isinstance(other.problem, LoginNotConfirmed)


def test_a_later_yes_that_is_kept_goes_before_one_that_could_not_be(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given: a yes while the disk takes nothing
    signed_in(backend)
    registry = Sessions()
    session = registry.open(evil.url)
    folder = state_folder("approvals")
    away = folder.rename(folder.with_name("away"))
    folder.write_text("in the way")
    assert session.destination
    session.confirm(session.destination)
    assert session.state == "signed_in"
    folder.unlink()
    away.rename(folder)
    # When: one to another storage
    evil.artifacts = {"providers": [storage("https://other.example")]}
    with pytest.raises(LoginNotConfirmed):
        session.require_storage("https://other.example", S3)
    session.confirm(session.destination)
    # Then: here, in another process, and after that one has taken it back
    assert session.state == "signed_in"
    session.require_storage("https://other.example", S3)
    assert len([each for each in registry.approvals.all() if each.backend == evil.url]) == 1
    Sessions().withdraw(evil.url)
    with pytest.raises(LoginNotConfirmed):
        session.openeo()


def test_a_home_that_is_away_for_a_while_signs_nobody_out(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    session = signed_in(backend)
    assert session.openeo()
    folder = state_folder("approvals")
    away = folder.rename(folder.with_name("away"))
    folder.write_text("in the way")
    # When / Then
    assert session.openeo()
    # When / Then: it is back, and what was agreed to is not
    folder.unlink()
    folder.mkdir()
    with pytest.raises(LoginNotConfirmed):
        session.openeo()
    assert list(away.iterdir())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"backend": 7}', "\x00", "[" * 200_000])
def test_a_file_that_cannot_be_read_approves_nothing(
    backend: Backend, signed_in: Callable[..., BackendSession], content: str
) -> None:
    # Given
    signed_in(backend)
    (file,) = state_folder("approvals").iterdir()
    # When
    file.write_text(content)
    # Then
    assert isinstance(Sessions().open(backend.url).problem, LoginNotConfirmed)
    assert Sessions().approvals.all() == []


def test_an_approval_of_no_certain_time_is_none(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    (file,) = state_folder("approvals").iterdir()
    session = Sessions().open(evil.url)
    assert session.destination
    session.confirm(session.destination)
    # When: its time has no zone
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"at": "2026-01-01T00:00:00"}))
    # Then
    assert [each.backend for each in Sessions().approvals.all()] == [evil.url]
    assert isinstance(Sessions().open(backend.url).problem, LoginNotConfirmed)


def test_an_approval_copied_to_another_backends_name_approves_nothing(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    (file,) = state_folder("approvals").iterdir()
    content = json.loads(file.read_bytes())
    session = Sessions().open(evil.url)
    assert session.destination
    session.confirm(session.destination)
    (other,) = set(state_folder("approvals").iterdir()) - {file}
    # When
    other.write_text(json.dumps(content))
    # Then
    assert isinstance(Sessions().open(evil.url).problem, LoginNotConfirmed)


def test_without_any_login_there_is_nothing_to_ask(evil: Backend, sessions: Sessions) -> None:
    # When
    session = sessions.open(evil.url)
    # Then: but who would hear of one is known, to be named before the first sign-in
    assert session.problem is None
    assert session.destination
    assert (session.destination.sts, session.destination.s3) == ((STS,), (S3,))
    with pytest.raises(NotSignedIn):
        session.openeo()
