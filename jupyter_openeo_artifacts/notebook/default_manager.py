"""What this kernel uses by default: one queue, one service, and the login that is meant."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_openeo_artifacts.auth.exceptions import NotSignedIn, SignedOutElsewhere
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.concurrency.process_end import OnePerProcess
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.target import (
    ConnectionTarget,
    SessionTarget,
    default_sessions,
)
from jupyter_openeo_artifacts.state.backends import last_backend

if TYPE_CHECKING:
    from collections.abc import Mapping

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.service.service import Service
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

default_upload_manager = OnePerProcess(UploadManager)
"""Returns this process's upload manager, as one kernel has one user."""


def _service() -> Service:
    from jupyter_openeo_artifacts.backends.configured import (
        backends_without_traits,
        configured_backends,
    )
    from jupyter_openeo_artifacts.service.collaborators import BackendPolicy, Collaborators
    from jupyter_openeo_artifacts.service.service import Change, Service

    class Observer:
        def on_upload(self, view: UploadView, /) -> None:
            made.tell(Change("uploads", view.id, view.state))

        def on_session(self, session: BackendSession, /) -> None:
            made.tell(Change("connections", session.id, session.state))

    collaborators = Collaborators(default_sessions, default_upload_manager, Observer())
    made = Service(
        collaborators,
        lambda: default_upload_manager().ledger,
        # Whoever runs code here may ask any backend, so no rule of a server is kept up.
        BackendPolicy(configured_backends(), allow_others=True, allow_local=True),
        backends=backends_without_traits(),
    )
    # Magics and widgets have used both, perhaps: what is there is shown.
    assert collaborators.upload_manager is not None
    assert collaborators.sessions is not None
    return made


default_service = OnePerProcess(_service)
"""Returns this process's service."""


_SIGN_IN = (
    "Sign in with the openEO artifacts panel, or make a connection here:"
    ' connection = openeo.connect("…").authenticate_oidc()'
)


class SeveralConnections(OpenEOArtifactsError):
    """The notebook holds more than one openEO connection (`names`)."""

    code: ClassVar[str] = "several_connections"
    who: ClassVar[Who] = "you"

    def __init__(self, names: list[str]) -> None:
        # "--connection connection" would read like a typing error.
        example = next((name for name in names if name != "connection"), names[0])
        super().__init__(
            f"This notebook has several openEO connections: {', '.join(names)}.",
            todo=f"Say which one to use, for example --connection {example} with %artifact_upload,"
            f" or ArtifactUploader({example}).",
        )
        self.names = names


class NoSuchConnection(OpenEOArtifactsError):
    """The variable does not hold an openEO connection."""

    code: ClassVar[str] = "no_such_connection"
    who: ClassVar[Who] = "you"


def find_target(namespace: Mapping[str, Any], variable: str | None = None) -> Target:
    """Return where to stage: the connection named, else the only one, else the panel's login.

    Parameters
    ----------
    namespace
        The notebook's variables.
    variable
        The one that holds the connection.

    Raises
    ------
    NoSuchConnection
        `variable` holds no openEO connection.
    SeveralConnections
        None was named and there is a choice.
    NotSignedIn
        The connection is not signed in; or there is none, nor a login of the panel.
    OpenEOArtifactsError
        The panel's backend cannot be reached.
    """
    if variable is not None:
        return target_of(_named(namespace, variable))
    found = connections(namespace)
    if len(found) > 1:
        raise SeveralConnections(sorted(found))
    for connection in found.values():
        return target_of(connection)
    return _panels_login()


def connections(namespace: Mapping[str, Any]) -> dict[str, Connection]:
    """Return the notebook's openEO connections, each once, under the first name it was given.

    Names that start with an underscore are not looked at: IPython keeps its results there.
    """
    found: dict[str, Connection] = {}
    for name, value in list(namespace.items()):
        if name.startswith("_") or not _is_connection(value):
            continue
        if not any(value is known for known in found.values()):
            found[name] = value
    return found


def target_of(connection: Connection) -> ConnectionTarget:
    """Return the target of a connection that somebody signed in.

    Raises
    ------
    NotSignedIn
        Its requests carry no bearer token, or its account has signed out in the panel since.
    """
    target = ConnectionTarget(connection)
    if not getattr(connection.auth, "bearer", None):
        raise NotSignedIn(
            f"The connection to {target.backend} is not signed in.",
            todo="Call its method authenticate_oidc().",
        )
    target.require_signed_in()
    return target


def _named(namespace: Mapping[str, Any], variable: str) -> Connection:
    if variable not in namespace:
        raise NoSuchConnection(f"There is no variable {variable!r} here.", todo=_choices(namespace))
    if not _is_connection(namespace[variable]):
        raise NoSuchConnection(
            f"The variable {variable!r} is not an openEO connection.", todo=_choices(namespace)
        )
    connection: Connection = namespace[variable]
    return connection


def _choices(namespace: Mapping[str, Any]) -> str:
    names = sorted(connections(namespace))
    return f"Connections here: {', '.join(names)}." if names else _SIGN_IN


def _is_connection(value: Any) -> bool:
    # Whoever has a connection has imported openeo; nobody else pays for its import.
    openeo = sys.modules.get("openeo")
    kind = getattr(openeo, "Connection", None)
    return kind is not None and isinstance(value, kind)


def _panels_login() -> Target:
    backend = last_backend()
    if backend is None:
        raise NotSignedIn("There is no openEO connection in this notebook.", todo=_SIGN_IN)
    session = default_sessions().open(backend)
    if isinstance(session.problem, LoginNotConfirmed):
        raise session.problem.copy()
    if isinstance(session.problem, SignedOutElsewhere):
        raise SignedOutElsewhere(session.problem.title)
    if session.state != "signed_in":
        raise NotSignedIn(
            "There is no openEO connection in this notebook, and the panel's login at"
            f" {session.title or backend} has ended.",
            todo=_SIGN_IN,
        )
    return SessionTarget(session)
