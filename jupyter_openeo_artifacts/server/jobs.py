"""Staging jobs."""

from __future__ import annotations

from tornado import web

from jupyter_openeo_artifacts.server import wire
from jupyter_openeo_artifacts.server.base import BaseHandler
from jupyter_openeo_artifacts.server.paths import PathJail


class JobsHandler(BaseHandler):
    """All of them, and new ones."""

    auth_resource = "jupyter_openeo_artifacts:jobs"

    @web.authenticated
    async def get(self) -> None:
        """List them, newest first."""
        self.answer({"jobs": [wire.job(view) for view in await self.app.desk.jobs()]})

    @web.authenticated
    async def post(self) -> None:
        """Stage a file from the Jupyter root."""
        wish = self.read_json("NewJob")
        jail = PathJail.of(self.contents_manager, self.app.allowed_roots)
        view = await self.app.desk.stage(
            wish["connection"],
            jail,
            wish["path"],
            name=wish.get("name"),
            reuse=wish.get("reuse", True),
        )
        self.set_header("Location", self.location("jobs", view.id))
        self.answer(wire.job(view), 201)


class JobHandler(BaseHandler):
    """One job."""

    auth_resource = "jupyter_openeo_artifacts:jobs"

    @web.authenticated
    async def get(self, job: str) -> None:
        """Show it."""
        stager = await self.app.desk.stager()
        self.answer(wire.job(stager.job(job)))

    @web.authenticated
    async def delete(self, job: str) -> None:
        """Cancel it if it runs, and take it off the list."""
        stager = await self.app.desk.stager()
        await self.blocking(stager.forget, job)
        await self.app.receptions.make_way(job)
        self.app.announce("jobs", job, "cancelled")
        self.answer_nothing()


class CancelHandler(BaseHandler):
    """Cancelling a job."""

    auth_resource = "jupyter_openeo_artifacts:jobs"

    @web.authenticated
    async def post(self, job: str) -> None:
        """Cancel it; one that has ended is shown as it is."""
        view = await self.app.desk.cancel(job)
        await self.app.receptions.make_way(job)
        self.answer(wire.job(view))


class RetryHandler(BaseHandler):
    """Trying a failed job again."""

    auth_resource = "jupyter_openeo_artifacts:jobs"

    @web.authenticated
    async def post(self, job: str) -> None:
        """Try it again; bytes that had not arrived are sent by tus, from the offset on."""
        stager = await self.app.desk.stager()
        view = await self.blocking(stager.retry, job)
        self.app.receptions.touch(job)
        self.answer(wire.job(view))
