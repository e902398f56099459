"""Staging jobs."""

from __future__ import annotations

from tornado import web

from jupyter_openeo_artifacts.server.contents_path import ContentsRoot
from jupyter_openeo_artifacts.server.rest import serializers as wire
from jupyter_openeo_artifacts.server.rest.base import BaseHandler


class JobsHandler(BaseHandler):
    """All of them, and new ones."""

    auth_resource = "jupyter_openeo_artifacts:jobs"

    @web.authenticated
    async def get(self) -> None:
        """List them, newest first."""
        self.answer({"jobs": [wire.job(view) for view in await self.app.services.jobs()]})

    @web.authenticated
    async def post(self) -> None:
        """Stage a file from the Jupyter root."""
        request_body = self.read_json("NewJob")
        root = ContentsRoot.of(self.contents_manager, self.app.allowed_roots)
        view = await self.app.services.stage(
            request_body["connection"],
            root,
            request_body["path"],
            name=request_body.get("name"),
            reuse=request_body.get("reuse", True),
        )
        self.set_header("Location", self.location("jobs", view.id))
        self.answer(wire.job(view), 201)


class JobHandler(BaseHandler):
    """One job."""

    auth_resource = "jupyter_openeo_artifacts:jobs"

    @web.authenticated
    async def get(self, job: str) -> None:
        """Show it."""
        upload_manager = await self.app.services.upload_manager()
        self.answer(wire.job(upload_manager.job(job)))

    @web.authenticated
    async def delete(self, job: str) -> None:
        """Cancel it if it runs, and take it off the list."""
        upload_manager = await self.app.services.upload_manager()
        await self.blocking(upload_manager.forget, job)
        await self.app.upload_locker.make_way(job)
        self.app.announce("jobs", job, "cancelled")
        self.answer_nothing()


class CancelHandler(BaseHandler):
    """Cancelling a job."""

    auth_resource = "jupyter_openeo_artifacts:jobs"

    @web.authenticated
    async def post(self, job: str) -> None:
        """Cancel it; one that has ended is shown as it is."""
        view = await self.app.services.cancel(job)
        await self.app.upload_locker.make_way(job)
        self.answer(wire.job(view))


class RetryHandler(BaseHandler):
    """Trying a failed job again."""

    auth_resource = "jupyter_openeo_artifacts:jobs"

    @web.authenticated
    async def post(self, job: str) -> None:
        """Try it again; bytes that had not arrived are sent by tus, from the offset on."""
        upload_manager = await self.app.services.upload_manager()
        view = await self.blocking(upload_manager.retry, job)
        self.app.upload_locker.touch(job)
        self.answer(wire.job(view))
