"""What lies in storage, over HTTP; its content goes to the client as it is read."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import quote

from tornado import web

from jupyter_openeo_artifacts.server.rest.base import BaseHandler
from jupyter_openeo_artifacts.server.rest.resources import ARTIFACTS, query_of
from jupyter_openeo_artifacts.service.operations import check
from jupyter_openeo_artifacts.service.stored import send_content

if TYPE_CHECKING:
    from collections.abc import Coroutine


class StoredHandler(BaseHandler):
    """What lies in storage below the account's own prefix."""

    auth_resource = ARTIFACTS

    @web.authenticated
    async def get(self) -> None:
        """List a page of it."""
        await self.ask("listStored", **query_of(self, "connection", "limit", "before"))

    @web.authenticated
    async def post(self) -> None:
        """Put one on the list."""
        await self.ask("adoptStored", below="artifacts", body=self.read_json())

    @web.authenticated
    async def delete(self) -> None:
        """Delete one."""
        await self.ask("deleteStored", **query_of(self, "connection", "uri"))


class VerificationHandler(BaseHandler):
    """Whether one is there, and a link to it works; the link is told to nobody."""

    auth_resource = ARTIFACTS
    auth_action = "read"

    @web.authenticated
    async def post(self) -> None:
        """Look."""
        await self.ask("verifyStored", body=self.read_json())


class StoredContentHandler(BaseHandler):
    """The content of one, as a file to save."""

    auth_resource = ARTIFACTS

    @web.authenticated
    async def get(self) -> None:
        """Send it. Where that fails in the middle, the connection ends before the body does."""
        params = query_of(self, "connection", "uri")
        check("downloadStored", params)
        try:
            await self.app.workers.download(send_content, self.app.scope, params, Outlet(self))
        except Exception as error:
            if not self._headers_written:
                raise
            self.log_exception(type(error), error, None)
            cast("Any", self.request.connection).stream.close()


STALLED_SECONDS = 120.0
"""After which a client that takes nothing gives up its place."""


class Outlet:
    """Hands what a thread brings to the loop, and waits until the client has taken it."""

    def __init__(self, handler: BaseHandler) -> None:
        self._handler = handler
        self._loop = asyncio.get_running_loop()

    def begin(self, name: str, size: int | None) -> None:
        """Tell the browser that it is a file, of whatever content, and how it is called."""
        self._on_loop(self._begin(name, size))

    def write(self, block: bytes) -> None:
        """Send the next bytes."""
        self._on_loop(self._send(block))

    async def _begin(self, name: str, size: int | None) -> None:
        self._handler.set_header("Content-Type", "application/octet-stream")
        if size is not None:
            self._handler.set_header("Content-Length", str(size))
        file = quote(name.rpartition("/")[2], safe="")
        self._handler.set_header("Content-Disposition", f"attachment; filename*=UTF-8''{file}")
        await self._handler.flush()

    async def _send(self, block: bytes) -> None:
        self._handler.write(block)
        await asyncio.wait_for(self._handler.flush(), STALLED_SECONDS)

    def _on_loop(self, step: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(step, self._loop).result()
