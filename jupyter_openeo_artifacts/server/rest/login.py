"""Signing in: the device flow (RFC 8628) as a state that the panel follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tornado import web

from jupyter_openeo_artifacts.server.exceptions import NoLogin
from jupyter_openeo_artifacts.server.rest import serializers as wire
from jupyter_openeo_artifacts.server.rest.base import BaseHandler

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.device_flow import DeviceLogin
    from jupyter_openeo_artifacts.backends.session import BackendSession


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
