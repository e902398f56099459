"""`jupyter openeo-artifacts link, download, delete`: what is done with one artifact, as named."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli import RequestInvalid
from jupyter_openeo_artifacts.cli.login import add_backend, signed_in
from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.staging.artifact import whose
from jupyter_openeo_artifacts.staging.reference import find_record

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord

NAME_OR_URI = "name of what was staged from this machine (the newest one), or storage URI, s3://..."


def add_artifact(parser: argparse.ArgumentParser) -> None:
    """Let a command take an artifact and the options of a login."""
    parser.add_argument("artifact", metavar="NAME_OR_URI", help=NAME_OR_URI)
    add_backend(parser)


def _add_command(
    commands: Any, name: str, run: Callable[[argparse.Namespace], int], **about: str
) -> argparse.ArgumentParser:
    """Describe a command on one artifact, which says what it did in JSON, too."""
    parser: argparse.ArgumentParser = commands.add_parser(name, **about)
    add_artifact(parser)
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.set_defaults(run=run)
    return parser


@dataclass(frozen=True)
class Chosen:
    """What was named; `record` is None for a storage URI that is on no list here."""

    uri: str
    record: StagedRecord | None
    by_name: bool

    def described(self) -> str:
        """Return which one is meant, in a form that tells it from others of its name."""
        if self.record is None:
            return visible(self.uri)
        when = f"{self.record.staged_at.astimezone():%Y-%m-%d %H:%M:%S}"
        return (
            f"{visible(self.record.name)} ({self.record.size:,} bytes, staged {when} by"
            f" {whose(self.record)}): {visible(self.uri)}"
        )

    def helper(self, arguments: argparse.Namespace) -> S3STSArtifactHelper:
        """Return the helper of its backend; errors as of `signed_in`."""
        return signed_in(
            arguments.backend,
            otherwise=self.record.backend if self.record else None,
            trust=arguments.trust,
            wait=arguments.wait,
        ).helper()


def choose(arguments: argparse.Namespace, *, of_any_day: bool = False) -> Chosen:
    """Return the artifact that is named.

    Raises
    ------
    NoSuchRecord, NameAmbiguous
        Nothing of that name was staged, or several things; see `find_record`.
    RequestInvalid
        It is a link.
    """
    from jupyter_openeo_artifacts.artifacts.uri import is_link

    given = arguments.artifact
    if is_link(given):
        raise RequestInvalid(
            "This is a link, not a name or a storage URI.",
            todo="The command list shows names and URIs; verify tells until when a link works.",
        )
    record = find_record(given, arguments.backend, of_any_day=of_any_day)
    return Chosen(record.uri if record else given, record, by_name=not given.startswith("s3://"))


def add_link(commands: Any) -> None:
    """Describe the command."""
    parser = _add_command(
        commands,
        "link",
        run_link,
        help="print a presigned URL: whoever has it can read the file",
    )
    parser.add_argument(
        "--expires",
        metavar="TIME",
        type=lifetime,
        help="requested lifetime, like 6h or 2d; the longest one possible if not given",
    )


def lifetime(text: str) -> int:
    """Return the seconds of a lifetime as typed; argparse shows the text of the error."""
    import argparse

    from jupyter_openeo_artifacts.formatting import seconds_of

    try:
        return seconds_of(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run_link(arguments: argparse.Namespace) -> int:
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


def add_download(commands: Any) -> None:
    """Describe the command."""
    parser = _add_command(
        commands,
        "download",
        run_download,
        help="write an artifact to a file, whole and checked",
        description="Write an artifact to a file. It is there whole and checked, or not at all; a"
        " file that is there already is kept.",
    )
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


def run_download(arguments: argparse.Namespace) -> int:
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


_KEPT = 1


def add_delete(commands: Any) -> None:
    """Describe the command."""
    parser = _add_command(
        commands,
        "delete",
        run_delete,
        help="delete an artifact from storage; links to it stop working",
        description="Delete an artifact from storage and take it off the list. Links to it, and"
        " jobs that read it, stop working. It asks first.",
    )
    parser.add_argument("--yes", action="store_true", help="do not ask")


def run_delete(arguments: argparse.Namespace) -> int:
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
    from jupyter_openeo_artifacts.artifacts.deduplication import forget_deleted
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

    forget_deleted(S3URI.from_str(uri))
