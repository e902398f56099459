"""GET openapi.json."""

from __future__ import annotations

from jupyter_server.utils import url_path_join
from tornado import web

from jupyter_openeo_artifacts.server.base import BaseHandler
from jupyter_openeo_artifacts.server.contract import ROOT, document


class DescriptionHandler(BaseHandler):
    """The OpenAPI document, with this server's own address in it."""

    auth_resource = "jupyter_openeo_artifacts:status"

    @web.authenticated
    def get(self) -> None:
        """Answer with the document."""
        here = {"url": url_path_join(self.base_url, ROOT)}
        self.answer({**document(), "servers": [here]})
