"""A file that fits in one request."""

from __future__ import annotations

from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.s3.exceptions import StorageBusy
from jupyter_openeo_artifacts.s3.optional_headers import is_taken
from jupyter_openeo_artifacts.s3.remote_object import (
    CleanupOutcome,
    ObjectStatus,
    agrees,
    bare_etag,
    content_md5,
    is_client_error,
)
from jupyter_openeo_artifacts.s3.request_body import body
from jupyter_openeo_artifacts.sources.shared_fd import Reader
from jupyter_openeo_artifacts.transfer.upload_context import StoredObject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jupyter_openeo_artifacts.transfer.upload_context import UploadContext


class SinglePut:
    """Reads the file once, whole, and sends that; a later change of the file is another file.

    Sending again is always right: it puts the same bytes at the same key.
    """

    def __init__(self, context: UploadContext) -> None:
        self._context = context
        self._md5 = ""
        self._sha256 = ""
        self._verified = False
        self._in_doubt = False

    def send(self) -> StoredObject:
        """Store the file."""
        context = self._context
        context.source.read_by(Reader(cancel=context.stop))
        with context.reading(0, context.size) as content:
            self._md5 = content_md5(content)
            self._sha256 = sha256(content).hexdigest()
            tries = count()
            answer = context.retrier.run(
                "store the file",
                lambda: self._put(content, tries=next(tries)),
                bucket=context.remote.bucket,
            )
        self._verified = bool(agrees(answer, self._md5))
        context.source.acknowledged(context.size)
        context.progress.add(context.size)
        context.observer.on_verifying()
        return self.stored(bare_etag(answer))

    def stored(self, etag: str = "") -> StoredObject:
        """Describe the object, which is known to be there; its ETag where that was answered."""
        return StoredObject(
            key=self._context.remote.key,
            size=self._context.size,
            sha256=self._sha256,
            etag=etag,
            parts=1,
            verified="etag" if self._verified else "size",
        )

    def undo(self) -> CleanupOutcome:
        """Leave nothing in the storage, if that can be."""
        if not self._in_doubt:
            return CleanupOutcome.NOTHING
        return self._context.remains(
            self._context.cleanup.remove_object(self._context.size, self._md5)
        )

    def _put(self, content: memoryview, *, tries: int = 0) -> Mapping[str, Any]:
        context = self._context
        context.ask_first(tries)
        in_doubt, self._in_doubt = self._in_doubt, True
        try:
            with context.storing(), body(content, context.stop, self._sha256) as sent:
                answer = context.remote.client.put_object(
                    Bucket=context.remote.bucket,
                    Key=context.remote.key,
                    Body=sent if content else b"",
                    ContentType=context.content_type,
                    Metadata=context.marked_metadata,
                    **context.if_none_match.arguments,
                )
        except Exception as error:
            self._in_doubt = in_doubt or not is_client_error(error)
            if context.if_none_match.was_refused(error):
                return self._put(content)
            if is_taken(error):
                return self._found(error)
            raise
        same = agrees(answer, self._md5)
        if same is False:
            context.if_none_match.drop()
            raise context.mismatch()
        if same is None:  # not every 200 is S3's: a page of whatever is in between is one, too
            self._confirm()
        return answer

    def _confirm(self) -> None:
        """Look for what an answer says to have stored whose ETag is no MD5."""
        context = self._context
        try:
            context.confirm(self._md5)
        except StorageBusy as error:
            raise context.unreadable(context.size) from error

    def _found(self, error: Exception) -> Mapping[str, Any]:
        """Return the answer to a request that got lost, if it is ours what is there."""
        context = self._context
        found = context.remote.find(context.size, self._md5)
        if found is ObjectStatus.DAMAGED:
            context.if_none_match.drop()
            raise context.mismatch() from error
        if found is not ObjectStatus.OURS:
            raise error
        return {"ETag": context.remote.etag()}


class FailedPut:
    """One that was sent and has failed, for whoever has the time to undo it."""

    def __init__(self, way: SinglePut, error: BaseException) -> None:
        self._way = way
        self._error = error

    def undo(self) -> CleanupOutcome:
        """Take away what may have been stored."""
        return self._way.undo()

    def stored(self, etag: str = "") -> StoredObject:
        """Return what it is where it was stored all the same."""
        return self._way.stored(etag)

    def send(self) -> StoredObject:
        """Raise the error."""
        raise self._error
