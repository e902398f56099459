"""The arguments of `%artifact_upload`."""

from __future__ import annotations

import argparse
import keyword
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError

from jupyter_openeo_artifacts.notebook.line_words import words_of
from jupyter_openeo_artifacts.staging.durations import seconds_of

if TYPE_CHECKING:
    from collections.abc import Mapping

USAGE = "%artifact_upload PATH [--name NAME] [--expires 2d] [--connection VAR] [--as VAR] [--new]"


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
    """

    path: Path
    name: str | None = None
    expires_in: int | None = None
    connection: str | None = None
    variable: str | None = None
    new: bool = False

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
