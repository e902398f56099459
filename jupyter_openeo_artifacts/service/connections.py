"""Operations on backends, connections to them, sign-in, and approvals of a login."""

from __future__ import annotations

from dataclasses import asdict
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth.exceptions import LoginDestinationChanged, NotSignedIn
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.service.exceptions import NoLogin
from jupyter_openeo_artifacts.service.service import Created, no_such_connection
from jupyter_openeo_artifacts.state.backends import last_backend

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.device_flow import DeviceLogin
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.service.scope import Scope


def get_status(scope: Scope) -> dict[str, Any]:
    """Tell without touching a backend, so that it is also told offline."""
    service, told = scope.service, scope.knows_backends
    return {
        "version": version("jupyter-openeo-artifacts"),
        "backends": service.backends if told else [],
        "allow_other_backends": service.allow_other_backends and told,
        "max_upload_bytes": service.max_upload_bytes,
        "last_backend": last_backend() if told else None,
    }


def check_backend(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Ask an address that is being typed, so what is wrong with it is no error here."""
    spelled, title = body["backend"], ""
    found, trouble = wire.UNKNOWN_STORAGE, None
    try:
        spelled = scope.service.policy.admit(spelled)
        checked = scope.service.collaborators.sessions.check(spelled)
        spelled, title, trouble = checked.backend, checked.title, checked.problem
        if trouble is None:
            found = wire.storage_view(checked.artifacts, spelled)
    except OpenEOArtifactsError as error:
        trouble = error
    return {
        "backend": spelled,
        "title": title,
        "storage": asdict(found),
        "problem": None if trouble is None else trouble.to_dict(),
    }


def list_connections(scope: Scope) -> dict[str, Any]:
    """List them, the one used last first."""
    return {"connections": scope.connections()}


def open_connection(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Connect, and take up a login that openEO's own store holds."""
    sessions = scope.service.collaborators.sessions
    known = {session.id for session in sessions.all()}
    session = sessions.open(scope.service.policy.admit(body["backend"]))
    shown = wire.connection(session)
    return shown if session.id in known else Created(shown)


def get_connection(scope: Scope, connection: str) -> dict[str, Any]:
    """Show one."""
    if scope.knows_backends:
        return wire.connection(scope.service.session(connection))
    for shown in scope.connections():
        if shown["id"] == connection:
            return shown
    raise no_such_connection()


def close_connection(scope: Scope, connection: str) -> None:
    """Sign out and forget it, with the login stored on this machine."""
    scope.service.session(connection)
    scope.service.collaborators.sessions.close(connection)


def approve_login(scope: Scope, connection: str, body: dict[str, Any]) -> dict[str, Any]:
    """Agree to exactly what was shown, and sign in."""
    session = scope.service.session(connection)
    now = session.destination
    if now is None or wire.destination(now) != body:
        raise LoginDestinationChanged(
            f"{session.title} names others now than those that were agreed to.",
            todo="Nothing was sent. Look at whom it names now, then agree to that.",
        )
    session.confirm(now)
    if session.state != "signed_in":
        raise session.problem or NotSignedIn(
            f"There is no login that could be used at {session.title}.", todo="Sign in there."
        )
    return wire.connection(session)


def withdraw_approval(scope: Scope, connection: str) -> None:
    """Take it back; the login stays stored, for other backends."""
    scope.service.session(connection).withdraw()


def get_login(scope: Scope, connection: str) -> dict[str, Any]:
    """Show how it stands."""
    return wire.login(_under_way(scope.service.session(connection)))


def start_login(scope: Scope, connection: str) -> dict[str, Any]:
    """Start it, unless one is under way or none is needed."""
    session = scope.service.session(connection)
    if session.state == "signed_in":
        return wire.signed_in()
    running = session.login
    if running is not None and running.state == "pending":
        return wire.login(running)
    return Created(wire.login(session.start_login()))


def cancel_login(scope: Scope, connection: str) -> None:
    """Cancel the one under way."""
    _under_way(scope.service.session(connection)).cancel()


def _under_way(session: BackendSession) -> DeviceLogin:
    if session.login is None:
        raise NoLogin("No login was started on this connection.", todo="Start one.")
    return session.login
