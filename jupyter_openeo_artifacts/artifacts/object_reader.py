"""The content of one stored object, in bounded memory, whatever the line does; also as a file.

A HEAD tells first what the object is; each answer that carries bytes has to agree with it, so that
a page of something in between is never taken for the content. A storage that knows no ranges sends
all of it again: what is here already is passed over, and only what is new renews the patience.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from hashlib import md5, sha256
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING, Any, NoReturn, Protocol

from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactChanged
from jupyter_openeo_artifacts.artifacts.local_file import at_home, check_target, place, unwritable
from jupyter_openeo_artifacts.artifacts.user_bucket import compare
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.exceptions import ContentMismatch, StorageUnreachable, not_s3
from jupyter_openeo_artifacts.s3.remote_object import agrees, quoted_etag

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.artifacts.user_bucket import Objects

PATIENCE = 120.0
_BLOCK = 2**20
_CHANGED = 412


class Writer(Protocol):
    """What takes the bytes, in order."""

    def write(self, block: bytes, /) -> object:
        """Take the next ones."""


@dataclass(frozen=True)
class Fetched:
    """What was read.

    Attributes
    ----------
    sha256
        Of all of it, in hex.
    agrees
        Whether it has the MD5 that the storage's ETag tells; None where it tells none.
    """

    sha256: str
    agrees: bool | None


def fetch(
    objects: Objects, uri: S3URI, sink: Writer, action: str, *, expected: str = ""
) -> Fetched:
    """Give all bytes of an object to `sink`, a mebibyte at a time.

    Parameters
    ----------
    action
        Said after "could not" in the error.
    expected
        The SHA-256 that it should have, in hex; the caller compares it. It proves that an object is
        whole of which storage tells no length.

    Raises
    ------
    ObjectGone, StorageError, ArtifactChanged
        Storage does not give the object whole.
    """
    return _Fetch(objects, uri, sink).run(action, expected.lower())


class _Fetch:
    def __init__(self, objects: Objects, uri: S3URI, sink: Writer) -> None:
        self._objects = objects
        self._uri = uri
        self._sink = sink
        self._known: Any = {}
        self._size: int | None = None
        self._offset = 0
        self._passed_over = 0
        self._md5 = md5(usedforsecurity=False)
        self._sha256 = sha256()
        self._body: Any = None

    def run(self, action: str, expected: str) -> Fetched:
        retrier = self._objects.retrier(PATIENCE)
        self._known = self._objects.head(self._uri, retrier)
        self._size = self._known.get("ContentLength")
        try:
            # Asked for block by block, so that what arrives renews the patience.
            while block := retrier.run(action, self._next):
                self._take(block)
        finally:
            self._close()
        found = Fetched(self._sha256.hexdigest(), agrees(self._known, self._md5.hexdigest()))
        if self._size is None and not found.agrees and found.sha256 != expected:
            raise StorageUnreachable(
                f"Could not {action}: {self._objects.host} does not tell how long it is, so nobody"
                " can tell whether all of it has come.",
                todo="Ask for it by another network: a proxy in between drops what storage tells.",
            )
        return found

    def _take(self, block: bytes) -> None:
        if self._size is not None and self._offset + len(block) > self._size:
            raise ContentMismatch(
                f"{self._objects.host} gave more bytes than the {self._size} that it says to have.",
                todo="Try again; if it stays so, stage the file again.",
            )
        self._sink.write(block)
        self._md5.update(block)
        self._sha256.update(block)
        self._offset += len(block)

    def _next(self) -> bytes:
        """Return the first bytes that are not here yet; none at the end."""
        try:
            if self._body is None:
                self._open()
            while self._passed_over < self._offset:
                missing = min(_BLOCK, self._offset - self._passed_over)
                self._passed_over += len(self._body.read(missing) or _ended(self._passed_over))
            block: bytes = self._body.read(_BLOCK)
            if not block and self._offset < (self._size or 0):
                _ended(self._offset)
        except Exception:
            self._close()
            raise
        self._passed_over += len(block)
        return block

    def _open(self) -> None:
        from botocore.exceptions import ClientError

        more: dict[str, Any] = {}
        if self._offset or self._size is None:  # the answer to a range tells the whole length, too
            more["Range"] = f"bytes={self._offset}-"
        if self._known.get("ETag"):
            more["IfMatch"] = quoted_etag(self._known["ETag"])  # a weak one matches nothing
        try:
            answer: Any = self._objects.client.get_object(
                Bucket=self._uri.bucket, Key=self._uri.key, **more
            )
        except ClientError as error:
            if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == _CHANGED:
                raise _changed() from error
            raise
        self._body = answer["Body"]
        self._check_same(answer)
        begin, size = _range_of(answer)
        if self._size is None:
            self._size = size
        elif size not in (None, self._size):
            raise not_s3(self._objects.host)
        if begin > self._offset:
            raise StorageUnreachable("Storage gave another part.", todo="Try again.")
        self._passed_over = begin

    def _check_same(self, answer: Any) -> None:
        """Raise unless the answer is the storage's own, and of the object that HEAD has told of."""
        found = compare(self._known, answer)
        if found == "another":
            raise _changed()
        if found == "page":
            raise not_s3(self._objects.host)

    def _close(self) -> None:
        body, self._body = self._body, None
        if body is not None:
            body.close()


