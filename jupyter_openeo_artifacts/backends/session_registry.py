"""All the backends that are open in this process."""

from __future__ import annotations

import threading
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth.exceptions import BackendNotAllowed, NoSuchConnection
from jupyter_openeo_artifacts.backends.approvals import Approvals
from jupyter_openeo_artifacts.backends.configured import ListedBackends, configured_backends
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.concurrency.signal import Signal
from jupyter_openeo_artifacts.errors import (
    BackendAddressInvalid,
    OpenEOArtifactsError,
    RecordsUnusable,
)
from jupyter_openeo_artifacts.state.backends import forget_backend, remember_backend
from jupyter_openeo_artifacts.state.ids import connection_id
from jupyter_openeo_artifacts.urls import normalise

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_openeo_artifacts.backends.session import BackendSession


@dataclass(frozen=True)
class BackendCheck:
    """What a backend said of itself.

    `backend` is the address as it will be used, `artifacts` the raw value of that name in the
    capabilities; `problem` says why the backend is no use to us.
    """

    backend: str
    title: str
    artifacts: Any = field(default=None, repr=False)
    problem: OpenEOArtifactsError | None = None


class Sessions:
    """The registry of open backends, safe for threads.

    Parameters
    ----------
    allowed
        The administrator's list of addresses; any backend where it is None.
    allow_insecure
        Accept `http://` addresses of other machines, too; by the list if not given.
    listed
        Addresses of the backends where logins may be used without a question; those that the
        administrator has listed for this machine if not given.
    public_only
        Says which backends, by their normalised addresses, may be reached at public addresses
        only, with their login providers and storages; none if not given.
    """

    def __init__(
        self,
        *,
        allowed: Sequence[str] | None = None,
        allow_insecure: bool | None = None,
        listed: Sequence[str] | None = None,
        public_only: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._allowed = allowed
        self._insecure = allow_insecure
        self._public_only = public_only
        self._listed = ListedBackends(configured_backends if listed is None else lambda: listed)
        self.approvals: Approvals = Approvals(self._listed)
        self._open: dict[str, BackendSession] = {}
        self._listeners: Signal[BackendSession] = Signal()
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have free locks: who opens a backend is not there in a forked process."""
        self._lock = threading.Lock()
        self._opening: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)

    def check(self, backend: str) -> BackendCheck:
        """Ask a backend what it is, while its address is being typed; no login, no token.

        Never raises: what is wrong is in the answer's `problem`. At most 10 s.
        """
        from jupyter_openeo_artifacts.backends.discovery import probe

        address = backend.strip()
        try:
            address = self._address(backend)
            found = probe(address, public_only=self._public_only(address))
        except OpenEOArtifactsError as error:
            return BackendCheck(address, title="", problem=error)
        return BackendCheck(address, found.title, found.artifacts)

    def open(self, backend: str) -> BackendSession:
        """Return the session of a backend, signed in where that needs nobody.

        A backend is connected to once; opened again it tries to sign in again, if need be.

        Raises
        ------
        BackendAddressInvalid, BackendNotAllowed
            Nothing was asked.
        BackendUnreachable, BackendFailed, BackendRedirects, NotOpenEO
            After 15 s at the latest.
        """
        address = self._address(backend)
        key = connection_id(address)
        with self._lock:
            opening = self._opening[key]
        with opening:
            with self._lock:
                session = self._open.get(key)
            if session is None:
                session = self._connect(address)
            signed_in = session.sign_in_silently()
            with self._lock:
                self._open.pop(key, None)  # to the end: used last
                self._open[key] = session
        if signed_in:  # an address that was only opened is remembered as nothing
            with suppress(RecordsUnusable):  # a convenience for kernels, not worth a failure
                remember_backend(address)
        return session

    def get(self, session_id: str) -> BackendSession:
        """Return an open session.

        Raises
        ------
        NoSuchConnection
            There is none of that id.
        """
        with self._lock:
            session = self._open.get(session_id)
        if session is None:
            raise _no_such()
        return session

    def all(self) -> list[BackendSession]:
        """Return the open sessions, the one opened last first."""
        with self._lock:
            return list(reversed(self._open.values()))

    def close(self, session_id: str) -> None:
        """Sign out and close.

        Raises
        ------
        NoSuchConnection
            There is none of that id.
        OpenEOArtifactsError
            The stored login could not be removed; the session is closed all the same.
        """
        with self._lock:
            session = self._open.pop(session_id, None)
            opening = self._opening[session_id] if session else None
        if session is None or opening is None:
            raise _no_such()
        with opening:  # another window would take up the stored login before it is removed
            session.sign_out()

    def withdraw(self, backend: str) -> bool:
        """Agree no longer to the use of a login at a backend, without asking it anything.

        Returns
        -------
        bool
            Whether there was a yes to take back.

        Raises
        ------
        BackendAddressInvalid, BackendNotAllowed
            It is no backend's address.
        RecordsUnusable
            It cannot be noted.
        """
        address = self._address(backend)
        with self._lock:
            session = self._open.get(connection_id(address))
        before = self.approvals.all()
        if session:
            session.withdraw()
        for each in before:
            if each.is_for(address):
                self.approvals.withdraw(each.backend)
        if not self._listed.vouches_for(address, address):
            forget_backend(address)
        return self.approvals.all() != before

    def is_listed(self, backend: str) -> bool:
        """Tell whether the administrator lets logins be used at a backend without a question."""
        address = self._address(backend)
        return self._listed.vouches_for(address, address)

    def stop(self) -> None:
        """End what goes on in the background, for a process that ends; nobody is signed out."""
        for session in self.all():
            if session.login:
                session.login.cancel()

    def listen(self, callback: Callable[[BackendSession], None]) -> Callable[[], None]:
        """Call `callback` (from any thread) after each change of a session, those to come too."""
        return self._listeners.add(callback)

    def _connect(self, address: str) -> BackendSession:
        # Here, so that a Jupyter server where nobody opens the panel does not load it all.
        from jupyter_openeo_artifacts.backends.connect import connect
        from jupyter_openeo_artifacts.backends.discovery import probe
        from jupyter_openeo_artifacts.backends.session import BackendSession

        found = probe(address, public_only=self._public_only(address))
        session = BackendSession(found, connect(found), self.approvals)
        session.listen(self._listeners.tell)
        return session

    @property
    def _allow_insecure(self) -> bool:
        return self._listed.has_insecure if self._insecure is None else self._insecure

    def _address(self, backend: str) -> str:
        address = normalise(backend, allow_insecure=self._allow_insecure)
        if self._allowed is not None and address not in map(self._spelled, self._allowed):
            raise BackendNotAllowed(
                "This backend is not on the list that your administrator allows.",
                todo="Choose one from the list, or ask your administrator.",
            )
        return address

    def _spelled(self, allowed: str) -> str:
        with suppress(BackendAddressInvalid):
            return normalise(allowed, allow_insecure=self._allow_insecure)
        return ""


def _no_such() -> NoSuchConnection:
    return NoSuchConnection("This connection is not open.", todo="Connect to the backend again.")
