"""What all our handlers share: leave before the body, JSON answers, one way to fail."""

from __future__ import annotations

import asyncio
import json
import secrets
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar, cast

from jupyter_core.utils import ensure_async
from jupyter_server.auth.utils import HTTP_METHOD_TO_AUTH_ACTION
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from tornado import web
from tornado.iostream import StreamClosedError

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, without_texts
from jupyter_openeo_artifacts.server.exceptions import RequestTooLarge, from_jupyter
from jupyter_openeo_artifacts.service import operations
from jupyter_openeo_artifacts.service.exceptions import (
    INVALID_TODO,
    NotAllowed,
    RequestInvalid,
    ServerFailed,
    status_of,
)
from jupyter_openeo_artifacts.service.service import Created

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from types import TracebackType

    from jupyter_openeo_artifacts.server.background import Extension


T = TypeVar("T")

ROOT = "jupyter-openeo-artifacts"
"""The first part of all our paths, below Jupyter's base URL."""

HEADER, PROCESS_HEADER = "X-OpenEO-Artifacts", "X-OpenEO-Artifacts-Process"
"""Mark each answer as this extension's, not a hub's or a proxy's, and as this process's."""

LONGEST_JSON = 64 * 1024

LINGER_BYTES, LINGER_SECONDS = 16 * 1024 * 1024, 1.0
"""How much of a refused body is dropped: a client that sends all before it looks meets no reset."""


