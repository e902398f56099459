"""The line in a cell that signs when it runs, so that no link is kept in the notebook."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.login.exceptions import NotSignedIn
from jupyter_openeo_artifacts.records.backends import last_backend
from jupyter_openeo_artifacts.staging.target import ConnectionTarget, SessionTarget

if TYPE_CHECKING:
    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.login.sessions import Sessions
    from jupyter_openeo_artifacts.staging.target import Target

_lock = threading.Lock()
_sessions: Sessions | None = None


def presigned_url(
    uri: Any,
    *,
    backend: str | None = None,
    connection: Connection | None = None,
    expires_in: int | None = None,
) -> str:
    """Return a fresh presigned URL for a staged file. Whoever has it can read the file.

    Parameters
    ----------
    uri
        The storage URI, `s3://…`.
    backend
        Address of the openEO backend it was staged on; else the one used last on this machine.
    connection
        A signed-in openEO connection to use instead of the login kept on this machine.
    expires_in
        Seconds; None is as long as it surely holds.

    Raises
    ------
    OpenEOArtifactsError
        Not signed in, not a storage URI, or the backend or storage does not answer.
    """
    target = target_for(backend=backend, connection=connection)
    return target.helper().sign(uri, expires_in).url


def target_for(*, backend: str | None = None, connection: Connection | None = None) -> Target:
    """Return where to stage and sign: the given connection, else the login kept for `backend`.

    Raises
    ------
    NotSignedIn
        No backend is named and none was used before.
    OpenEOArtifactsError
        The backend cannot be reached.
    """
    if connection is not None:
        return ConnectionTarget(connection)
    return SessionTarget(own_sessions().open(target_address(backend)))


def target_address(backend: str | None) -> str:
    """Return `backend`, else the address of the one used last on this machine.

    Raises
    ------
    NotSignedIn
        There is neither.
    """
    address = backend or last_backend()
    if address is None:
        raise NotSignedIn(
            "There is no openEO login to use.",
            todo="Sign in with the openEO artifacts panel, or name a backend or a connection.",
        )
    return address


def own_sessions() -> Sessions:
    """Return this process's logins."""
    global _sessions  # noqa: PLW0603  one set of logins per process, made when first needed
    from jupyter_openeo_artifacts.login.sessions import Sessions

    with _lock:
        if _sessions is None:
            _sessions = Sessions()
        return _sessions
