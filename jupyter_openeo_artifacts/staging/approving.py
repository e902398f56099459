"""The yes of a person at a notebook: a login that is there may be used at a backend."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.login.destination import LoginNotConfirmed
from jupyter_openeo_artifacts.login.exceptions import LoginDestinationChanged, NotSignedIn
from jupyter_openeo_artifacts.staging.reference import own_sessions

if TYPE_CHECKING:
    from collections.abc import Sequence


def approve_login(
    backend: str, *, issuer: str, sts: str | Sequence[str], s3: str | Sequence[str]
) -> None:
    """Agree that your login at `issuer` is used at a backend, and sign in there by it.

    The error that asks for it has the whole line in it; who runs it has read whom it names. It
    counts on this machine until it is withdrawn, or the backend names others.

    Parameters
    ----------
    backend
        The backend's address.
    issuer
        Address of the OpenID provider where you are signed in.
    sts, s3
        Where the backend's storages give sessions and take files; several in a list.

    Raises
    ------
    LoginDestinationChanged
        The backend names others; nothing was sent.
    NotSignedIn
        There is no login of yours to use there.
    OpenEOArtifactsError
        The backend or the provider does not answer.
    """
    session = own_sessions().open(backend)
    if session.state == "signed_in":
        return
    asked = session.problem
    if not isinstance(asked, LoginNotConfirmed):
        raise asked or NotSignedIn(
            f"There is no login that could be used at {session.title}.",
            todo="Sign in there with the openEO artifacts panel.",
        )
    named = (issuer.rstrip("/"), _several(sts), _several(s3))
    there = asked.destination
    if named != (there.issuer, set(there.sts), set(there.s3)):
        raise LoginDestinationChanged(
            f"{session.title} does not name what you have agreed to.", todo=asked.copy().todo
        )
    session.confirm(there)


def _several(origins: str | Sequence[str]) -> set[str]:
    return {origins} if isinstance(origins, str) else set(origins)
