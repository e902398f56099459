"""`jupyter openeo-artifacts verify WHAT`: whether an artifact, or a link, is still good."""

from __future__ import annotations

import json
from argparse import BooleanOptionalAction
from dataclasses import asdict
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.login import add_backend, signed_in
from jupyter_openeo_artifacts.formatting import visible
from jupyter_openeo_artifacts.staging.reference import find_record

if TYPE_CHECKING:
    import argparse

    from jupyter_openeo_artifacts.artifacts.verification import Verification

_NOT_GOOD = 3


def add_verify(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "verify",
        help="check an artifact in storage, or a link",
        description="Check that an artifact is in storage as it was staged and that a link to it"
        " works; or check a link that you have, and tell until when it is valid. Exit status:"
        " 0 = OK, 3 = missing, different or not working, 1 = could not check.",
    )
    parser.add_argument(
        "artifact",
        metavar="NAME_OR_URI_OR_LINK",
        help="name of what was staged from this machine (the newest one), storage URI (s3://...),"
        " or presigned URL (in quotes; it is not printed)",
    )
    add_backend(parser)
    parser.add_argument(
        "--read-back",
        action=BooleanOptionalAction,
        help="read all of its content and compare the SHA-256; if not given, that is done where"
        " storage gave no MD5s to compare when it was staged",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line")
    parser.set_defaults(run=run_verify)


def run_verify(arguments: argparse.Namespace) -> int:
    """Print what was found, and return 3 where it is not good."""
    from jupyter_openeo_artifacts.artifacts.uri import is_link

    given, read_back = arguments.artifact, arguments.read_back
    if is_link(given):
        from jupyter_openeo_artifacts.staging.reference import verify

        return _say(verify(given), as_json=arguments.json)
    record = find_record(given, arguments.backend)
    if record is None:
        helper = signed_in(arguments.backend, trust=arguments.trust, wait=arguments.wait).helper()
        found = helper.verify(given, read_back=bool(read_back))
    else:
        from jupyter_openeo_artifacts.staging.artifact import Artifact

        target = signed_in(
            arguments.backend,
            otherwise=record.backend,
            trust=arguments.trust,
            wait=arguments.wait,
        )
        artifact = Artifact.of(record, target)
        found = artifact.verify(read_back=read_back)
    return _say(found, as_json=arguments.json)


def _say(found: Verification, *, as_json: bool) -> int:
    if as_json:
        print(
            json.dumps(asdict(found) | {"uri": str(found.uri)}, default=lambda at: at.isoformat())
        )
    else:
        print(*map(visible, _lines(found)), sep="\n")
    return 0 if found.there and found.get and found.same is not False else _NOT_GOOD


def _lines(found: Verification) -> list[str]:
    lines = [str(found.uri)]
    if found.valid_until is not None:  # a link was given
        now = datetime.now(timezone.utc)
        until = f"{found.valid_until.astimezone():%Y-%m-%d %H:%M %Z}"
        over = "ended at" if found.valid_until <= now else "is valid until"
        told = "The link works" if found.get else "The link does not work"
        size = "" if found.size is None else f": {found.size:,} bytes"
        lines.append(f"{told}{size}. It {over} {until}.")
    elif found.there:
        size = ", of unknown size" if found.size is None else f": {found.size:,} bytes"
        at = found.stored_at
        stored = f", stored {at.astimezone():%Y-%m-%d %H:%M %Z}" if at else ""
        works = {"GET": found.get, "HEAD": found.head, "parts": found.range}
        said = ", ".join(f"{name} {'yes' if good else 'no'}" for name, good in works.items())
        lines += [
            f"It is there{size}{stored}.",
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
