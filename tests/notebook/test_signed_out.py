"""Signed out means signed out: open widgets and kernels do not go on with new files."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

import openeo
import pytest

from jupyter_openeo_artifacts import build_artifact_helper, presigned_url
from jupyter_openeo_artifacts.auth.exceptions import SignedOutElsewhere
from jupyter_openeo_artifacts.auth.shared_renewal import renewer_of
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.notebook.default_manager import target_of
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state import backends
from tests.notebook.page import Page, Uploader
from tests.servers.provider import connected, tokens
from tests.support.logins import sign_in
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture
def panel(provider: LocalProvider) -> Iterator[BackendSession]:
    """Yield the panel's session, signed in as alice; another process has one of its own."""
    sessions = Sessions()
    session = sessions.open(provider.backend)
    sign_in(session, provider)
    yield session
    session.sign_out()
    sessions.stop()


def refused(page: Page) -> str:
    problem = page.problem("createTusUpload", {"name": "a.txt", "size": 1})
    assert problem["code"] == "not_signed_in"
    return str(problem["message"])


def test_a_widget_by_the_panels_login_stops_when_the_panel_signs_out(
    provider: LocalProvider, panel: BackendSession, shell: Any
) -> None:
    # Given
    widget = Uploader()
    page = Page(widget)
    page.stage("a.txt", b"a")
    uri = widget.artifacts[0].uri
    # When
    panel.sign_out()
    # Then
    assert "You have signed out" in refused(page)
    with pytest.raises(SignedOutElsewhere, match="signed out"):
        presigned_url(uri, backend=provider.backend)
    # When
    sign_in(panel, provider)
    # Then: it goes on with the new login
    page.stage("b.txt", b"b")
    assert [each.name for each in widget.artifacts] == ["a.txt", "b.txt"]
    widget.close()


def test_a_widget_by_a_connection_of_the_same_account_stops_too(
    provider: LocalProvider, panel: BackendSession
) -> None:
    # Given
    connection = connected(provider, "alice")
    widget = Uploader(connection)
    page = Page(widget)
    page.stage("a.txt", b"a")
    # When
    panel.sign_out()
    # Then
    assert "You have signed out" in refused(page)
    with pytest.raises(SignedOutElsewhere, match="signed out"):
        ConnectionTarget(connection).helper()
    # When: its owner signs it in again
    connection.authenticate_oidc_access_token(tokens(provider, "alice")["access_token"])
    # Then
    page.stage("b.txt", b"b")
    widget.close()


def test_another_account_goes_on(provider: LocalProvider, panel: BackendSession) -> None:
    # Given
    target = ConnectionTarget(connected(provider, "bob"))
    target.helper()
    # When
    panel.sign_out()
    # Then
    assert target.helper().account == provider.users["bob"].name
    # When: a connection that was made after that
    later = ConnectionTarget(connected(provider, "alice"))
    # Then
    assert later.helper().account == provider.users["alice"].name


def test_a_renewal_is_no_new_sign_in(provider: LocalProvider, panel: BackendSession) -> None:
    # Given
    connection = openeo.connect(provider.backend)
    of_its_own = tokens(provider, "alice")["refresh_token"]
    connection.authenticate_oidc_refresh_token(refresh_token=of_its_own)
    # The demo rotates tokens, and openEO's client has kept the one that it has just traded in.
    renewer = renewer_of(connection)
    renewer._refresh_token = tokens(provider, "alice")["refresh_token"]  # noqa: SLF001
    target = ConnectionTarget(connection)
    target.helper()
    target_of(connection)  # as the magic and the widget do
    panel.sign_out()
    before = connection.auth
    # When
    assert connection.try_access_token_refresh()
    # Then
    assert connection.auth is not before
    with pytest.raises(SignedOutElsewhere):
        target.helper()
    # When: its owner signs it in again
    of_its_own = tokens(provider, "alice")["refresh_token"]
    connection.authenticate_oidc_refresh_token(refresh_token=of_its_own)
    # Then
    assert target_of(connection).helper()


def test_a_sign_out_without_a_name_is_everybodys(provider: LocalProvider) -> None:
    # Given
    target = ConnectionTarget(connected(provider, "alice"))
    target.helper()
    # When
    backends.note_sign_out([target.id], "")
    # Then
    with pytest.raises(SignedOutElsewhere):
        target.helper()


@pytest.fixture
def backend_line(provider: LocalProvider) -> Iterator[Line]:
    """Yield the wire to the demo's backend, by whose address it is known then."""
    line = Line(int(provider.backend.rpartition(":")[2]))
    line.add(Fault("answer", rb"GET /\.well-known", times=999, answer=error_answer(404, "None")))
    yield line
    line.close()


NO_NAME = error_answer(500, "Internal")


@pytest.mark.parametrize("named_before", [True, False])
def test_a_backend_that_told_no_name_at_a_renewal_keeps_nobody_signed_in(
    provider: LocalProvider, backend_line: Line, *, named_before: bool
) -> None:
    # Given: who is signed in is not told, from the beginning or at a renewal
    connection = openeo.connect(backend_line.endpoint)
    connection.authenticate_oidc_access_token(tokens(provider, "alice")["access_token"])
    target = ConnectionTarget(connection)
    silent = Fault("answer", rb"GET /me", times=999, answer=NO_NAME)
    if not named_before:
        backend_line.add(silent)
    helper = target.helper()
    if named_before:
        backend_line.add(silent)
        helper.credentials.renew_expired()
        helper.credentials.current()
    assert silent.met.is_set()
    subject = provider.users["alice"].subject
    assert helper.account == (provider.users["alice"].name if named_before else subject)
    # When
    backends.note_sign_out([target.id], provider.users["alice"].name)
    # Then
    with pytest.raises(SignedOutElsewhere):
        target.helper()


def test_a_helper_that_code_has_made_of_its_own_connection_goes_on(
    provider: LocalProvider, panel: BackendSession, tmp_path: Path
) -> None:
    # Given
    (tmp_path / "a.txt").write_text("a")
    helper = build_artifact_helper(connected(provider, "alice"))
    # When
    panel.sign_out()
    # Then
    assert helper.verify(helper.upload_file(tmp_path / "a.txt")).there


def test_what_cannot_be_read_for_a_moment_ends_no_login(
    provider: LocalProvider, panel: BackendSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: somebody has signed out before
    panel.sign_out()
    sign_in(panel, provider)
    target = ConnectionTarget(connected(provider, "alice"))
    real = backends.state_folder

    def away(*folder: str) -> Path:
        if "sign-outs" in folder:
            raise OSError(errno.EMFILE, "Too many open files")
        return real(*folder)

    # When
    monkeypatch.setattr(backends, "state_folder", away)
    # Then
    assert panel.openeo()
    assert target.helper()
    # Given: logins that begin while it cannot be read
    later = ConnectionTarget(connected(provider, "alice"))
    fresh = Sessions()
    session = fresh.open(provider.backend)
    assert session.state == "signed_in"
    # When
    monkeypatch.setattr(backends, "state_folder", real)
    # Then
    assert session.openeo()
    assert later.helper()
    # When
    panel.sign_out()
    # Then: what is known again counts
    with pytest.raises(SignedOutElsewhere):
        session.openeo()
    with pytest.raises(SignedOutElsewhere):
        later.helper()
    fresh.stop()


def test_a_sign_out_that_cannot_be_noted_is_one_here_all_the_same(
    panel: BackendSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RecordsUnusable("The disk is full.")

    monkeypatch.setattr(backends, "write_private", full)
    panel.sign_out()
    assert panel.state == "signed_out"
