"""`jupyter openeo-artifacts delete NAME_OR_URI`: take an artifact out of storage."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.chosen import add_artifact, choose
from jupyter_openeo_artifacts.cli.exceptions import RequestInvalid
from jupyter_openeo_artifacts.formatting import visible

if TYPE_CHECKING:
    import argparse

_KEPT = 1


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "delete",
        help="delete an artifact from storage; links to it stop working",
        description="Delete an artifact from storage and take it off the list. Links to it, and"
        " jobs that read it, stop working. It asks first.",
    )
    add_artifact(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Delete it if that is meant, and say what came of it.

    Raises
    ------
    DeletionNotSupported
        The provider does not offer it; it is there as it was.
    RequestInvalid
        Nobody is at a terminal to say yes.
    OpenEOArtifactsError
        As `delete` of the artifact helper.
    """
    from jupyter_openeo_artifacts.s3.exceptions import ObjectGone

    chosen = choose(arguments, of_any_day=True)
    if not arguments.yes and not _is_meant(chosen.described()):
        print("Nothing was deleted.", file=sys.stderr)
        return _KEPT
    helper = chosen.helper(arguments)
    was_there = True
    try:
        helper.delete(chosen.uri)
    except ObjectGone:
        if chosen.record is None:
            raise
        was_there = False
        _take_off_the_list(chosen.uri)
    if arguments.json:
        print(json.dumps({"uri": chosen.uri, "deleted": was_there}))
    elif was_there:
        print(f"Deleted {visible(chosen.uri)}")
    else:
        print(f"{visible(chosen.uri)} was not in storage any more; it is off the list now.")
    return 0


def _is_meant(described: str) -> bool:
    if not sys.stdin.isatty():
        raise RequestInvalid(
            f"This would delete {described}, and nobody is at a terminal to say yes.",
            todo="Give --yes if that is meant.",
        )
    print(f"To be deleted from storage: {described}", file=sys.stderr)
    print("Links to it stop working. Delete it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().casefold() in {"y", "yes"}


def _take_off_the_list(uri: str) -> None:
    from jupyter_openeo_artifacts.artifacts.recorder import forget_deleted
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

    forget_deleted(S3URI.from_str(uri))
