"""The registry of open backends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.auth.exceptions import BackendNotAllowed, NoSuchConnection
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.errors import BackendAddressInvalid
from jupyter_openeo_artifacts.state.ids import connection_id
from tests.limits import AT_MOST
from tests.servers import openeo_stub
from tests.support.locks import locks_made
from tests.support.logins import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.oidc import OpenIDProvider
    from tests.servers.openeo_stub import Backend


def test_a_backend_is_open_once_however_it_is_spelled(backend: Backend, sessions: Sessions) -> None:
    # When
    session = sessions.open(backend.url)
    # Then
    assert sessions.open(f" {backend.url}/ ") is session
    assert session.id == connection_id(backend.url)
    assert sessions.get(session.id) is session
    assert sessions.all() == [session]
    assert (session.backend, session.title) == (backend.url, "Stub")


def test_many_who_open_at_once_get_the_same(backend: Backend, sessions: Sessions) -> None:
    # Given
    found = []
    threads = [
        threading.Thread(target=lambda: found.append(sessions.open(backend.url))) for _ in range(8)
    ]
    # When
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    assert len(found) == 8
    assert len(set(map(id, found))) == 1


def test_the_one_opened_last_comes_first(oidc: OpenIDProvider, sessions: Sessions) -> None:
    # Given
    with openeo_stub.backend(oidc.issuer) as one, openeo_stub.backend(oidc.issuer) as two:
        # When
        for url in (one.url, two.url, one.url):
            sessions.open(url)
        # Then
        assert [session.backend for session in sessions.all()] == [one.url, two.url]


def test_who_opens_during_a_sign_out_finds_no_login_to_take_up(
    backend: Backend, oidc: OpenIDProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, go_on, met = threading.Event(), threading.Event(), threading.Event()

    class Opening:
        """A lock, which tells when somebody has to wait for it after the sign-out has begun."""

        def __init__(self) -> None:
            self.lock = real()

        def __enter__(self) -> None:
            if begun.is_set() and self.lock.locked():
                met.set()
            self.lock.acquire()

        def __exit__(self, *_: object) -> None:
            self.lock.release()

    # Given: a sign-out whose stored login is not removed yet
    real = threading.Lock
    with locks_made(Opening):
        sessions = Sessions()
        session = sessions.open(backend.url)
    sign_in(session, oidc)
    sign_out = type(session).sign_out

    def come() -> None:
        found.append(sessions.open(backend.url))
        met.set()

    def held(self: BackendSession) -> None:
        begun.set()
        assert go_on.wait(AT_MOST)
        sign_out(self)

    monkeypatch.setattr(type(session), "sign_out", held)
    leaving = threading.Thread(target=sessions.close, args=[session.id])
    leaving.start()
    assert begun.wait(AT_MOST)
    # When: another window takes the connection up
    found: list[BackendSession] = []
    coming = threading.Thread(target=come)
    coming.start()
    assert met.wait(AT_MOST)
    early = list(found)
    go_on.set()
    leaving.join(AT_MOST)
    coming.join(AT_MOST)
    # Then
    assert early == []
    assert [one.state for one in found] == ["signed_out"]
    sessions.stop()


def test_closing_signs_out(
    backend: Backend, sessions: Sessions, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    session = signed_in(backend)
    # When
    sessions.close(session.id)
    # Then
    assert session.state == "signed_out"
    assert sessions.all() == []
    assert sessions.open(backend.url).state == "signed_out"
    for verb in (sessions.get, sessions.close):
        with pytest.raises(NoSuchConnection):
            verb("unknown")


def test_only_what_the_administrator_allows(backend: Backend) -> None:
    # Given
    sessions = Sessions(allowed=[f"{backend.url}/", "https://openeo.example.org", "not an address"])
    # When / Then
    assert sessions.open(backend.url).state == "signed_out"
    asked = len(backend.seen)
    for other in (
        f"{backend.url}/v1",
        "http://127.0.0.1:1",
        "https://openeo.example.org.evil.example",
        "https://openeo.example.org:8443",
    ):
        with pytest.raises(BackendNotAllowed):
            sessions.open(other)
        assert isinstance(sessions.check(other).problem, BackendNotAllowed)
    assert len(backend.seen) == asked  # nobody was even asked


def test_an_address_that_cannot_be(sessions: Sessions) -> None:
    # When
    check = sessions.check(" ftp://openeo.example.org ")
    # Then
    assert check.backend == "ftp://openeo.example.org"
    assert isinstance(check.problem, BackendAddressInvalid)
    with pytest.raises(BackendAddressInvalid):
        sessions.open("ftp://openeo.example.org")


def test_listeners_hear_of_every_session(
    oidc: OpenIDProvider, backend: Backend, sessions: Sessions
) -> None:
    # Given
    heard: list[tuple[str, str]] = []

    def fails(_: BackendSession) -> None:
        raise RuntimeError

    sessions.listen(fails)  # keeps nobody else from hearing
    stop = sessions.listen(lambda session: heard.append((session.id, session.state)))
    session = sessions.open(backend.url)
    # A listener may come back to us in the middle of it.
    session.listen(lambda changed: changed.state == "signed_in" and changed.openeo().auth.bearer)
    # When
    login = session.start_login()
    ended: list[str] = []
    login.listen(lambda changed: ended.append(changed.state))
    oidc.approve(login.verification_uri_complete or "")
    assert login.wait(AT_MOST) == "signed_in"
    stop()
    stop()
    session.sign_out()
    # Then
    assert heard == [(session.id, "signing_in"), (session.id, "signed_in")]
    assert ended == ["signed_in"]


def test_stopping_ends_what_is_under_way_and_signs_nobody_out(
    backend: Backend, sessions: Sessions, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    waiting = sessions.open(backend.url).start_login()
    # When
    sessions.stop()
    # Then
    assert waiting.wait(AT_MOST) == "cancelled"
    # Given
    signed_in(backend)
    # When
    sessions.stop()
    # Then
    assert Sessions().open(backend.url).state == "signed_in"
