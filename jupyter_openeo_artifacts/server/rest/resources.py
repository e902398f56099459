"""The REST API: each method of an address is one operation of the service."""

from __future__ import annotations

import re
from typing import Any

from jupyter_server.utils import url_path_join
from tornado import web

from jupyter_openeo_artifacts.server.exceptions import RequestTooLarge
from jupyter_openeo_artifacts.server.rest.base import ROOT, BaseHandler
from jupyter_openeo_artifacts.service.operations import document

_CONNECTIONS = "jupyter_openeo_artifacts:connections"
_UPLOADS = "jupyter_openeo_artifacts:uploads"
ARTIFACTS = "jupyter_openeo_artifacts:artifacts"
_SHARE = "jupyter_openeo_artifacts:share"
_STATUS = "jupyter_openeo_artifacts:status"

_NUMBER = re.compile("[0-9]{1,4}")


class DescriptionHandler(BaseHandler):
    """The OpenAPI document, with this server's own address in it."""

    auth_resource = _STATUS

    @web.authenticated
    def get(self) -> None:
        """Answer with the document."""
        here = {"url": url_path_join(self.base_url, ROOT)}
        self.answer({**document(), "servers": [here]})


class StatusHandler(BaseHandler):
    """What this server is and what it allows."""

    auth_resource = _STATUS

    @web.authenticated
    async def get(self) -> None:
        """Tell it."""
        await self.ask("getStatus")


class CheckHandler(BaseHandler):
    """Whether an address is a backend's, asked while it is being typed."""

    auth_resource = _CONNECTIONS

    @web.authenticated
    async def post(self) -> None:
        """Ask the address."""
        await self.ask("checkBackend", body=self.read_json())


class ConnectionsHandler(BaseHandler):
    """Which there are, and new ones."""

    auth_resource = _CONNECTIONS

    @web.authenticated
    async def get(self) -> None:
        """List them."""
        await self.ask("listConnections")

    @web.authenticated
    async def post(self) -> None:
        """Connect."""
        await self.ask("openConnection", below="connections", body=self.read_json())


class ConnectionHandler(BaseHandler):
    """One connection."""

    auth_resource = _CONNECTIONS

    @web.authenticated
    async def get(self, connection: str) -> None:
        """Show it."""
        await self.ask("getConnection", connection=connection)

    @web.authenticated
    async def delete(self, connection: str) -> None:
        """Sign out and forget it."""
        await self.ask("closeConnection", connection=connection)


class ApprovalHandler(BaseHandler):
    """The approval of one connection's login."""

    auth_resource = _CONNECTIONS

    @web.authenticated
    async def put(self, connection: str) -> None:
        """Agree to exactly what was shown, and sign in."""
        await self.ask("approveLogin", connection=connection, body=self.read_json())

    @web.authenticated
    async def delete(self, connection: str) -> None:
        """Take it back."""
        await self.ask("withdrawApproval", connection=connection)


class LoginHandler(BaseHandler):
    """The login of one connection."""

    auth_resource = _CONNECTIONS

    @web.authenticated
    async def get(self, connection: str) -> None:
        """Show how it stands."""
        await self.ask("getLogin", connection=connection)

    @web.authenticated
    async def post(self, connection: str) -> None:
        """Start it."""
        await self.ask("startLogin", connection=connection)

    @web.authenticated
    async def delete(self, connection: str) -> None:
        """Cancel it."""
        await self.ask("cancelLogin", connection=connection)


class UploadsHandler(BaseHandler):
    """All uploads, and new ones."""

    auth_resource = _UPLOADS

    @web.authenticated
    async def get(self) -> None:
        """List them, newest first; with `?since=` what has changed since."""
        await self.app.recovery.wait()  # else a page would drop what is not found yet
        since = self.get_query_argument("since", None)
        await self.ask("listUploads", **({} if since is None else {"since": since}))

    @web.authenticated
    async def post(self) -> None:
        """Stage a file from the Jupyter root."""
        await self.ask("createUpload", below="uploads", body=self.read_json())


