"""A local file: whether it can be read or written, its type, and advice on its content."""

from __future__ import annotations

import difflib
import errno
import json
import logging
import mimetypes
import os
import stat
import struct
from contextlib import closing, suppress
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.exceptions import (
    DiskFull,
    FileAlreadyExists,
    FileIsFolder,
    FileMissing,
    FileUnreadable,
    FileUnwritable,
)
from jupyter_openeo_artifacts.artifacts.uri import may_be_secret
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.sources.zip_source import ZipSource, describe_folder

_COMPARED = 1000
"""Most files of a folder that are looked at for a name that is near."""

_ANY_TYPE = "application/octet-stream"

_EO_TYPES = {
    ".geojson": "application/geo+json",
    ".gpkg": "application/geopackage+sqlite3",
    ".parquet": "application/vnd.apache.parquet",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
}


def readable_file(path: str | Path, *, folder: bool = False) -> Path:
    """Return `path` as an absolute one if a file, or also a `folder`, can be read there.

    Raises
    ------
    FileMissing, FileIsFolder, FileUnreadable
        It cannot.
    """
    if not str(path):  # pathlib takes it for the folder that the notebook runs in
        raise FileMissing("The path of the file is empty.", todo="Name the file to be staged.")
    if may_be_secret(str(path)):
        raise FileMissing(
            "This is a web address, not the path of a file.",
            todo="Download it first, then name the file.",
        )
    found = at_home(path).absolute()
    try:
        mode = os.stat(found).st_mode  # noqa: PTH116  for each small file
    except PermissionError as error:
        raise FileUnreadable(f"You may not look into the folder of {found.name}.") from error
    except (OSError, ValueError) as error:
        raise _missing(found, relative=not at_home(path).is_absolute()) from error
    if stat.S_ISDIR(mode):
        if not folder:
            message, todo = describe_folder(found)
            raise FileIsFolder(message, todo=todo)
        return found
    if not stat.S_ISREG(mode):
        raise FileUnreadable(f"{found.name!r} is not an ordinary file.")
    if not os.access(found, os.R_OK):
        raise FileUnreadable(
            f"You may not read {found.name!r}.", todo="Give yourself the right to read it."
        )
    return found


def source_of(path: Path) -> tuple[Callable[[], Source], str, int | None]:
    """Return what opens a file, or a folder as one zip, the name of that, and its size in bytes.

    The size is None where it has gone since: whoever opens it says so.
    """
    try:
        if path.is_dir():
            with closing(ZipSource.from_path(path)) as source:
                return partial(ZipSource.from_path, path), f"{path.name}.zip", source.size
        size = path.stat().st_size
    except OSError:
        size = None
    return partial(FileSource.from_path, path), path.name, size


def _missing(path: Path, *, relative: bool) -> FileMissing:
    """Return the error, with a name that is near where the folder has one."""
    if path.is_symlink():
        return FileMissing(
            f"{path.name!r} in {str(path.parent)!r} is a link that leads nowhere.",
            todo="Make what it points to, or name another file.",
        )
    where = f" A relative path starts in {str(Path.cwd())!r}." if relative else ""
    todo = f"Check the path.{where}"
    with suppress(OSError, ValueError), os.scandir(path.parent) as entries:
        names = [entry.name for entry in islice(entries, _COMPARED)]
        if near := difflib.get_close_matches(path.name, names, n=1):
            todo = f"Did you mean {near[0]!r}?"
    return FileMissing(f"There is no file {path.name!r} in {str(path.parent)!r}.", todo=todo)


def at_home(path: str | Path) -> Path:
    """Return `path` with `~` as the person's home; `~name` is a file where nobody has that name."""
    found = path if isinstance(path, Path) else Path(path)  # making one of one takes a while
    with suppress(RuntimeError):
        return found.expanduser()
    return found


def content_type_of(name: str) -> str:
    """Return the media type for a file name (RFC 6838), with those of Earth observation."""
    own = _EO_TYPES.get(os.path.splitext(name)[1].lower())  # noqa: PTH122  for each small file
    return own or mimetypes.guess_type(name)[0] or _ANY_TYPE


if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.sources.source import Source

    Read = Callable[[int, int], bytes]


_log = logging.getLogger(__name__)
_MOST_JSON = 2**20  # parsed in one go, in which no other thread of the server runs
_JSON_END = 4096
_PARQUET = (b"PAR1", b"PARE")  # the second: its footer is encrypted
_SHORTEST_PARQUET = 12
_ZIP_END, _ZIP_END_SIZE, _ZIP_COMMENT = b"PK\x05\x06", 22, 65_535
_ZIP64 = 0xFFFFFFFF

