"""`jupyter openeo-artifacts verify NAME_OR_URI`: whether an artifact is still as it was staged."""

from __future__ import annotations

import json
from argparse import BooleanOptionalAction
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.login import add_backend, signed_in
from jupyter_openeo_artifacts.records.exceptions import NoSuchRecord
from jupyter_openeo_artifacts.records.ids import connection_id
from jupyter_openeo_artifacts.records.ledger import Ledger

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.artifacts.verification import Verification
    from jupyter_openeo_artifacts.records.ledger import StagedRecord

_NOT_GOOD = 3


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "verify",
        help="tell whether an artifact is in storage as it was staged, and a link to it works",
        description="Tell whether an artifact is in storage as it was staged, and a link to it"
        " works. Exit status: 0 if so, 3 if not, 1 if it cannot be told.",
    )
    parser.add_argument(
        "artifact",
        metavar="NAME_OR_URI",
        help="name of what was staged from this machine (the newest one), or storage URI, s3://...",
    )
    add_backend(parser)
    parser.add_argument(
        "--read-back",
        action=BooleanOptionalAction,
        help="read all of its content and compare the SHA-256; if not given, that is done where"
        " storage gave no MD5s to compare when it was staged",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print what was found, and return 3 where it is not good."""
    given, read_back = arguments.artifact, arguments.read_back
    record = _record(given, arguments.backend)
    if record is None:
        helper = signed_in(arguments.backend).helper()
        found = helper.verify(given, read_back=bool(read_back))
    else:
        from jupyter_openeo_artifacts.staging.artifact import Artifact

        artifact = Artifact.of(record, signed_in(arguments.backend or record.backend))
        found = artifact.verify(read_back=read_back)
    if arguments.json:
        print(
            json.dumps(asdict(found) | {"uri": str(found.uri)}, default=lambda at: at.isoformat())
        )
    else:
        print(*_lines(found), sep="\n")
    return 0 if found.there and found.get and found.same is not False else _NOT_GOOD


def _record(given: str, backend: str | None) -> StagedRecord | None:
    """Return what is noted of it; None for a storage URI of which nothing is."""
    only = connection_id(backend) if backend else None
    by_uri = given.startswith("s3://")
    for record in Ledger().records(None if only is None else {only}):
        if given == (record.uri if by_uri else record.name):
            return record
    if by_uri:
        return None
    raise NoSuchRecord(
        f"No artifact named {given!r} was staged from this machine.",
        todo="Look for it with the command list, or give its storage URI.",
    )


def _lines(found: Verification) -> list[str]:
    lines = [str(found.uri)]
    if found.there:
        at = found.stored_at
        stored = f", stored {at.astimezone():%Y-%m-%d %H:%M}" if at else ""
        works = {"GET": found.get, "HEAD": found.head, "parts": found.range}
        said = ", ".join(f"{name} {'yes' if good else 'no'}" for name, good in works.items())
        lines += [
            f"It is there: {found.size:,} bytes{stored}.",
            _content(found),
            f"A link to it answers: {said}.",
        ]
    return [*lines, *found.notes]


def _content(found: Verification) -> str:
    if not found.sha256:
        return "Its content was not read (--read-back reads it)."
    told = f"Its content was read back: SHA-256 {found.sha256}"
    if found.same:
        return f"{told}, as it was staged."
    if found.same is None:
        return f"{told}; none is noted here to compare it with."
    return f"{told}."
