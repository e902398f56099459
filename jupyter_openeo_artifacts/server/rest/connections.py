"""REST: backends, connections to them, sign-in, and approvals of a login."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from tornado import web

from jupyter_openeo_artifacts.auth.exceptions import LoginDestinationChanged, NotSignedIn
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.server import storage_status as storage
from jupyter_openeo_artifacts.server.exceptions import NoLogin
from jupyter_openeo_artifacts.server.rest import serializers as wire
from jupyter_openeo_artifacts.server.rest.base import BaseHandler

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.device_flow import DeviceLogin
    from jupyter_openeo_artifacts.backends.session import BackendSession


class ConnectionsHandler(BaseHandler):
    """Which there are, and new ones."""

    auth_resource = "jupyter_openeo_artifacts:connections"

    @web.authenticated
    async def get(self) -> None:
        """List them."""
        collaborators = self.app.collaborators
        if not collaborators.has_sessions:
            self.answer({"connections": []})
            return
        listed = await self.blocking(
            lambda: [shown(session) for session in collaborators.sessions.all()]
        )
        self.answer({"connections": listed})

    @web.authenticated
    async def post(self) -> None:
        """Connect, and take up a login that openEO's own store holds."""
        address = self.read_json("BackendAddress")["backend"]
        session, is_new = await self.blocking(self._open, address)
        self.set_header("Location", self.location("connections", session.id))
        self.answer(await self.blocking(shown, session), 201 if is_new else 200)

    def _open(self, address: str) -> tuple[BackendSession, bool]:
        sessions = self.app.collaborators.sessions
        known = {session.id for session in sessions.all()}
        session = sessions.open(self.app.policy.admit(address))
        return session, session.id not in known


class ConnectionHandler(BaseHandler):
    """One connection."""

    auth_resource = "jupyter_openeo_artifacts:connections"

    @web.authenticated
    async def get(self, connection: str) -> None:
        """Show it."""
        session = await self.app.services.session(connection)
        self.answer(await self.blocking(shown, session))

    @web.authenticated
    async def delete(self, connection: str) -> None:
        """Sign out and forget it, with the login stored on this machine."""
        await self.app.services.session(connection)
        await self.blocking(self.app.collaborators.sessions.close, connection)
        self.answer_nothing()


def shown(session: BackendSession) -> dict[str, Any]:
    """Return a `Connection` with what the backend says of its storage; blocks."""
    try:
        found = storage.view(session.artifact_capabilities(), session.backend)
    except OpenEOArtifactsError:
        found = storage.UNKNOWN
    return wire.connection(session, found)


class CheckHandler(BaseHandler):
    """Answers while an address is being typed, so what is wrong with it is no error here."""

    auth_resource = "jupyter_openeo_artifacts:connections"

    @web.authenticated
    async def post(self) -> None:
        """Ask the address."""
        address = self.read_json("BackendAddress")["backend"]
        self.answer(await self.blocking(self._check, address))

    def _check(self, address: str) -> dict[str, Any]:
        spelled, title = address, ""
        found, trouble = storage.UNKNOWN, None
        try:
            spelled = self.app.policy.admit(address)
            checked = self.app.collaborators.sessions.check(spelled)
            spelled, title, trouble = checked.backend, checked.title, checked.problem
            if trouble is None:
                found = storage.view(checked.artifacts, spelled)
        except OpenEOArtifactsError as error:
            trouble = error
        return {
            "backend": spelled,
            "title": title,
            "storage": asdict(found),
            "problem": None if trouble is None else trouble.to_dict(),
        }


class ApprovalHandler(BaseHandler):
    """The approval of one connection's login."""

    auth_resource = "jupyter_openeo_artifacts:connections"

    @web.authenticated
    async def put(self, connection: str) -> None:
        """Agree to exactly what was shown, and sign in."""
        agreed = self.read_json("LoginDestination")
        session = await self.app.services.session(connection)
        await self.blocking(_approve, session, agreed)
        self.answer(await self.blocking(shown, session))

    @web.authenticated
    async def delete(self, connection: str) -> None:
        """Take it back; the login stays stored, for other backends."""
        session = await self.app.services.session(connection)
        await self.blocking(session.withdraw)
        self.answer_nothing()


def _approve(session: BackendSession, agreed: dict[str, Any]) -> None:
    now = session.destination
    if now is None or wire.destination(now) != agreed:
        raise LoginDestinationChanged(
            f"{session.title} names others now than those that were agreed to.",
            todo="Nothing was sent. Look at whom it names now, then agree to that.",
        )
    session.confirm(now)
    if session.state != "signed_in":
        raise session.problem or NotSignedIn(
            f"There is no login that could be used at {session.title}.", todo="Sign in there."
        )


class LoginHandler(BaseHandler):
    """The login of one connection."""

    auth_resource = "jupyter_openeo_artifacts:connections"

    @web.authenticated
    async def get(self, connection: str) -> None:
        """Show how it stands."""
        session = await self.app.services.session(connection)
        self.answer(wire.login(_under_way(session)))

    @web.authenticated
    async def post(self, connection: str) -> None:
        """Start it, unless one is under way or none is needed."""
        session = await self.app.services.session(connection)
        status, found = await self.blocking(_start, session)
        self.answer(found, status)

    @web.authenticated
    async def delete(self, connection: str) -> None:
        """Cancel it."""
        session = await self.app.services.session(connection)
        await self.blocking(_under_way(session).cancel)
        self.answer_nothing()


def _start(session: BackendSession) -> tuple[int, dict[str, Any]]:
    if session.state == "signed_in":
        return 200, wire.signed_in()
    running = session.login
    if running is not None and running.state == "pending":
        return 200, wire.login(running)
    return 201, wire.login(session.start_login())


def _under_way(session: BackendSession) -> DeviceLogin:
    if session.login is None:
        raise NoLogin("No login was started on this connection.", todo="Start one.")
    return session.login
