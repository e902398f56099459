"""The logins and the queue behind the service, made when they are first wanted, and for whom.

Making them imports openeo and boto3 (half a second warm, some when cold), so it never happens when
Jupyter starts, and never on a loop: every property here is read in a worker thread.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Protocol

from jupyter_openeo_artifacts.auth.exceptions import BackendNotAllowed
from jupyter_openeo_artifacts.urls import is_public, normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


class CollaboratorsObserver(Protocol):
    """Hears of each change, in whatever thread it happens."""

    def on_upload(self, view: UploadView, /) -> None:
        """Hear how an upload is now."""

    def on_session(self, session: BackendSession, /) -> None:
        """Hear that a connection, or the login on it, has changed."""


class Collaborators:
    """One set of logins and one queue for the process.

    Parameters
    ----------
    make_sessions, make_upload_manager
        Called once, without arguments.
    """

    def __init__(
        self,
        make_sessions: Callable[[], Sessions],
        make_upload_manager: Callable[[], UploadManager],
        observer: CollaboratorsObserver,
    ) -> None:
        self._make_sessions = make_sessions
        self._make_upload_manager = make_upload_manager
        self._observer = observer
        self._lock = threading.Lock()
        self._sessions: Sessions | None = None
        self._upload_manager: UploadManager | None = None

    @property
    def sessions(self) -> Sessions:
        """The logins."""
        found = self._sessions  # without the lock: who only looks must not wait for an import
        if found is not None:
            return found
        with self._lock:
            if self._sessions is None:
                made = self._make_sessions()
                made.listen(self._observer.on_session)
                self._sessions = made
            return self._sessions

    @property
    def upload_manager(self) -> UploadManager:
        """The queue."""
        found = self._upload_manager
        if found is not None:
            return found
        with self._lock:
            if self._upload_manager is None:
                made = self._make_upload_manager()
                made.listen(self._observer.on_upload)
                self._upload_manager = made
            return self._upload_manager

    @property
    def has_sessions(self) -> bool:
        """Whether there can be a connection; False spares the imports."""
        return self._sessions is not None

    @property
    def has_upload_manager(self) -> bool:
        """Whether there can be an upload; False spares the imports."""
        return self._upload_manager is not None

    def close(self) -> None:
        """Cancel what runs; nobody is signed out."""
        with self._lock:
            sessions, self._sessions = self._sessions, None
            upload_manager, self._upload_manager = self._upload_manager, None
        if sessions is not None:
            sessions.stop()
        if upload_manager is not None:
            upload_manager.close()


class BackendPolicy:
    """Lets an address in or not; a backend that is let in gets the user's token.

    Parameters
    ----------
    listed
        Addresses that are always let in.
    allow_others
        Whether others may be entered.
    allow_local
        Whether others may be on this machine, by http too, or in a private network.
    """

    def __init__(self, listed: Iterable[str], *, allow_others: bool, allow_local: bool) -> None:
        self._listed = {normalise(address, allow_insecure=True) for address in listed}
        self._allow_others = allow_others
        self._allow_local = allow_local

    @property
    def lists_insecure(self) -> bool:
        """Whether the administrator listed a backend that is reached by http."""
        return any(address.startswith("http:") for address in self._listed)

    def public_only(self, address: str) -> bool:
        """Tell whether a backend, and whom it names, may be reached at public addresses only."""
        return not self._allow_local and address not in self._listed

    def admit(self, address: str) -> str:
        """Return the address as it will be used; blocks where its name has to be looked up.

        Raises
        ------
        BackendAddressInvalid
            It is none.
        BackendNotAllowed
            It is not let in.
        """
        spelled = normalise(address, allow_insecure=True)
        if spelled in self._listed:
            return spelled
        spelled = normalise(address)
        if not self._allow_others:
            raise BackendNotAllowed(
                "This Jupyter server works with the listed backends only.",
                todo="Choose one of the list, or ask the server's administrator to add yours.",
            )
        if not self._allow_local and not is_public(spelled):
            raise BackendNotAllowed(
                "This Jupyter server does not work with backends on this machine or in a private"
                " network.",
                todo="Choose another one, or ask the server's administrator to add yours.",
            )
        return spelled
