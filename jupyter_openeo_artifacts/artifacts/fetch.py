"""The bytes of one stored object, in bounded memory, going on where a broken line left off."""

from __future__ import annotations

from hashlib import md5
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactChanged
from jupyter_openeo_artifacts.transfer.etag import agrees, bare_etag
from jupyter_openeo_artifacts.transfer.exceptions import StorageUnreachable

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.objects import Objects
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

_PATIENCE = 120.0
_BLOCK = 2**20
_CHANGED = 412


class Sink(Protocol):
    """What takes the bytes, in order."""

    def write(self, block: bytes, /) -> object:
        """Take the next ones."""

    def clear(self) -> None:
        """Drop them all: they come again from the first one."""


def fetch(objects: Objects, uri: S3URI, sink: Sink, action: str) -> bool | None:
    """Give all bytes of an object to `sink`, a mebibyte at a time.

    Parameters
    ----------
    action
        Said after "could not" in the error.

    Returns
    -------
    bool | None
        Whether they have the MD5 that the storage's ETag tells; None where it tells none.

    Raises
    ------
    ObjectGone, StorageError, ArtifactChanged
        Storage does not give the object whole.
    """
    return _Fetch(objects, uri, sink).run(action)


class _Fetch:
    def __init__(self, objects: Objects, uri: S3URI, sink: Sink) -> None:
        self._objects = objects
        self._uri = uri
        self._sink = sink
        self._known: dict[str, Any] = {}
        self._size = 0
        self._offset = 0
        self._md5 = md5(usedforsecurity=False)
        self._body: Any = None

    def run(self, action: str) -> bool | None:
        retrier = self._objects.retrier(_PATIENCE)
        try:
            # Asked for block by block, so that what arrives renews the patience.
            while block := retrier.run(action, self._next):
                self._sink.write(block)
                self._md5.update(block)
                self._offset += len(block)
        finally:
            self._close()
        return agrees(self._known, self._md5.hexdigest())

    def _next(self) -> bytes:
        try:
            if self._body is None:
                self._open()
            block: bytes = self._body.read(_BLOCK)
        except Exception:
            self._close()
            raise
        if not block and self._offset < self._size:
            self._close()
            raise StorageUnreachable(
                f"The answer ended after {self._offset} of {self._size} bytes.", todo="Try again."
            )
        return block

    def _open(self) -> None:
        from botocore.exceptions import ClientError

        more: dict[str, Any] = {}
        if self._offset:
            more["Range"] = f"bytes={self._offset}-"
        if self._known.get("ETag"):
            more["IfMatch"] = self._known["ETag"]
        try:
            answer: Any = self._objects.client.get_object(
                Bucket=self._uri.bucket, Key=self._uri.key, **more
            )
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _CHANGED:
                raise _changed() from error
            raise
        self._body = answer["Body"]
        begin, size = _range_of(answer)
        if not self._known:
            self._known, self._size = answer, size
        elif size != self._size or bare_etag(answer) != bare_etag(self._known):
            raise _changed()
        if begin != self._offset:  # a storage that knows no ranges gives all of it again
            if begin:
                raise StorageUnreachable("Storage gave another part.", todo="Try again.")
            self._sink.clear()
            self._md5, self._offset = md5(usedforsecurity=False), 0

    def _close(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()


def _range_of(answer: Any) -> tuple[int, int]:
    """Return where the bytes begin that come, and the size of the whole object."""
    unit, _, rest = answer.get("ContentRange", "").partition(" ")
    first, size = rest.partition("-")[0], rest.rpartition("/")[2]
    if unit == "bytes" and first.isdecimal() and size.isdecimal():
        return int(first), int(size)
    return 0, answer["ContentLength"]


def _changed() -> ArtifactChanged:
    return ArtifactChanged("The artifact was replaced while it was read.", todo="Try again.")
