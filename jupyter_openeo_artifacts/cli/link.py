"""`jupyter openeo-artifacts link URI`: a fresh presigned URL for what was staged."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.login import add_backend, signed_in

if TYPE_CHECKING:
    import argparse


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "link", help="print a presigned URL: whoever has it can read the file"
    )
    parser.add_argument("uri", metavar="URI", help="storage URI, s3://...")
    add_backend(parser)
    parser.add_argument(
        "--expires",
        metavar="TIME",
        type=lifetime,
        help="how long it shall work, like 6h or 2d; as long as it can if not given",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line with its ends")
    parser.set_defaults(run=run)


def lifetime(text: str) -> int:
    """Return the seconds of a lifetime as typed; argparse shows the text of the error."""
    import argparse

    from jupyter_openeo_artifacts.staging.durations import seconds_of

    try:
        return seconds_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(arguments: argparse.Namespace) -> int:
    """Print the link, and until when it works on stderr."""
    signed = (
        signed_in(arguments.backend, trust=arguments.trust)
        .helper()
        .sign(arguments.uri, arguments.expires)
    )
    if arguments.json:
        ends = ("requested_until", "valid_until", "latest_possible_end")
        times = {name: getattr(signed, name).isoformat() for name in ends}
        print(json.dumps({"url": signed.url, **times}))
        return 0
    print(signed.url)
    until = f"{signed.valid_until.astimezone():%Y-%m-%d %H:%M}"
    print(f"It works until {until} for anyone who has it.", file=sys.stderr)
    return 0
