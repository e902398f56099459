"""An artifact back to a file: whole and checked, or not at all."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.exceptions import (
    DiskFull,
    FileAlreadyExists,
    FileIsFolder,
    FileMissing,
    FileUnwritable,
)
from jupyter_openeo_artifacts.artifacts.local_file import at_home
from jupyter_openeo_artifacts.artifacts.object_reader import fetch
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.exceptions import ContentMismatch

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.artifacts.user_bucket import Objects

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


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
    _check(target, overwrite=overwrite)
    part: Path | None = None
    try:
        fd, name = mkstemp(dir=target.parent, prefix=f".{target.name[:50]}.", suffix=".part")
        part = Path(name)
        with os.fdopen(fd, "wb") as file:
            found = fetch(objects, uri, file, "download the artifact", expected=sha256)
            if found.agrees is False or (sha256 and found.sha256 != sha256.lower()):
                raise _other_bytes(objects.host, known=bool(sha256))
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


def _other_bytes(host: str, *, known: bool) -> ContentMismatch:
    than = "were staged" if known else "it says to have"
    return ContentMismatch(
        f"{host} gave other bytes than those that {than}.",
        todo="Download it again; if it stays so, stage the file again.",
    )


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


def _there(target: Path) -> FileAlreadyExists:
    return FileAlreadyExists(
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
