"""A magic's line as words, in which what a variable holds is one word, whatever is in it.

IPython puts values into the line, which is then split at the spaces of the values as well. So the
magic asks for the raw line: it is split first, and values are put in afterwards, by IPython's own
formatter, so that `{variable}`, `{expression}` and `$variable` mean what they do elsewhere.
"""

from __future__ import annotations

import os
import re
import shlex
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_OPEN, _CLOSE = "\ue000", "\ue001"  # Unicode's private use: around the number of a value
_PLACE = re.compile(f"{_OPEN}([0-9]+){_CLOSE}")
_DOLLAR = re.compile(r"\$[A-Za-z_][\w.]*")


def words_of(line: str, values: Mapping[str, Any] | None = None) -> list[str]:
    """Split a line as a shell would; a comment and a semicolon at its end are no part of it.

    Parameters
    ----------
    values
        The variables that may be put in; none are where it is not given.

    Raises
    ------
    ValueError
        A quote is not closed.
    """
    puts: list[str] = []
    text = _without_values(line, puts) if values is not None else _bare(line)
    reader = shlex.shlex(text, posix=True)
    reader.whitespace_split = True
    reader.commenters = ""  # a # is part of many a file name
    if os.name == "nt":
        reader.escape = ""  # a backslash separates folders there

    def value(found: re.Match[str]) -> str:
        return _formatted(puts[int(found[1])], values or {})

    return [_PLACE.sub(value, word) for word in reader]


def _bare(line: str) -> str:
    return _without_values(line, None)


def _without_values(line: str, puts: list[str] | None) -> str:
    """Return the line with a number for each value; what is to be put there goes to `puts`."""
    made, quote, at = [], "", 0
    while at < len(line):
        char, length = line[at], 1
        if char == "\\" and quote != "'" and os.name != "nt":
            length = 2
        elif char in ("'", '"') and quote in ("", char):
            quote = "" if quote else char
        elif char == "#" and not quote and (at == 0 or line[at - 1].isspace()):
            break
        elif puts is not None and (length := _value_at(line, at, quote)):
            made.append(f"{_OPEN}{len(puts)}{_CLOSE}")
            puts.append(line[at : at + length])
            at += length
            continue
        length = length or 1
        made.append(line[at : at + length])
        at += length
    text = "".join(made).rstrip()
    return text if quote else text.removesuffix(";")


def _value_at(line: str, at: int, quote: str) -> int:
    """Return the length of the value's name that begins there; 0 where none does."""
    if line[at] == "$":
        found = None if quote == "'" else _DOLLAR.match(line, at)
        return len(found[0]) if found else 0
    if line[at] != "{":
        return 0
    if line.startswith("{{", at):
        return 2
    depth, inner = 0, ""
    for end in range(at, len(line)):
        char = line[end]
        if inner:
            inner = "" if char == inner else inner
        elif char in "'\"" and char != quote:
            inner = char
        else:
            depth += (char == "{") - (char == "}")
            if depth == 0:
                return end + 1 - at
    return 0


def _formatted(name: str, values: Mapping[str, Any]) -> str:
    """Return a value as text; its name where there is no such value, as IPython has it."""
    from IPython.utils.text import DollarFormatter

    if name == "{{":
        return "{"
    try:
        return str(DollarFormatter().vformat(name, args=[], kwargs=values))
    except Exception:  # noqa: BLE001  whatever an expression of the user's raises
        return name
