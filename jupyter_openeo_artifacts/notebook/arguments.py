"""The arguments of `%artifact_upload`."""

from __future__ import annotations

import argparse
import keyword
import os
import re
import shlex
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError

from jupyter_openeo_artifacts.formatting import seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping


USAGE = (
    "%artifact_upload PATH [--name NAME] [--expires 2d] [--connection VAR] [--as VAR] [--new]"
    " [--zip]"
)


@dataclass(frozen=True)
class UploadArguments:
    """One line of `%artifact_upload`.

    Attributes
    ----------
    path
        As it was written, `~` resolved.
    name
        The artifact's name; None is the file's own.
    expires_in
        Seconds that its presigned URLs are to live; None is as long as they can.
    connection
        Variable that holds the openEO connection to use.
    variable
        Variable that the artifact is assigned to.
    new
        Whether it is stored again even if storage holds the same file already.
    zip
        Whether the path may be a folder, of which one zip is made.
    """

    path: Path
    name: str | None = None
    expires_in: int | None = None
    connection: str | None = None
    variable: str | None = None
    new: bool = False
    zip: bool = False

    @classmethod
    def from_line(cls, line: str, values: Mapping[str, Any] | None = None) -> UploadArguments:
        """Read the line as a shell would: quotes hold words together, `--` ends the options.

        Parameters
        ----------
        values
            The variables that may be put in, each of them one word.

        Raises
        ------
        UsageError
            It cannot be understood; IPython shows this as one sentence.
        """
        found = _parser().parse_args(_words(line, values))
        return cls(
            path=Path(found.path).expanduser(),
            name=found.name,
            expires_in=found.expires_in,
            connection=found.connection,
            variable=found.variable,
            new=found.new,
            zip=found.zip,
        )


def asks_for_help(line: str) -> bool:
    """Tell whether the line holds `--help` or `-h` among its options."""
    options = takewhile(lambda word: word != "--", line.split())
    return not {"--help", "-h"}.isdisjoint(options)


class _Parser(argparse.ArgumentParser):
    """A parser that neither exits nor prints: a kernel must survive a typing error."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{message}. Usage: {USAGE}")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="%artifact_upload", add_help=False, allow_abbrev=False)
    parser.add_argument("path", metavar="PATH", type=_path)
    parser.add_argument("--name", metavar="NAME")
    parser.add_argument("--expires", metavar="2d", dest="expires_in", type=_lifetime)
    parser.add_argument("--connection", metavar="VAR", type=_variable)
    parser.add_argument("--as", metavar="VAR", dest="variable", type=_variable)
    parser.add_argument("--new", action="store_true")
    parser.add_argument("--zip", action="store_true")
    return parser


def _words(line: str, values: Mapping[str, Any] | None) -> list[str]:
    try:
        return words_of(line, values)
    except ValueError:
        raise UsageError(f"A quote is not closed. Usage: {USAGE}") from None


def _path(text: str) -> str:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError("that is no path")
    return text


def _variable(text: str) -> str:
    if not text.isidentifier() or keyword.iskeyword(text):
        raise argparse.ArgumentTypeError(f"{text!r} cannot be the name of a variable")
    return text


def _lifetime(text: str) -> int:
    try:
        return seconds_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


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
