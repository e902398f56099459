"""Staging uploads."""

from __future__ import annotations

from tornado import web

from jupyter_openeo_artifacts.server.contents_path import ContentsRoot
from jupyter_openeo_artifacts.server.rest import serializers as wire
from jupyter_openeo_artifacts.server.rest.base import BaseHandler


class UploadsHandler(BaseHandler):
    """All of them, and new ones."""

    auth_resource = "jupyter_openeo_artifacts:uploads"

    @web.authenticated
    async def get(self) -> None:
        """List them, newest first."""
        self.answer({"uploads": [wire.upload(view) for view in await self.app.services.uploads()]})

    @web.authenticated
    async def post(self) -> None:
        """Stage a file from the Jupyter root."""
        request_body = self.read_json("NewUpload")
        root = ContentsRoot.of(self.contents_manager, self.app.allowed_roots)
        view = await self.app.services.stage(
            request_body["connection"],
            root,
            request_body["path"],
            name=request_body.get("name"),
            reuse=request_body.get("reuse", True),
        )
        self.set_header("Location", self.location("uploads", view.id))
        self.answer(wire.upload(view), 201)


class UploadHandler(BaseHandler):
    """One upload."""

    auth_resource = "jupyter_openeo_artifacts:uploads"

    @web.authenticated
    async def get(self, upload: str) -> None:
        """Show it."""
        upload_manager = await self.app.services.upload_manager()
        self.answer(wire.upload(upload_manager.upload(upload)))

    @web.authenticated
    async def delete(self, upload: str) -> None:
        """Cancel it if it runs, and take it off the list."""
        upload_manager = await self.app.services.upload_manager()
        await self.blocking(upload_manager.forget, upload)
        await self.app.upload_locker.make_way(upload)
        self.app.announce("uploads", upload, "cancelled")
        self.answer_nothing()


class CancelHandler(BaseHandler):
    """Cancelling an upload."""

    auth_resource = "jupyter_openeo_artifacts:uploads"

    @web.authenticated
    async def post(self, upload: str) -> None:
        """Cancel it; one that has ended is shown as it is."""
        view = await self.app.services.cancel(upload)
        await self.app.upload_locker.make_way(upload)
        self.answer(wire.upload(view))


class RetryHandler(BaseHandler):
    """Trying a failed upload again."""

    auth_resource = "jupyter_openeo_artifacts:uploads"

    @web.authenticated
    async def post(self, upload: str) -> None:
        """Try it again; bytes that had not arrived are sent by tus, from the offset on."""
        upload_manager = await self.app.services.upload_manager()
        view = await self.blocking(upload_manager.retry, upload)
        self.app.upload_locker.touch(upload)
        self.answer(wire.upload(view))