_SHAPEFILE = (
    "{name!r} is one of the files of a shapefile, and jobs read each link on its own. Put .shp,"
    " .shx, .dbf and .prj into one zip, then stage that; or save it as GeoParquet or GeoPackage."
)

_CUT = "{name!r} is no whole {kind}: it is cut, or of another kind. Readers will refuse it."
_EMPTY = "{name!r} holds no {what}. Readers will find nothing in it, or refuse it."


def advice_by_name(name: str) -> str:
    """Say what is wrong with a file of that name, whatever is in it; empty where nothing is."""
    return _SHAPEFILE.format(name=name) if name.lower().endswith(".shp") else ""


def advice_on(name: str, size: int, read: Read) -> str:
    """Say what readers will trip over, in a sentence or two; empty where nothing is known.

    Parameters
    ----------
    read
        Returns so many bytes from an offset, fewer only at the end.
    """
    ending = name.lower().rpartition(".")[2]
    if said := advice_by_name(name):
        return said
    if ending in ("parquet", "geoparquet"):
        return "" if _is_parquet(size, read) else _CUT.format(name=name, kind="Parquet file")
    if ending == "zip":
        return _on_zip(name, size, read)
    if ending == "geojson":
        if size <= _MOST_JSON:
            return _on_geojson(name, read(0, size))
        whole = _may_be_object(read(0, _JSON_END), read(size - _JSON_END, _JSON_END))
        return "" if whole else _CUT.format(name=name, kind="GeoJSON file")
    return ""


def warn_of(name: str, source: Source) -> None:
    """Put it into the log, before anything is sent."""
    from jupyter_openeo_artifacts.sources.source import read_bytes

    if advice := advice_on(name, source.size or 0, partial(read_bytes, source)):
        _log.warning("%s", advice)


def _is_parquet(size: int, read: Read) -> bool:
    if size < _SHORTEST_PARQUET:
        return False
    return read(0, 4) in _PARQUET and read(size - 4, 4) in _PARQUET


def _on_zip(name: str, size: int, read: Read) -> str:
    """Look for the end of the central directory (APPNOTE.TXT, 4.3.16)."""
    length = min(size, _ZIP_END_SIZE + _ZIP_COMMENT)
    tail = read(size - length, length)
    at = tail.rfind(_ZIP_END)
    if at < 0 or len(tail) - at < _ZIP_END_SIZE:
        return _CUT.format(name=name, kind="zip file")
    entries, directory, offset = struct.unpack_from("<HII", tail, at + 10)
    if _ZIP64 not in (directory, offset) and offset + directory > size - length + at:
        return _CUT.format(name=name, kind="zip file")
    return _EMPTY.format(name=name, what="files") if entries == 0 else ""


def _on_geojson(name: str, content: bytes) -> str:
    try:
        found: Any = json.loads(content)
    except (ValueError, RecursionError):
        return _CUT.format(name=name, kind="GeoJSON file")
    if not isinstance(found, dict) or not isinstance(found.get("type"), str):
        return _CUT.format(name=name, kind="GeoJSON file")
    if found["type"] == "FeatureCollection" and not found.get("features"):
        return _EMPTY.format(name=name, what="features")
    return ""


def _may_be_object(begin: bytes, end: bytes) -> bool:
    """Tell whether what lies between may be a JSON object; true where the ends do not tell."""
    if not json.detect_encoding(begin).startswith("utf-8"):
        return True
    first, last = begin.removeprefix(b"\xef\xbb\xbf").lstrip()[:1], end.rstrip()[-1:]
    return first in (b"{", b"") and last in (b"}", b"")


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def check_target(target: Path, *, overwrite: bool) -> None:
    """Return if a file can be written there, as far as a look tells.

    Raises
    ------
    FileAlreadyExists, FileIsFolder, FileMissing, FileUnwritable
        It cannot.
    """
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


def place(part: Path, target: Path, *, overwrite: bool) -> None:
    """Give a finished file its name in one step.

    Raises
    ------
    FileAlreadyExists
        Another has it by now.
    OSError
        It cannot have it.
    """
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


def unwritable(error: OSError, target: Path) -> DiskFull | FileUnwritable:
    """Return what is said where a file cannot be written."""
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
