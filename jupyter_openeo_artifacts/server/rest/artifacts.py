"""What was staged from this machine, by whatever way in."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from tornado import web

from jupyter_openeo_artifacts.auth.exceptions import NotSignedIn
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.server.exceptions import RequestInvalid
from jupyter_openeo_artifacts.server.rest import serializers as wire
from jupyter_openeo_artifacts.server.rest.base import BaseHandler

if TYPE_CHECKING:
    from collections.abc import Collection

    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.server.services import AppServices
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


_PAGE, _LONGEST_PAGE = 200, 1000


_NUMBER = re.compile("[0-9]{1,4}")


class ArtifactsHandler(BaseHandler):
    """All of them."""

    auth_resource = "jupyter_openeo_artifacts:artifacts"

    @web.authenticated
    async def get(self) -> None:
        """List a page of them, newest first; with `?connection=` those of one."""
        limit = self._limit(self.get_query_argument("limit", None))
        before = self.get_query_argument("before", None)
        connection = self.get_query_argument("connection", None)
        wanted = None if connection is None else (await self.app.services.session(connection)).ids
        self.answer_json(await self.blocking(self._page, limit, before, wanted))

    def _page(self, limit: int, before: str | None, wanted: Collection[str] | None) -> bytes:
        """Return the answer's JSON, which takes too long for the loop where it is long."""
        page = self.app.ledger.page(limit, before, wanted)
        found = wire.artifacts(_as_connected(self.app, page.records))
        last = page.records[-1].id if page.more else None
        return json.dumps({"artifacts": found, "next": last}).encode()

    @staticmethod
    def _limit(given: str | None) -> int:
        if given is None:
            return _PAGE
        if not _NUMBER.fullmatch(given) or not 1 <= int(given) <= _LONGEST_PAGE:
            raise RequestInvalid(f"limit is no number from 1 to {_LONGEST_PAGE}.")
        return int(given)


class ArtifactHandler(BaseHandler):
    """One artifact."""

    auth_resource = "jupyter_openeo_artifacts:artifacts"

    @web.authenticated
    async def get(self, artifact: str) -> None:
        """Show it."""
        record = await self.blocking(self.app.ledger.get, artifact)
        shown = _as_connected(self.app, [record])
        self.answer((await self.blocking(wire.artifacts, shown))[0])

    @web.authenticated
    async def delete(self, artifact: str) -> None:
        """Take it off the list; the stored object stays until its provider removes it."""
        await self.blocking(self.app.ledger.forget, artifact)
        self.app.announce("artifacts", artifact, "forgotten")
        self.answer_nothing()


class SignHandler(BaseHandler):
    """Making links. It has a resource of its own, so that an authorizer can keep it apart."""

    auth_resource = "jupyter_openeo_artifacts:share"

    @web.authenticated
    async def post(self, artifact: str) -> None:
        """Answer with a presigned URL, the only place where there is one."""
        request_body = self.read_json("SignWish") if self._body else {}
        signed = await self.blocking(self._sign, artifact, request_body)
        self.answer(wire.presigned(signed))

    def _sign(self, artifact: str, request_body: dict[str, Any]) -> PresignedURL:
        from jupyter_openeo_artifacts.staging.artifact import Artifact
        from jupyter_openeo_artifacts.staging.target import SessionTarget

        record = self.app.ledger.get(artifact)
        target = SessionTarget(self._session_of(record))
        return Artifact.of(record, target).sign(request_body.get("expires_in"))

    def _session_of(self, record: StagedRecord) -> BackendSession:
        """Return the login to sign with: an open one, else one kept in openEO's own store."""
        sessions = self.app.collaborators.sessions
        for session in sessions.all():
            if record.connection in session.ids and session.state == "signed_in":
                return session
        session = sessions.open(self.app.policy.admit(record.backend))
        if isinstance(session.problem, LoginNotConfirmed):
            raise session.problem.copy()
        if session.state != "signed_in":
            raise NotSignedIn(
                f"{record.name!r} was staged at {session.title}, and you are not signed in there.",
                todo="Sign in there first.",
            )
        return session


def _as_connected(app: AppServices, records: list[StagedRecord]) -> list[StagedRecord]:
    """Return the records with the open connection they belong to, by whatever address."""
    if not app.collaborators.has_sessions:
        return records
    sessions = app.collaborators.sessions.all()
    known = {each: session.id for session in sessions for each in session.ids}
    return [
        replace(record, connection=known.get(record.connection, record.connection))
        for record in records
    ]
