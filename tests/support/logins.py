"""Signing a person in by the device flow, and waiting for it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from tests.limits import AT_MOST

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.backends.session import BackendSession


class Approves(Protocol):
    """A provider whose log-in page a test answers."""

    def approve(self, address: str, user: str, /) -> object: ...


def sign_in(session: BackendSession, provider: Approves, user: str = "alice") -> None:
    """Sign a person in, as the panel does."""
    login = session.start_login()
    provider.approve(login.verification_uri_complete or "", user)
    assert login.wait(AT_MOST) == "signed_in", login.problem
