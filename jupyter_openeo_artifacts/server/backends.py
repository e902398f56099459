"""POST backends/check: what is at an address that somebody types."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from tornado import web

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.server import storage
from jupyter_openeo_artifacts.server.base import BaseHandler


class CheckHandler(BaseHandler):
    """Answers while an address is being typed, so what is wrong with it is no error here."""

    auth_resource = "jupyter_openeo_artifacts:connections"

    @web.authenticated
    async def post(self) -> None:
        """Ask the address."""
        address = self.read_json("BackendAddress")["backend"]
        self.answer(await self.blocking(self._check, address))

    def _check(self, address: str) -> dict[str, Any]:
        spelled, title = address, ""
        found, trouble = storage.UNKNOWN, None
        try:
            spelled = self.app.policy.admit(address)
            checked = self.app.collaborators.sessions.check(spelled)
            spelled, title, trouble = checked.backend, checked.title, checked.problem
            if trouble is None:
                found = storage.view(checked.artifacts, spelled)
        except OpenEOArtifactsError as error:
            trouble = error
        return {
            "backend": spelled,
            "title": title,
            "storage": asdict(found),
            "problem": None if trouble is None else trouble.to_dict(),
        }
