"""REST: the state of the extension, and its description."""

from __future__ import annotations

from importlib.metadata import version

from jupyter_server.utils import url_path_join
from tornado import web

from jupyter_openeo_artifacts.server.rest.base import BaseHandler
from jupyter_openeo_artifacts.server.rest.openapi import ROOT, document
from jupyter_openeo_artifacts.state.last_backend import last_backend


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


class DescriptionHandler(BaseHandler):
    """The OpenAPI document, with this server's own address in it."""

    auth_resource = "jupyter_openeo_artifacts:status"

    @web.authenticated
    def get(self) -> None:
        """Answer with the document."""
        here = {"url": url_path_join(self.base_url, ROOT)}
        self.answer({**document(), "servers": [here]})
