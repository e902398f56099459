"""A look at a file before it goes: what no reader can use is said before the first byte.

It is advice and no refusal, see docs/decisions/029-a-look-at-the-file.md. A few reads at both ends,
whatever the size; only a small GeoJSON is read whole.
"""

from __future__ import annotations

import json
import logging
import struct
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.transfer.source import Source

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
    from jupyter_openeo_artifacts.transfer.source import read_bytes

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
