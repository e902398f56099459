"""An artifact back to a file: whole and checked, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from hashlib import md5
from pathlib import Path
from tempfile import mkstemp
from typing import IO, TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactChanged,
    DiskFull,
    FileIsFolder,
    FileMissing,
    FileThere,
    FileUnwritable,
)
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.transfer.etag import agrees, bare_etag
from jupyter_openeo_artifacts.transfer.exceptions import ContentMismatch, StorageUnreachable

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.objects import Objects
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

_PATIENCE = 120.0
_BLOCK = 2**20
_CHANGED = 412
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def download(objects: Objects, uri: S3URI, path: str | Path, *, overwrite: bool) -> Path:
    """Write an object to a private file beside `path`, and rename that in one step.

    Raises
    ------
    FileThere, FileIsFolder, FileMissing, FileUnwritable, DiskFull
        The file cannot be written; what was there is as it was.
    ObjectGone, StorageError, ArtifactChanged
        Storage does not give the object whole.
    """
    target = Path(path).expanduser().absolute()
    _check(target, overwrite=overwrite)
    part: Path | None = None
    try:
        fd, name = mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".part")
        part = Path(name)
        with os.fdopen(fd, "wb") as file:
            _Fetch(objects, uri, file).run()
            file.flush()
            os.fsync(fd)
        _place(part, target, overwrite=overwrite)
    except OSError as error:
        if isinstance(error, OpenEOArtifactsError):
            raise
        raise _unwritable(error, target) from error
    finally:
        if part is not None:
            part.unlink(missing_ok=True)
    return target


class _Fetch:
    """The bytes of one object to an open file, going on where a broken line left off."""

    def __init__(self, objects: Objects, uri: S3URI, file: IO[bytes]) -> None:
        self._objects = objects
        self._uri = uri
        self._file = file
        self._known: dict[str, Any] = {}
        self._size = 0
        self._offset = 0
        self._md5 = md5(usedforsecurity=False)
        self._body: Any = None

    def run(self) -> None:
        retrier = self._objects.retrier(_PATIENCE)
        try:
            # Asked for block by block, so that what arrives renews the patience.
            while block := retrier.run("download the artifact", self._next):
                self._file.write(block)
                self._md5.update(block)
                self._offset += len(block)
        finally:
            self._close()
        if agrees(self._known, self._md5.hexdigest()) is False:
            raise ContentMismatch(
                f"{self._objects.host} gave other bytes than those that it says to have.",
                todo="Download it again; if it stays so, stage the file again.",
            )

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
                f"The download ended after {self._offset} of {self._size} bytes.", todo="Try again."
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
            self._file.seek(0)
            self._file.truncate()
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


def _check(target: Path, *, overwrite: bool) -> None:
    try:
        mode = target.stat().st_mode
    except FileNotFoundError:
        mode = None
    except (OSError, ValueError) as error:
        raise FileUnwritable(f"No file can be written as {target.name!r} there.") from error
    if mode is None:
        if not target.parent.is_dir():
            raise FileMissing(f"There is no folder {str(target.parent)!r}.", todo="Make it first.")
    elif stat.S_ISDIR(mode):
        raise FileIsFolder(f"{target.name!r} is a folder.", todo="Name the file to write in it.")
    elif not overwrite:
        raise _there(target)
    elif not stat.S_ISREG(mode):
        raise FileUnwritable(f"{target.name!r} is not an ordinary file.")


def _place(part: Path, target: Path, *, overwrite: bool) -> None:
    if not overwrite:
        with suppress(OSError):  # some file systems know no hard links
            target.hardlink_to(part)  # a rename would take the name from another file
            return
        if os.path.lexists(target):
            raise _there(target)
    part.replace(target)


def _changed() -> ArtifactChanged:
    return ArtifactChanged(
        "The artifact was replaced while it was downloaded.", todo="Download it again."
    )


def _there(target: Path) -> FileThere:
    return FileThere(
        f"There is a file {target.name!r} already.",
        todo="Choose another name, or say overwrite=True.",
    )


def _unwritable(error: OSError, target: Path) -> DiskFull | FileUnwritable:
    if error.errno in _NO_ROOM:
        return DiskFull(
            f"There is no room for {target.name!r} in {str(target.parent)!r}.",
            todo="Delete what is not needed there, or choose another disk.",
        )
    reason = error.strerror or type(error).__name__
    return FileUnwritable(
        f"{target.name!r} cannot be written in {str(target.parent)!r}: {reason}.",
        todo="Choose a folder that you may write in.",
    )
