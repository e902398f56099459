"""The file that somebody names to be staged: whether it can be read, and what type it is of."""

from __future__ import annotations

import difflib
import mimetypes
import os
import stat
from contextlib import suppress
from itertools import islice
from pathlib import Path

from jupyter_openeo_artifacts.artifacts.exceptions import FileIsFolder, FileMissing, FileUnreadable
from jupyter_openeo_artifacts.artifacts.signed_link import may_be_secret

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


def readable_file(path: str | Path) -> Path:
    """Return `path` as an absolute one if a file can be read there.

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
        mode = found.stat().st_mode
    except PermissionError as error:
        raise FileUnreadable(f"You may not look into the folder of {found.name}.") from error
    except (OSError, ValueError) as error:
        raise _missing(found, relative=not at_home(path).is_absolute()) from error
    if stat.S_ISDIR(mode):
        raise FileIsFolder(
            f"{found.name!r} is a folder.", todo="Zip it first, then stage the zip file."
        )
    if not stat.S_ISREG(mode):
        raise FileUnreadable(f"{found.name!r} is not an ordinary file.")
    if not os.access(found, os.R_OK):
        raise FileUnreadable(
            f"You may not read {found.name!r}.", todo="Give yourself the right to read it."
        )
    return found


def size_of(path: Path) -> int | None:
    """Return a file's size in bytes, None where it has gone since: whoever opens it says so."""
    try:
        return path.stat().st_size
    except OSError:
        return None


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
    with suppress(RuntimeError):
        return Path(path).expanduser()
    return Path(path)


def content_type_of(name: str) -> str:
    """Return the media type for a file name (RFC 6838), with those of Earth observation."""
    own = _EO_TYPES.get(os.path.splitext(name)[1].lower())  # noqa: PTH122  for each small file
    return own or mimetypes.guess_type(name)[0] or _ANY_TYPE
