"""`jupyter openeo-artifacts download NAME_OR_URI [PATH]`: an artifact back to a file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.chosen import Chosen, add_artifact, choose
from jupyter_openeo_artifacts.cli.exceptions import RequestInvalid

if TYPE_CHECKING:
    import argparse


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "download",
        help="write an artifact to a file, whole and checked",
        description="Write an artifact to a file. It is there whole and checked, or not at all; a"
        " file that is there already is kept.",
    )
    add_artifact(parser)
    parser.add_argument(
        "path",
        nargs="?",
        metavar="PATH",
        help="file to write, or folder to write it in under the artifact's name; if not given, the"
        " folder you are in",
    )
    parser.add_argument(
        "--overwrite", action="store_true", help="replace a file that is there already"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Write the file, print its path, and which artifact it is on stderr.

    Raises
    ------
    OpenEOArtifactsError
        As `download` of the artifact helper; a file that was there is as it was.
    """
    from jupyter_openeo_artifacts.artifacts.exceptions import FileAlreadyExists

    chosen = choose(arguments)
    target = _target(chosen, arguments.path)
    helper = chosen.helper(arguments)
    print(f"Downloading {chosen.described()}", file=sys.stderr)
    known = chosen.record.sha256 if chosen.record else ""
    try:
        written = helper.download(chosen.uri, target, overwrite=arguments.overwrite, sha256=known)
    except FileAlreadyExists as error:
        error.todo = "Name another file, or replace it by --overwrite."
        raise
    if arguments.json:
        size = written.stat().st_size
        print(json.dumps({"uri": chosen.uri, "path": str(written), "size": size}))
    else:
        print(written)
    return 0


def _target(chosen: Chosen, given: str | None) -> Path:
    """Return the file to write; a name never leads out of the folder that was given."""
    from jupyter_openeo_artifacts.artifacts.local_file import at_home

    path = at_home(given) if given is not None else Path()
    try:
        if not path.is_dir():
            return path
    except OSError:  # of a folder that may not be looked into; `download` says what is wrong
        return path
    name = (chosen.record.name if chosen.record else chosen.uri).rpartition("/")[2]
    if name in ("", ".", ".."):
        raise RequestInvalid("The artifact has no name of its own.", todo="Name the file to write.")
    return path / name