@web.stream_request_body
class BaseHandler(APIHandler):
    """A handler whose `prepare` asks for login and leave before a byte of the body is read.

    tornado reads the whole body (512 MiB by Jupyter's default) before it calls `prepare` of an
    ordinary handler, and `@authenticated`, `@authorized` come later still. So ours all stream.
    """

    auth_resource: ClassVar[str]
    auth_action: ClassVar[str | None] = None
    """What the authorizer is asked for; None: by the method, as Jupyter has it."""

    def initialize(self) -> None:
        """Begin with an empty body."""
        self._body = bytearray()
        self._received = 0
        self._most: tuple[int, OpenEOArtifactsError] | None = None
        self._admitted = False
        self._dropped: asyncio.Event | None = None

    async def prepare(self) -> None:  # type: ignore[override]
        """Let in who may come in, then the body, up to what the handler takes."""
        await super().prepare()
        if self._finished:
            return
        by_method = HTTP_METHOD_TO_AUTH_ACTION.get((self.request.method or "").upper(), "write")
        await self.ask_leave(self.auth_action or by_method, self.auth_resource)
        if not self._offers(self.request.method or ""):
            raise web.HTTPError(405)
        self.app.awaken()
        await self.admit()
        self._admitted = True

    async def admit(self) -> None:
        """Say how long the body may be; whoever streams it opens the place for it here.

        Raises
        ------
        RequestTooLarge
            It is announced as longer.
        """
        self.limit_body(LONGEST_JSON, RequestTooLarge("The request's body is too large."))

    def limit_body(self, most: int, otherwise: OpenEOArtifactsError) -> None:
        """Take at most `most` bytes of body; raise `otherwise` where more are announced.

        tornado's own answer to a Content-Length over its limit is a bare 400 without a body.
        """
        if self._announced > most:
            raise otherwise
        # A body in chunks is counted here, as tornado refuses it by a bare 400, too.
        self._most = (most, otherwise)
        self._let_tornado_take(most if not self._is_chunked else most + LINGER_BYTES)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Keep the next bytes of the body."""
        if not self.drops(chunk):
            self._body += chunk
        return None

    def drops(self, chunk: bytes) -> bool:
        """Count the next bytes; whether they belong to a request that was refused."""
        self._received += len(chunk)
        if self._dropped is not None:
            if self._received >= min(LINGER_BYTES, self._announced or LINGER_BYTES):
                self._dropped.set()
            return True
        if self._most is not None and self._received > self._most[0]:
            if not self._finished:
                self.log_exception(type(self._most[1]), self._most[1], None)
                self.send_error(exc_info=(type(self._most[1]), self._most[1], None))
            return True
        return False

    @property
    def _is_chunked(self) -> bool:
        return "Transfer-Encoding" in self.request.headers

    @property
    def _announced(self) -> int:
        announced = self.request.headers.get("Content-Length", "0")
        return int(announced) if announced.isdecimal() else 0

    def _let_tornado_take(self, most: int) -> None:
        if self.request.connection is not None:
            cast("Any", self.request.connection).set_max_body_size(most)

    def _finish_refusal(self, content: bytes) -> None:
        """Answer, and where the body is unread say that the connection closes.

        The answer leaves at once. The connection closes when the client has sent the rest, within
        limits: closed under bytes that still arrive, it would be reset, and the answer lost. What a
        stranger still sends is dropped so, too; no handler of ours sees a byte of it.
        """
        if not self._is_chunked and self._received >= self._announced:
            self.finish(content)
            return
        self.set_header("Connection", "close")
        if self._admitted:
            self.finish(content)
            return
        self.set_header("Content-Type", "application/json")
        self.set_header("Content-Length", str(len(content)))
        self._dropped = asyncio.Event()
        self._let_tornado_take(sys.maxsize)
        self.write(content)
        self.flush()
        self.app.later(self._linger(self._dropped))

    async def _linger(self, dropped: asyncio.Event) -> None:
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(dropped.wait(), LINGER_SECONDS)
        stream = getattr(self.request.connection, "stream", None)
        with suppress(StreamClosedError, RuntimeError):  # the client was quicker
            await super().finish()
        if stream is not None:
            stream.close()

    def finish(self, *args: Any, **kwargs: Any) -> asyncio.Future[Any]:
        """Finish, unless that is left to the one who drops the rest of the body."""
        if not self._admitted:
            self.set_header("Connection", "close")  # tornado ends it, also where there is no body
        if self._dropped is None:
            return super().finish(*args, **kwargs)
        done: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        done.set_result(None)
        return done

    async def ask_leave(self, action: str, resource: str) -> None:
        """Return if the authorizer lets this user in.

        Raises
        ------
        NotAllowed
            It does not.
        """
        user = self.current_user
        if user and await ensure_async(self.authorizer.is_authorized(self, user, action, resource)):
            return
        raise NotAllowed(
            "The Jupyter server does not allow this.",
            todo="Log in to Jupyter again; if that does not help, ask the server's administrator.",
        )

    def _offers(self, method: str) -> bool:
        own = getattr(type(self), method.lower(), None)
        return own is not None and own not in (
            web.RequestHandler._unimplemented_method,  # noqa: SLF001  tornado has no other name
            APIHandler.options,  # Jupyter's answer to every preflight; only tus has one here
        )

    @property
    def app(self) -> Extension:
        """The extension, with its service."""
        return cast("Extension", self.settings["jupyter_openeo_artifacts"])

    async def ask(self, operation: str, *, below: str = "", **params: Any) -> None:
        """Have the service do something, off the loop, and finish with what it answers.

        With `below`, what was made is there by its id, which the header Location tells.
        """
        content, found = await self.blocking(self._written, operation, params)
        self._answer_written(content, found, below)

    def _answer_written(self, content: bytes | None, found: Any, below: str = "") -> None:
        if content is None:
            self.answer_nothing()
            return
        if below:
            self.set_header("Location", self.location(below, found["id"]))
        self.answer_json(content, 201 if isinstance(found, Created) else 200)

    async def ask_and_make_way(self, operation: str, upload: str) -> None:
        """Have an upload ended, and answer when nobody writes to it any more."""
        content, found = await self.blocking(self._written, operation, {"upload": upload})
        await self.app.upload_locker.make_way(upload)
        self._answer_written(content, found)

    def _written(self, operation: str, params: dict[str, Any]) -> tuple[bytes | None, Any]:
        """Return the answer's JSON, which takes too long for the loop where it is long."""
        found = operations.call(self.app.scope, operation, params)
        return None if found is None else json.dumps(found).encode(), found

    async def blocking(self, call: Callable[..., T], *args: Any) -> T:
        """Run what waits for disk or network in the extension's threads, not on the loop."""
        return await self.app.workers.call(call, *args)

    def read_json(self) -> Any:
        """Return the body's JSON; the service holds it against openapi.yaml.

        Raises
        ------
        RequestInvalid
            It is none.
        """
        try:
            return json.loads(bytes(self._body))
        except (ValueError, RecursionError) as error:
            raise RequestInvalid("The request's body is not JSON.", todo=INVALID_TODO) from error

    def location(self, *parts: str) -> str:
        """Return the address of something below our root."""
        return url_path_join(self.base_url, ROOT, *parts)

    def answer(self, value: dict[str, Any], status: int = 200) -> None:
        """Finish with JSON."""
        self.answer_json(json.dumps(value).encode(), status)

    def answer_json(self, content: bytes, status: int = 200) -> None:
        """Finish with JSON that was written elsewhere."""
        self.set_status(status)
        self.finish(content)

    def answer_nothing(self) -> None:
        """Finish with 204."""
        self.set_status(204)
        self.finish()

    def set_default_headers(self) -> None:
        """Nothing of ours is for a cache; each answer says that it is ours, errors included."""
        super().set_default_headers()
        self.set_header("Cache-Control", "no-store")
        self.set_header(HEADER, operations.VERSION)
        self.set_header(PROCESS_HEADER, self.app.service.process)

    def compute_etag(self) -> str | None:
        """Answer afresh every time."""
        return None

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Give our own errors the status of their code."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        if isinstance(error, OpenEOArtifactsError):
            status_code = status_of(error)
        super().send_error(status_code, **kwargs)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer with an `ErrorAnswer`; never with a traceback or another's text."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        if not isinstance(error, OpenEOArtifactsError):
            error = from_jupyter(status_code)
            if isinstance(error, ServerFailed):
                error.request_id = self._fault
        self._finish_refusal(json.dumps(_answer(error)).encode())

    def log_exception(
        self,
        typ: type[BaseException] | None,
        value: BaseException | None,
        tb: TracebackType | None,
    ) -> None:
        """Log where it happened; a text that came from elsewhere may hold a presigned URL."""
        if isinstance(value, OpenEOArtifactsError):
            self.log.info("%s %s: %s", self.request.method, self.request.path, value.code)
        elif isinstance(value, web.HTTPError):
            super().log_exception(typ, value, tb)
        else:
            self._fault = secrets.token_hex(4)
            self.log.error("Fault %s: %s", self._fault, without_texts(value))

    _fault: str | None = None


def _answer(error: OpenEOArtifactsError) -> dict[str, Any]:
    """Return the `ErrorAnswer` of openapi.yaml: what JupyterLab expects, and ours beside it."""
    return {"message": error.message, "reason": None, "problem": error.to_dict()}
