"""`jupyter openeo-artifacts link NAME_OR_URI`: a new presigned URL for what was staged."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.chosen import add_artifact, choose
from jupyter_openeo_artifacts.cli.exceptions import RequestInvalid

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "link", help="print a presigned URL: whoever has it can read the file"
    )
    add_artifact(parser)
    parser.add_argument(
        "--expires",
        metavar="TIME",
        type=lifetime,
        help="requested lifetime, like 6h or 2d; the longest one possible if not given",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line with its ends")
    parser.set_defaults(run=run)


def lifetime(text: str) -> int:
    """Return the seconds of a lifetime as typed; argparse shows the text of the error."""
    import argparse

    from jupyter_openeo_artifacts.formatting import seconds_of

    try:
        return seconds_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(arguments: argparse.Namespace) -> int:
    """Print the link, and until when it works on stderr.

    Raises
    ------
    NoSuchRecord, NameAmbiguous
        Nothing of that name was staged, or several things.
    ObjectGone, ArtifactNotOwned, WrongBucket
        A link to it would not work.
    """
    from jupyter_openeo_artifacts.artifacts.uri import is_link

    if is_link(arguments.artifact):
        raise RequestInvalid(
            "This is a link already.", todo="The command verify tells until when it works."
        )
    chosen = choose(arguments)
    signed = chosen.helper(arguments).sign(chosen.uri, arguments.expires)
    if arguments.json:
        ends = ("requested_until", "valid_until", "latest_possible_end")
        times = {name: getattr(signed, name).isoformat() for name in ends}
        told = {"uri": chosen.uri, "url": signed.url, **times, "checked": signed.checked}
        print(json.dumps(told))
        return 0
    print(signed.url)
    print(until_text(signed), file=sys.stderr)
    if chosen.by_name:
        print(f"It is the link to {chosen.described()}", file=sys.stderr)
    return 0


def until_text(signed: PresignedURL) -> str:
    """Return until when a link works, with the time zone, or that nobody could check it."""
    until = f"{signed.valid_until.astimezone():%Y-%m-%d %H:%M %Z}"
    if signed.checked:
        return f"The link works until {until} for anyone who has it."
    return (
        "The file could not be checked; if it is there, the link works until"
        f" {until} for anyone who has it."
    )
