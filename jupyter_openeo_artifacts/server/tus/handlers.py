"""Uploads by tus 1.0: bytes from the browser become an upload.

Location of an upload is `tus/<upload id>`, the id that `uploads` has.
"""

from __future__ import annotations

import base64
import binascii
import re
import sys
from datetime import datetime, timezone
from email.utils import format_datetime
from functools import partial
from typing import TYPE_CHECKING, Any, cast

from tornado import web

from jupyter_openeo_artifacts.server.exceptions import (
    NotAnUpload,
    OffsetMismatch,
    RequestTooLarge,
    TusVersionUnknown,
)
from jupyter_openeo_artifacts.server.rest.base import BaseHandler
from jupyter_openeo_artifacts.server.upload_locker import BodyWriter
from jupyter_openeo_artifacts.service import operations
from jupyter_openeo_artifacts.service.exceptions import RequestInvalid
from jupyter_openeo_artifacts.service.uploads import overrun, refuse_ended

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping

    from jupyter_openeo_artifacts.sources.spool import Spool
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


VERSION = "1.0.0"

EXTENSIONS = ("creation", "termination", "expiration")

CONTENT_TYPE = "application/offset+octet-stream"

_NUMBER = re.compile("[0-9]{1,19}")

_KEY = re.compile("[!-+.-~-]+")  # printable ASCII but comma

_TODO = "Update the browser tab or the program that sent it; it does not speak tus 1.0 as agreed."


class TusHandler(BaseHandler):
    """What both tus addresses share."""

    auth_resource = "jupyter_openeo_artifacts:uploads"

    def set_default_headers(self) -> None:
        """Name the version in every answer."""
        super().set_default_headers()
        self.set_header("Tus-Resumable", VERSION)
        self.set_header("Tus-Version", VERSION)

    async def admit(self) -> None:
        """Take no body, from clients of our version."""
        if self.request.method != "OPTIONS":
            check_version(self.request.headers)
            check_plain(self.request.headers)
        self.limit_body(0, RequestTooLarge("This request takes no body."))

    async def receiving(self, upload: str) -> tuple[UploadView, Spool]:
        """Return an upload whose bytes come from the browser, and where they arrive."""
        await self.app.recovery.wait()  # a browser that comes back asks before anybody else
        return self.app.service.receiving(upload)

    def answer_empty(self, status: int, **headers: str | int) -> None:
        """Finish with headers alone (`Upload_Offset=5` is `Upload-Offset: 5`)."""
        for name, value in headers.items():
            self.set_header(name.replace("_", "-"), value)
        self.set_status(status)
        self.finish()


class TusUploadsHandler(TusHandler):
    """Where uploads are made."""

    @web.authenticated
    def options(self) -> None:  # type: ignore[override]
        """Tell what this server speaks."""
        most = self.app.service.max_upload_bytes
        bound = {"Tus_Max_Size": most} if most else {}  # 0 would forbid every byte
        self.answer_empty(204, Tus_Extension=",".join(EXTENSIONS), **bound)

    @web.authenticated
    async def post(self) -> None:
        """Make an upload for bytes that will be sent."""
        size = number(self.request.headers, "Upload-Length")
        told = metadata(self.request.headers)
        name = told.get("name") or told.get("filename", "")
        if "connection" not in told or not name:
            raise RequestInvalid("Upload-Metadata lacks filename or connection.")
        made = await self.blocking(
            partial(
                operations.call,
                self.app.scope,
                "createTusUpload",
                {
                    "connection": told["connection"],
                    "name": name,
                    "size": size,
                    "reuse": told.get("reuse") != "false",
                    "confirm": told.get("confirm") == "true",
                    **({"account": told["account"]} if "account" in told else {}),
                },
            )
        )
        self.answer_empty(
            201,
            Location=self.location("tus", made["upload"]),
            Upload_Expires=http_date(self.app.upload_locker.touch(made["upload"])),
        )


