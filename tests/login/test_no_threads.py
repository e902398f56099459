"""A machine that gives no further thread: it is said as such, and no sign-in hangs for it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.errors import ResourcesExhausted

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from tests.servers.openeo_stub import Backend


def no_threads(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the system give no thread of that name, as its limits do."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith(name):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.mark.parametrize("name", ["GET ", "connecting to ", "time limit of a request"])
def test_a_backend_that_cannot_be_asked_is_not_blamed(
    backend: Backend, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Given
    no_threads(monkeypatch, name)
    # When
    with pytest.raises(ResourcesExhausted, match="limit of threads") as raised:
        sessions.open(backend.url)
    # Then
    assert raised.value.who == "wait"


@pytest.mark.usefixtures("oidc")
def test_a_sign_in_that_nobody_follows_has_failed_and_can_be_begun_again(
    backend: Backend, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    session = sessions.open(backend.url)
    with monkeypatch.context() as patched:
        no_threads(patched, "openeo device login")
        # When
        login = session.start_login()
    # Then
    assert login.wait(60) == "failed"
    assert login.problem is not None
    assert login.problem.code == "resources_exhausted"
    assert (session.state, session.problem) == ("signed_out", login.problem)
    # When
    again = session.start_login()
    # Then
    assert again is not login
    assert again.state == "pending"
    again.cancel()
