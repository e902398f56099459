"""Where an upload goes: a connection, or the backend and login that were used last."""

from __future__ import annotations

import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakKeyDictionary

from jupyter_openeo_artifacts.auth.exceptions import (
    NoSuchConnection,
    NotSignedIn,
    SignedOutElsewhere,
)
from jupyter_openeo_artifacts.auth.shared_renewal import renewer_of, share_renewal
from jupyter_openeo_artifacts.auth.tokens import jwt_account
from jupyter_openeo_artifacts.concurrency.process_end import OnePerProcess
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.staging.helper_cache import get_helper
from jupyter_openeo_artifacts.staging.upload_spec import Owner
from jupyter_openeo_artifacts.state.backends import SignOut, last_backend, last_sign_out
from jupyter_openeo_artifacts.state.ids import connection_id

if TYPE_CHECKING:
    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.backends.session_registry import Sessions


_lock = threading.Lock()


if hasattr(os, "register_at_fork"):  # a thread that holds it is not there in a forked process
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )


_seen: WeakKeyDictionary[Any, tuple[Any, Any, SignOut | None]] = WeakKeyDictionary()


class Target(Protocol):
    """A backend, and the helper that stages for its user."""

    @property
    def id(self) -> str:
        """The connection's id."""

    @property
    def backend(self) -> str:
        """The backend's address."""

    @property
    def owner(self) -> Owner | None:
        """Who is signed in there, None where nobody is; asks nobody."""

    def artifact_capabilities(self) -> Any:
        """Return the raw value of `artifacts` in the backend's capabilities; may ask for it."""

    def helper(self) -> S3STSArtifactHelper:
        """Return the helper; blocks, and raises where the login has ended."""


class SessionTarget:
    """A login that we keep (panel, command line, run-time reference).

    Parameters
    ----------
    sessions
        Where the connection is looked up at each use: who signs out and in again has another
        session. If not given it stays the one that was given.
    """

    def __init__(self, session: BackendSession, sessions: Sessions | None = None) -> None:
        self._session = session
        self._sessions = sessions

    @property
    def id(self) -> str:
        """The connection's id."""
        return self._session.id

    @property
    def backend(self) -> str:
        """The backend's address."""
        return self._session.backend

    @property
    def owner(self) -> Owner | None:
        """Who is signed in there, None where nobody is."""
        session = self._open_now()
        if session.state != "signed_in":
            return None
        return Owner(session.user or "", session.subject)

    def artifact_capabilities(self) -> Any:
        """Return what the backend said of its storage when it was last asked."""
        return self._open_now().artifact_capabilities()

    def helper(self) -> S3STSArtifactHelper:
        """Return the helper.

        Raises
        ------
        OpenEOArtifactsError
            Not signed in, or the backend offers no storage that we know.
        """
        session = self._open_now()
        return get_helper(
            session.openeo(),
            session.require_storage,
            public_only=session.public_only,
            login=session.active,
        )

    def _open_now(self) -> BackendSession:
        if self._sessions is not None:
            with suppress(NoSuchConnection):  # then the last one says that nobody is signed in
                self._session = self._sessions.get(self.id)
        return self._session


class ConnectionTarget:
    """An openEO connection that the user made in a notebook or script.

    From then on it renews its login by openEO's token store, as the panel does.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        share_renewal(connection)
        _sign_out_before(connection, self.id)

    @property
    def id(self) -> str:
        """The connection's id."""
        return connection_id(self.backend)

    @property
    def backend(self) -> str:
        """The backend's address."""
        return str(self._connection.root_url)

    @property
    def owner(self) -> Owner:
        """Who is signed in; without a name, which only the backend has."""
        bearer = ""
        with suppress(OpenEOArtifactsError):
            bearer = str(getattr(self._connection.auth, "bearer", None) or "")
        return Owner(subject=jwt_account(bearer.rpartition("/")[2]))

    def artifact_capabilities(self) -> Any:
        """Return what the backend says of its storage, at most a minute old.

        Raises
        ------
        OpenEOArtifactsError
            It does not answer.
        """
        from jupyter_openeo_artifacts.artifacts.capabilities import advertised

        return advertised(self._connection)

    def helper(self) -> S3STSArtifactHelper:
        """Return the helper.

        Raises
        ------
        OpenEOArtifactsError
            Not signed in, or the backend offers no storage that we know.
        """
        self.require_signed_in()
        return get_helper(self._connection)

    def require_signed_in(self) -> None:
        """Refuse to go on where this account has signed out since, in the panel for one.

        Nothing is asked where nobody has signed out.

        Raises
        ------
        SignedOutElsewhere
            It has; its owner can sign the connection in again.
        """
        last, before = last_sign_out(self.id), _sign_out_before(self._connection, self.id)
        if last in (None, before):
            return
        own = get_helper(self._connection).account_name
        if not last.account or not own or last.account == own:  # nameless: it may be this one
            raise SignedOutElsewhere(self.backend)


def _sign_out_before(connection: Connection, connection_id: str) -> SignOut | None:
    """Return the last sign-out when this login of the connection was first seen here.

    None where it cannot be known yet.
    """
    now, renewer = connection.auth, renewer_of(connection)
    with _lock:
        auth, by, before = _seen.get(connection, (None, None, None))
        # A renewal changes `auth` alone; who signs it in, or in again, changes its renewer, too.
        same = now is auth or (renewer is not None and renewer is by)
        if before is None or not same:
            before = last_sign_out(connection_id)
        _seen[connection] = (now, renewer, before)
        return before


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


def _sessions() -> Sessions:
    from jupyter_openeo_artifacts.backends.session_registry import Sessions

    return Sessions()


default_sessions = OnePerProcess(_sessions, shared_by_forks=True)
"""Returns this process's logins."""