class TusUploadHandler(TusHandler):
    """One upload."""

    _body_writer: BodyWriter | None = None
    _has_place = False

    async def admit(self) -> None:
        """For bytes: check all that can be checked before the first one is read."""
        if self.request.method != "PATCH":
            await super().admit()
            return
        check_version(self.request.headers)
        check_plain(self.request.headers)
        check_content_type(self.request.headers)
        offset = number(self.request.headers, "Upload-Offset")
        self._upload = self.path_kwargs["upload"]
        upload_locker = self.app.upload_locker
        await self.receiving(self._upload)  # 404 comes before any waiting
        await upload_locker.make_way(self._upload)
        await upload_locker.take_place()
        self._has_place = True
        view, spool = await self.receiving(self._upload)
        await upload_locker.make_way(self._upload)
        # Nothing is awaited from here on, so no other request can come in between.
        refuse_ended(view)
        if offset != spool.received:
            raise OffsetMismatch(
                f"The upload goes on at byte {spool.received}, not at {offset}.",
                todo="Ask for the offset, then go on from there.",
            )
        self.limit_body(
            spool.size - offset,
            overrun(),
        )
        self._body_writer = BodyWriter(partial(self._keep, spool), self._hang_up)
        upload_locker.begin(self._upload, self._body_writer)

    async def _keep(self, spool: Spool, block: bytes) -> None:
        keep = self.app.service.keep
        view = await self.app.workers.write(keep, self._upload, spool, block)
        if not spool.complete:
            refuse_ended(view)

    def data_received(self, chunk: bytes) -> Awaitable[None] | None:
        """Take bytes; tornado reads no more of them until the returned awaitable is done."""
        if self._body_writer is None or self._dropped is not None:
            return super().data_received(chunk)
        if self.drops(chunk):
            return None
        wait = self._body_writer.take(chunk)
        return None if wait is None else self._or_refuse(wait)

    async def _or_refuse(self, wait: Awaitable[None]) -> None:
        try:
            await wait
        except Exception as error:  # noqa: BLE001  raised here, it would cost the answer
            # Answering now ends the connection: the rest of the body need not be sent.
            if not self._finished:
                self.log_exception(type(error), error, error.__traceback__)
                self.send_error(exc_info=sys.exc_info())

    @web.authenticated
    async def patch(self, upload: str) -> None:
        """Answer when all bytes of this request are on the disk."""
        assert self._body_writer is not None
        await self._body_writer.flush()
        _, spool = await self.receiving(upload)
        self.answer_empty(
            204,
            Upload_Offset=spool.received,
            Upload_Expires=http_date(self.app.upload_locker.touch(upload)),
        )

    @web.authenticated
    async def head(self, upload: str) -> None:
        """Tell how many bytes have arrived."""
        await self.app.upload_locker.flush(upload)
        await self.app.recovery.wait()
        call = partial(operations.call, self.app.scope, "getTusOffset", {"upload": upload})
        found = await self.app.workers.write(call)  # which waits for no slow backend
        self.answer_empty(
            200,
            Upload_Offset=found["offset"],
            Upload_Length=found["size"],
            Upload_Expires=http_date(self.app.upload_locker.expires(upload)),
        )

    @web.authenticated
    async def delete(self, upload: str) -> None:
        """Cancel the upload."""
        refuse_ended((await self.receiving(upload))[0])
        await self.app.upload_locker.make_way(upload)
        await self.ask("terminateTusUpload", upload=upload)

    def on_finish(self) -> None:
        """Make room for the next one."""
        self._leave()

    def on_connection_close(self) -> None:
        """Keep what arrived before the connection was cut."""
        super().on_connection_close()
        if self._body_writer is not None:
            self.app.later(self._body_writer.stop())
        self._leave()

    def _leave(self) -> None:
        if self._has_place:
            self._has_place = False
            self.app.upload_locker.leave(self._upload, self._body_writer)

    def _hang_up(self) -> None:
        connection = cast("Any", self.request.connection)
        if connection is not None and connection.stream is not None:
            connection.stream.close()


def check_version(headers: Mapping[str, str]) -> None:
    """Raise `TusVersionUnknown` unless the client speaks our version."""
    if headers.get("Tus-Resumable") != VERSION:
        raise TusVersionUnknown(f"Uploads speak tus {VERSION} here.", todo=_TODO)


def check_content_type(headers: Mapping[str, str]) -> None:
    """Raise `NotAnUpload` unless the body is a piece of an upload."""
    if headers.get("Content-Type", "").partition(";")[0].strip().lower() != CONTENT_TYPE:
        raise NotAnUpload(f"The body's Content-Type is not {CONTENT_TYPE}.", todo=_TODO)


def check_plain(headers: Mapping[str, str]) -> None:
    """Raise `RequestInvalid` for what would be taken for something that it is not.

    An upload put together of others (the extension `concatenation`) is not offered; and the bytes
    of a PATCH are stored as they come, so an encoding would end up in the file.
    """
    if "Upload-Concat" in headers:
        raise RequestInvalid("Uploads are not put together of others here.", todo=_TODO)
    if headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise RequestInvalid(
            "The bytes of an upload are taken without Content-Encoding.", todo=_TODO
        )


def number(headers: Mapping[str, str], name: str) -> int:
    """Return a header that is a count of bytes.

    Raises
    ------
    RequestInvalid
        It is missing, or no whole number from 0.
    """
    value = headers.get(name, "").strip()
    if not _NUMBER.fullmatch(value):
        raise RequestInvalid(f"The header {name} is missing or no number of bytes.", todo=_TODO)
    return int(value)


def metadata(headers: Mapping[str, str]) -> dict[str, str]:
    """Return what is in `Upload-Metadata`: pairs of key and base64, joined by commas.

    Raises
    ------
    RequestInvalid
        It is not of that form, or a value is not UTF-8.
    """
    found: dict[str, str] = {}
    text = headers.get("Upload-Metadata", "").strip()
    for pair in text.split(",") if text else []:
        key, _, value = pair.strip().partition(" ")
        if not _KEY.fullmatch(key) or key in found:
            raise RequestInvalid("Upload-Metadata is not of the form of tus 1.0.", todo=_TODO)
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, ValueError) as error:
            raise RequestInvalid(
                f"In Upload-Metadata, the value of {key!r} is not base64 of UTF-8.", todo=_TODO
            ) from error
    return found


def http_date(at: float) -> str:
    """Return a Unix time as `Upload-Expires` wants it (RFC 9110 §5.6.7)."""
    return format_datetime(datetime.fromtimestamp(at, timezone.utc), usegmt=True)
