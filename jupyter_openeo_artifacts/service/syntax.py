"""How texts and names are written in code and in Markdown: literals, links, identifiers."""

from __future__ import annotations

import builtins
import json
import keyword
import re
import unicodedata
from typing import NamedTuple
from urllib.parse import quote

from jupyter_openeo_artifacts.formatting import visible


def literal(text: str) -> str:
    """Return a string literal, the same in Python and in most other languages.

    What shows nothing itself but turns the line or joins characters is escaped (`visible`): the
    line reads as it runs.
    """
    return visible(json.dumps(text, ensure_ascii=False))


def julia(text: str) -> str:
    """Return a string literal of Julia, where `$` would put in a value."""
    return literal(text).replace("$", "\\$")


_LIVE = re.compile(r"""[$`@#{}\[\]!\\"]""")


def plain(text: str) -> str:
    """Return a string literal of a text into which no language reads anything.

    Raises
    ------
    ValueError
        It has characters that some language would run, or that are not seen.
    """
    if _LIVE.search(text) or not text.isprintable():
        raise ValueError("characters that a language may run")
    return literal(text)


def sh(text: str) -> str:
    """Return a word of any POSIX shell, whatever is in it."""
    return "'" + text.replace("'", "'\\''") + "'"


def shell(text: str) -> str:
    """Return a word of a shell; in ANSI-C quotes where it has characters that are not seen."""
    if visible(text) == text and text.isprintable():
        return sh(text)
    return "$'" + "".join(map(_octal, text)) + "'"


def _octal(letter: str) -> str:
    # A quote in any other form would end the word in a shell without such quotes.
    if letter.isprintable() and letter not in "\\'":
        return letter
    return "".join(f"\\{n:03o}" for n in letter.encode())


_PIECE = re.compile(r"\\U[0-9a-f]{8}|\\u[0-9a-f]{4}|\\.|.", re.DOTALL)


def broken(quoted: str, width: int) -> list[str]:
    """Return a literal as several, none wider than `width`, which Python joins again."""
    lines = [""]
    for piece in _PIECE.findall(quoted[1:-1]):
        if len(lines[-1]) + len(piece) > width - 2:
            lines.append("")
        lines[-1] += piece
    return [f'"{each}"' for each in lines]


def markdown_link(name: str, url: str) -> str:
    """Return a link in Markdown that shows the name as it is."""
    safe = re.sub(r"[<>\\\s]", lambda found: quote(found[0], safe=""), url)
    return f"[{escape_markdown(name)}](<{safe}>)"


def escape_markdown(text: str) -> str:
    """Return text that Markdown shows as it is: no markup, HTML or formula, on one line."""
    line = re.sub(r"\s+", " ", visible(text))
    return re.sub(r"""([\\`*_{}\[\]()<>#+\-.!|~$&:@/"'])""", r"\\\1", line)


def markdown_code(text: str) -> str:
    """Return text as code in Markdown, fenced by one more backtick than it holds in a row."""
    line = " ".join(text.splitlines())  # all else is the address: two spaces are not one
    longest = max(map(len, re.findall("`+", line)), default=0)
    fence, pad = "`" * (longest + 1), " " if longest else ""
    return f"{fence}{pad}{line}{pad}{fence}"


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
