"""GET status: the panel's hand-shake."""

from __future__ import annotations

from importlib.metadata import version

from tornado import web

from jupyter_openeo_artifacts.records.backends import last_backend
from jupyter_openeo_artifacts.server.base import BaseHandler


class StatusHandler(BaseHandler):
    """What this server is and what it allows."""

    auth_resource = "jupyter_openeo_artifacts:status"

    @web.authenticated
    async def get(self) -> None:
        """Answer without touching a backend, so that it also answers offline."""
        self.answer(
            {
                "version": version("jupyter-openeo-artifacts"),
                "backends": [
                    {"url": each["url"], "title": each.get("title") or each["url"]}
                    for each in self.app.backends
                ],
                "allow_other_backends": self.app.allow_other_backends,
                "max_upload_bytes": self.app.max_upload_bytes,
                "last_backend": await self.blocking(last_backend),
            }
        )
