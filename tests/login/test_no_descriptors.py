"""A machine that is out of descriptors or memory: neither backend nor provider is blamed for it."""

from __future__ import annotations

import errno
import os
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.auth.tokens import Tokens
from jupyter_openeo_artifacts.errors import ResourcesExhausted
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from tests.servers.oidc import OpenIDProvider
    from tests.servers.openeo_stub import Backend

LACKS = [errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS]
lacks = pytest.mark.parametrize("lack", LACKS, ids=errno.errorcode.get)


@contextmanager
def no_sockets(monkeypatch: pytest.MonkeyPatch, lack: int) -> Iterator[threading.Event]:
    """Let the system give no further socket; yields what is set once one was refused."""
    refused = threading.Event()

    class NoSocket(socket.socket):
        def __init__(self, *args: Any, fileno: int | None = None, **settings: Any) -> None:
            if fileno is None:
                refused.set()
                raise OSError(lack, os.strerror(lack))
            super().__init__(*args, fileno=fileno, **settings)

        def __del__(self) -> None:
            """Leave nothing of what has not begun."""

    with monkeypatch.context() as patched:  # what a server accepts has a descriptor already
        patched.setattr(socket, "socket", NoSocket)
        yield refused


@lacks
def test_a_backend_that_cannot_be_asked_is_not_blamed(
    backend: Backend, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, lack: int
) -> None:
    # When
    with (
        no_sockets(monkeypatch, lack) as refused,
        pytest.raises(ResourcesExhausted, match=r"limit of (open files|memory)") as raised,
    ):
        sessions.open(backend.url)
    # Then
    assert raised.value.who == "wait"
    assert refused.is_set()
    assert sessions.open(backend.url).state == "signed_out"


@lacks
@pytest.mark.usefixtures("oidc")
def test_a_login_provider_that_cannot_be_asked_is_not_blamed(
    backend: Backend, sessions: Sessions, monkeypatch: pytest.MonkeyPatch, lack: int
) -> None:
    # Given
    session = sessions.open(backend.url)
    # When
    with (
        no_sockets(monkeypatch, lack),
        pytest.raises(ResourcesExhausted, match=r"limit of (open files|memory)"),
    ):
        session.start_login()
    # Then
    login = session.start_login()
    assert login.state == "pending"
    login.cancel()


@lacks
def test_a_renewal_that_has_no_descriptor_blames_nobody_and_keeps_the_login(
    backend: Backend,
    signed_in: Callable[..., BackendSession],
    monkeypatch: pytest.MonkeyPatch,
    lack: int,
) -> None:
    # Given
    session = signed_in(backend)
    connection = session.openeo()
    with monkeypatch.context() as patched, no_sockets(monkeypatch, lack):
        patched.setattr(Tokens, "is_fresh", lambda _: False)
        # When
        with pytest.raises(ResourcesExhausted, match=r"limit of (open files|memory)"):
            _ = connection.auth.bearer
    # Then
    assert session.state == "signed_in"
    assert connection.describe_account() == {"user_id": "alice"}


def test_a_poll_that_has_no_descriptor_does_not_end_a_sign_in(
    oidc: OpenIDProvider, backend: Backend, sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    login = sessions.open(backend.url).start_login()
    with no_sockets(monkeypatch, errno.EMFILE) as refused:
        assert refused.wait(AT_MOST), "it asks whether the person has agreed"
    # When
    oidc.approve(login.verification_uri_complete or "", "alice")
    # Then
    assert login.wait(AT_MOST) == "signed_in", login.problem
