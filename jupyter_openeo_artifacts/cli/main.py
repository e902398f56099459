"""The command line: its commands, and how they fail."""

from __future__ import annotations

import argparse
import os
import sys
from contextlib import suppress
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.cli import SignInNeeded
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Sequence


COMMANDS = {
    "login": "login",
    "logout": "account",
    "whoami": "account",
    "upload": "upload",
    "list": "list",
    "link": "artifact",
    "verify": "list",
    "download": "artifact",
    "delete": "artifact",
    "demo": "demo",
}
"""Commands by their modules of this package, each with `add_<command>(commands)`.

That has the parser name, as `run`, what takes its arguments and returns the exit status.
"""

_SIGN_IN_NEEDED = 4
_INTERRUPTED = 130  # what shells expect after Ctrl-C
_UNREAD = 141  # what shells expect after SIGPIPE


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    arguments
        What follows the program's name; the process's own if not given.

    Returns
    -------
    int
        Exit status: 0 done, 1 failed and said why on standard error, 2 wrong usage, 3 verified and
        not found good, 4 somebody must sign in first, 130 interrupted, 141 nobody reads any more.
    """
    given = list(sys.argv[1:] if arguments is None else arguments)
    parsed = command_parser(given).parse_args(given)
    try:
        status: int = parsed.run(parsed)
        sys.stdout.flush()  # here, where it can still be told that nobody reads
    except BrokenPipeError:
        return _end_unread()
    except SignInNeeded as error:
        print(error, file=sys.stderr)
        return _SIGN_IN_NEEDED
    except OpenEOArtifactsError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted.", file=sys.stderr)
        return _INTERRUPTED
    return status


def _end_unread() -> int:
    """End as a command in a pipe does whose reader, such as `head`, has what it wanted."""
    with suppress(OSError):
        # Else Python complains once more when it writes what is left at the end of the process.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return _UNREAD


def command_parser(given: Sequence[str] = ()) -> argparse.ArgumentParser:
    """Return the parser of the command that is `given`, else of all commands."""
    parser = argparse.ArgumentParser(
        prog="jupyter openeo-artifacts",
        description="Stage files for openEO jobs, and use what was staged.",
        epilog="Exit status: 0 = done, 1 = failed (the reason is on standard error), 2 = wrong"
        " usage, 3 = verified and not good, 4 = somebody must sign in first, 130 = interrupted.",
    )
    parser.add_argument("--version", action="version", version=_version())
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    # A command that is named is the only one loaded: none waits for what another one imports.
    for name in given[:1] if given[:1] and given[0] in COMMANDS else COMMANDS:
        module = import_module(f"jupyter_openeo_artifacts.cli.{COMMANDS[name]}")
        getattr(module, f"add_{name}")(commands)
    return parser


def _version() -> str:
    try:
        return version("jupyter-openeo-artifacts")
    except PackageNotFoundError:  # run from a checkout that was never installed
        return "not installed"


if __name__ == "__main__":
    sys.exit(main())
