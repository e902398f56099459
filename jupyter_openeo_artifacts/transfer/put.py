"""A file that fits in one request."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.transfer.body import body
from jupyter_openeo_artifacts.transfer.etag import agrees, bare_etag, content_md5
from jupyter_openeo_artifacts.transfer.remote import Remains, is_refusal
from jupyter_openeo_artifacts.transfer.stored import StoredObject

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from jupyter_openeo_artifacts.transfer.order import Order


class SinglePut:
    """Reads the file once, whole, and sends that; a later change of the file is another file.

    Sending again is always right: it puts the same bytes at the same key.
    """

    def __init__(self, order: Order) -> None:
        self._order = order
        self._md5 = ""
        self._sha256 = ""
        self._verified = False
        self._in_doubt = False

    def send(self) -> StoredObject:
        """Store the file."""
        order = self._order
        with order.reading(0, order.size) as content:
            self._md5 = content_md5(content)
            self._sha256 = sha256(content).hexdigest()
            answer = order.retrier.run("store the file", lambda: self._put(content))
        self._verified = bool(agrees(answer, self._md5))
        order.source.acknowledged(order.size)
        order.progress.add(order.size)
        order.on_verifying()
        return self.stored(bare_etag(answer))

    def stored(self, etag: str = "") -> StoredObject:
        """Describe the object, which is known to be there; its ETag where that was answered."""
        return StoredObject(
            key=self._order.remote.key,
            size=self._order.size,
            sha256=self._sha256,
            etag=etag,
            parts=1,
            verified="etag" if self._verified else "size",
        )

    def undo(self) -> Remains:
        """Leave nothing in the storage, if that can be."""
        if not self._in_doubt:
            return Remains.NOTHING
        return self._order.cleanup.remove_object(self._order.size, self._md5)

    def _put(self, content: memoryview) -> Mapping[str, Any]:
        order = self._order
        in_doubt, self._in_doubt = self._in_doubt, True
        try:
            answer = order.remote.client.put_object(
                Bucket=order.remote.bucket,
                Key=order.remote.key,
                Body=body(content, order.stop, self._sha256) if content else b"",
                ContentType=order.content_type,
                Metadata=order.marked_metadata,
            )
        except Exception as error:
            self._in_doubt = in_doubt or not is_refusal(error)
            raise
        if agrees(answer, self._md5) is False:
            raise order.mismatch()
        if not bare_etag(answer):  # not every 200 is S3's: a log-in page of a hotel is one, too
            order.confirm(self._md5)
        return answer


class FailedPut:
    """One that was sent and has failed, for whoever has the time to undo it."""

    def __init__(self, way: SinglePut, error: BaseException) -> None:
        self.undo = way.undo
        self.stored = way.stored
        self._error = error

    def send(self) -> StoredObject:
        """Raise the error."""
        raise self._error