class UploadHandler(BaseHandler):
    """One upload."""

    auth_resource = _UPLOADS

    @web.authenticated
    async def get(self, upload: str) -> None:
        """Show it."""
        await self.ask("getUpload", upload=upload)

    @web.authenticated
    async def delete(self, upload: str) -> None:
        """Cancel it if it runs, and take it off the list."""
        await self.ask_and_make_way("forgetUpload", upload)


class ConfirmationHandler(BaseHandler):
    """What the page has seen of a file after its last byte."""

    auth_resource = _UPLOADS

    @web.authenticated
    async def post(self, upload: str) -> None:
        """Let the upload end, or fail it: what arrived may be a mixture of two states."""
        told = self.read_json()
        await self.app.upload_locker.flush(upload)
        await self.app.recovery.wait()
        await self.ask("confirmUpload", upload=upload, body=told)


class DigestHandler(BaseHandler):
    """What a page compares a file with that it wants to go on with."""

    auth_resource = _UPLOADS

    @web.authenticated
    async def get(self, upload: str) -> None:
        """Tell the digest of what has arrived."""
        await self.app.upload_locker.flush(upload)
        await self.app.recovery.wait()
        await self.ask("getReceivedDigest", upload=upload)


class CancelHandler(BaseHandler):
    """Cancelling an upload."""

    auth_resource = _UPLOADS

    @web.authenticated
    async def post(self, upload: str) -> None:
        """Cancel it; one that has ended is shown as it is."""
        await self.ask_and_make_way("cancelUpload", upload)


class RetryHandler(BaseHandler):
    """Trying a failed upload again."""

    auth_resource = _UPLOADS

    @web.authenticated
    async def post(self, upload: str) -> None:
        """Try it again; bytes that had not arrived are sent by tus, from the offset on."""
        self.app.upload_locker.touch(upload)
        await self.ask("retryUpload", upload=upload)


class ArtifactsHandler(BaseHandler):
    """What was staged from this machine."""

    auth_resource = ARTIFACTS

    @web.authenticated
    async def get(self) -> None:
        """List a page of it, newest first; with `?connection=` that of one."""
        await self.ask("listArtifacts", **query_of(self, "limit", "before", "connection", "since"))


def query_of(handler: BaseHandler, *names: str) -> dict[str, Any]:
    """Return the parameters of the query that were given; a `limit` as a number."""
    given: dict[str, Any] = {name: handler.get_query_argument(name, None) for name in names}
    limit = given.get("limit")
    if limit is not None and _NUMBER.fullmatch(limit):
        given["limit"] = int(limit)
    return {name: value for name, value in given.items() if value is not None}


class ArtifactHandler(BaseHandler):
    """One artifact."""

    auth_resource = ARTIFACTS

    @web.authenticated
    async def get(self, artifact: str) -> None:
        """Show it."""
        await self.ask("getArtifact", artifact=artifact)

    @web.authenticated
    async def delete(self, artifact: str) -> None:
        """Take it off the list."""
        await self.ask("forgetArtifact", artifact=artifact)


class SignHandler(BaseHandler):
    """Making links. It has a resource of its own, so that an authorizer can keep it apart."""

    auth_resource = _SHARE

    @web.authenticated
    async def post(self, artifact: str) -> None:
        """Answer with a presigned URL."""
        body = {"body": self.read_json()} if self._body else {}
        await self.ask("signArtifact", artifact=artifact, **body)


_LONGEST_REQUEST = 512 * 1024


class SnippetsHandler(BaseHandler):
    """Texts for cells. What they say is in the list, too; links need the leave that links need."""

    auth_resource = ARTIFACTS
    auth_action = "read"

    async def admit(self) -> None:
        """Take the names of a large notebook."""
        self.limit_body(_LONGEST_REQUEST, RequestTooLarge("The request's body is too large."))

    @web.authenticated
    async def post(self) -> None:
        """Write one."""
        body = self.read_json()
        if isinstance(body, dict) and body.get("form") == "link":
            await self.ask_leave("write", _SHARE)
        await self.ask("writeSnippet", body=body)
