"""A file that fits in one request."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.transfer.body import Body
from jupyter_openeo_artifacts.transfer.etag import agrees, bare_etag, content_md5
from jupyter_openeo_artifacts.transfer.remote import is_refusal
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
        self._md5: str | None = None
        self._in_doubt = False

    def send(self) -> StoredObject:
        """Store the file."""
        order = self._order
        content = order.read(0, order.size)
        expected = content_md5(content)
        order.stop.raise_if_cancelled()
        self._md5 = expected
        answer = order.retrier.run("store the file", lambda: self._put(content, expected))
        order.source.acknowledged(order.size)
        order.progress.add(order.size)
        order.on_verifying()
        return StoredObject(
            key=order.remote.key,
            size=order.size,
            sha256=sha256(content).hexdigest(),
            etag=bare_etag(answer),
            parts=1,
            verified="etag" if agrees(answer, expected) else "size",
        )

    def undo(self) -> bool:
        """Leave nothing in the storage; return whether that is sure."""
        return not self._in_doubt or self._order.remove_object(self._md5)

    def _put(self, content: bytes, expected: str) -> Mapping[str, Any]:
        order = self._order
        in_doubt, self._in_doubt = self._in_doubt, True
        try:
            answer = order.remote.client.put_object(
                Bucket=order.remote.bucket,
                Key=order.remote.key,
                Body=Body(content, order.stop) if content else b"",
                ContentType=order.content_type,
                Metadata=order.marked_metadata,
            )
        except Exception as error:
            self._in_doubt = in_doubt or not is_refusal(error)
            raise
        if agrees(answer, expected) is False:
            raise order.mismatch()
        if not bare_etag(answer):  # not every 200 is S3's: a log-in page of a hotel is one, too
            order.confirm(expected)
        return answer
