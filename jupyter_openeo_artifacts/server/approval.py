"""Whom a login is for: the yes to its use at a backend, and its end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado import web

from jupyter_openeo_artifacts.login.exceptions import LoginDestinationChanged, NotSignedIn
from jupyter_openeo_artifacts.server import wire
from jupyter_openeo_artifacts.server.base import BaseHandler
from jupyter_openeo_artifacts.server.connections import shown

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.login.session import BackendSession


class ApprovalHandler(BaseHandler):
    """The approval of one connection's login."""

    auth_resource = "jupyter_openeo_artifacts:connections"

    @web.authenticated
    async def put(self, connection: str) -> None:
        """Agree to exactly what was shown, and sign in."""
        agreed = self.read_json("LoginDestination")
        session = await self.app.desk.session(connection)
        await self.blocking(_approve, session, agreed)
        self.answer(await self.blocking(shown, session))

    @web.authenticated
    async def delete(self, connection: str) -> None:
        """Take it back; the login stays stored, for other backends."""
        session = await self.app.desk.session(connection)
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
