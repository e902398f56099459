"""The backend and login that scripts and kernels use without naming one."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.auth.exceptions import NotSignedIn
from jupyter_openeo_artifacts.staging.target import ConnectionTarget, SessionTarget
from jupyter_openeo_artifacts.state.last_backend import last_backend

if TYPE_CHECKING:
    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from jupyter_openeo_artifacts.staging.target import Target


_lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # a thread that holds it is not there in a forked process
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


_sessions: Sessions | None = None


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
    return SessionTarget(default_sessions().open(target_address(backend)))


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
            todo="Sign in with the openEO artifacts panel, or run in a terminal:"
            " jupyter openeo-artifacts login --backend URL. Or name a backend or a connection.",
        )
    return address


def default_sessions() -> Sessions:
    """Return this process's logins."""
    global _sessions  # noqa: PLW0603  one set of logins per process, made when first needed
    from jupyter_openeo_artifacts.backends.session_registry import Sessions

    with _lock:
        if _sessions is None:
            _sessions = Sessions()
        return _sessions
