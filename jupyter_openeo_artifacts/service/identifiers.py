"""Names of variables, made of the names of files."""

from __future__ import annotations

import builtins
import keyword
import re
import unicodedata
from typing import NamedTuple

PLACEHOLDER = "file"
"""What a variable is called where nothing of the file's name can be in it."""


_LONGEST_STEM = 40
_EXTENSIONS = re.compile(
    r"(?<=.)(\.(tar|csv|tsv|json|geojson|shp|gdb|gpkg|tiff?|nc))?\.(7z|[a-z][a-z0-9]{0,9})$",
    re.IGNORECASE,
)
_RESERVED = frozenset({*keyword.kwlist, *keyword.softkwlist, *dir(builtins), "presigned_url"})


class Identifier(NamedTuple):
    """A variable's name, and whether it says nothing of the file."""

    name: str
    is_placeholder: bool


def identifier(file: str, ending: str, taken: set[str], *, capitals: bool = False) -> Identifier:
    """Return a name that is valid in every language of ours and new in the notebook.

    Parameters
    ----------
    file
        The file's name: `fields_2026.parquet` becomes `fields_2026_url` with the ending `url`.
    taken
        Names that are in use. The new one is added.
    capitals
        Whether it is written in capitals, as shells have it.
    """
    stem = _stem(file)
    base = f"{stem or PLACEHOLDER}_{ending}"
    return Identifier(unused(base.upper() if capitals else base, taken), not stem)


def unused(base: str, taken: set[str]) -> str:
    """Return `base`, with a number where it is in use; it is in use then."""
    name, number = base, 1
    while name in taken or name in _RESERVED:
        number += 1
        name = f"{base}_{number}"
    taken.add(name)
    return name


def _stem(file: str) -> str:
    """Return what ASCII letters, digits and underscores can tell of a file's name."""
    letters = unicodedata.normalize("NFKD", _EXTENSIONS.sub("", file).casefold())
    unmarked = "".join(each for each in letters if not unicodedata.combining(each))
    stem = re.sub("[^a-z0-9]+", "_", unmarked)[:_LONGEST_STEM].strip("_")
    return f"{PLACEHOLDER}_{stem}" if stem[:1].isdigit() else stem
