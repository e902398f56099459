"""Connections to backends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado import web

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.server import storage, wire
from jupyter_openeo_artifacts.server.base import BaseHandler

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.login.session import BackendSession


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
        session = await self.app.desk.session(connection)
        self.answer(await self.blocking(shown, session))

    @web.authenticated
    async def delete(self, connection: str) -> None:
        """Sign out and forget it, with the login stored on this machine."""
        await self.app.desk.session(connection)
        await self.blocking(self.app.collaborators.sessions.close, connection)
        self.answer_nothing()


def shown(session: BackendSession) -> dict[str, Any]:
    """Return a `Connection` with what the backend says of its storage; blocks."""
    try:
        found = storage.view(session.artifact_capabilities(), session.backend)
    except OpenEOArtifactsError:
        found = storage.UNKNOWN
    return wire.connection(session, found)