def _range_of(answer: Any) -> tuple[int, int | None]:
    """Return where the bytes begin that come, and the size of the whole, where it is told."""
    unit, _, rest = answer.get("ContentRange", "").partition(" ")
    first, size = rest.partition("-")[0], rest.rpartition("/")[2]
    if unit == "bytes" and first.isdecimal():
        return int(first), int(size) if size.isdecimal() else None
    return 0, answer.get("ContentLength")


def _ended(offset: int) -> NoReturn:
    raise StorageUnreachable(f"The answer ended after {offset} bytes.", todo="Try again.")


def _changed() -> ArtifactChanged:
    return ArtifactChanged("The artifact was replaced while it was read.", todo="Try again.")


def download(
    objects: Objects, uri: S3URI, path: str | Path, *, overwrite: bool, sha256: str = ""
) -> Path:
    """Write an object to a private file beside `path`, and rename that in one step.

    Parameters
    ----------
    sha256
        What the content should have, in hex; not compared if not given.

    Raises
    ------
    FileAlreadyExists, FileIsFolder, FileMissing, FileUnwritable, DiskFull
        The file cannot be written; what was there is as it was.
    ObjectGone, StorageError, ArtifactChanged
        Storage does not give the object whole.
    ContentMismatch
        It gives other bytes.
    """
    target = at_home(path).absolute()
    check_target(target, overwrite=overwrite)
    part: Path | None = None
    try:
        fd, name = mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".part")
        part = Path(name)
        with os.fdopen(fd, "wb") as file:
            _fetch_checked(objects, uri, file, sha256)
            file.flush()
            os.fsync(fd)
        place(part, target, overwrite=overwrite)
    except OSError as error:
        if isinstance(error, OpenEOArtifactsError):
            raise
        raise unwritable(error, target) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return target


def copy(objects: Objects, uri: S3URI, sink: Writer, *, sha256: str = "") -> None:
    """Give all bytes of an object to `sink`, and the last ones of them once all are checked.

    Raises
    ------
    ObjectGone, StorageError, ArtifactChanged, ContentMismatch
        As for `download`.
    """
    held = _LastHeld(sink)
    _fetch_checked(objects, uri, held, sha256)
    held.release()


class _LastHeld:
    """Hands on each block when the next one has come."""

    def __init__(self, sink: Writer) -> None:
        self._sink = sink
        self._last = b""

    def write(self, block: bytes) -> None:
        """Take the next ones."""
        self.release()
        self._last = block

    def release(self) -> None:
        """Hand on the last block."""
        if self._last:
            self._sink.write(self._last)
            self._last = b""


def _fetch_checked(objects: Objects, uri: S3URI, sink: Writer, sha256: str) -> None:
    found = fetch(objects, uri, sink, "download the artifact", expected=sha256)
    if found.agrees is False or (sha256 and found.sha256 != sha256.lower()):
        raise _other_bytes(objects.host, known=bool(sha256))


def _other_bytes(host: str, *, known: bool) -> ContentMismatch:
    than = "were staged" if known else "it says to have"
    return ContentMismatch(
        f"{host} gave other bytes than those that {than}.",
        todo="Download it again; if it stays so, stage the file again.",
    )
