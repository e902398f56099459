"""`jupyter openeo-artifacts list, verify`: what was staged from this machine, and is it whole."""

from __future__ import annotations

import argparse
import json
import sys
from argparse import BooleanOptionalAction
from collections import Counter
from dataclasses import asdict
from datetime import datetime, timezone
from itertools import islice
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.cli.login import add_backend, signed_in
from jupyter_openeo_artifacts.formatting import size_text, visible
from jupyter_openeo_artifacts.staging.artifact import whose
from jupyter_openeo_artifacts.staging.reference import find_record
from jupyter_openeo_artifacts.state.ids import connection_id
from jupyter_openeo_artifacts.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from jupyter_openeo_artifacts.artifacts.verification import Verification
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord

_NEWEST = 50
"""Artifacts that people are shown, unless they ask for more; programs get all."""
_AT_ONCE = 200
"""Rows whose columns are made to fit each other before they are printed."""
_HEAD = ("NAME", "BYTES", "STAGED", "BY", "CHECKED", "STORAGE URI")


def add_list(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "list", help="list what was staged from this machine, newest first"
    )
    parser.add_argument("--backend", metavar="URL", help="only what was staged there")
    several = parser.add_mutually_exclusive_group()
    several.add_argument(
        "--limit",
        metavar="N",
        type=_at_least_one,
        help=f"the newest N; {_NEWEST} if not given, but all with --json",
    )
    several.add_argument("--all", action="store_true", help="all of them")
    parser.add_argument(
        "--stored",
        action="store_true",
        help="what lies in storage under your account instead, put there from wherever, the oldest"
        " day first; the first N with --limit",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON line for each artifact")
    parser.set_defaults(run=run_list)


def _at_least_one(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return number


def run_list(arguments: argparse.Namespace) -> int:
    """Print the list: name, size in bytes, when, by which account, checks, storage URI.

    Each record is read when its turn comes, so that a long list costs what is printed of it.
    """
    if arguments.stored:
        return _list_stored(arguments)
    only = connection_id(arguments.backend) if arguments.backend else None
    ledger = Ledger()
    records = ledger.records(None if only is None else {only})
    limit = arguments.limit or (None if arguments.all or arguments.json else _NEWEST)
    shown = islice(records, limit)
    if arguments.json:
        for record in shown:
            print(record.to_json().decode())
        return 0
    if not _print_table(shown):
        print("Nothing staged yet.", file=sys.stderr)
    elif limit is not None and next(records, None) is not None:
        most = f"up to {ledger.count() - limit:,} " if only is None else ""
        print(f"… and {most}older ones; --all or --limit N shows them.", file=sys.stderr)
    return 0


def _list_stored(arguments: argparse.Namespace) -> int:
    """Print what storage has, each as it comes, and the sum of it on standard error."""
    count = total = 0
    for each in islice(signed_in(arguments.backend).helper().list(), arguments.limit):
        at = each.stored_at
        count, total = count + 1, total + (each.size or 0)
        if arguments.json:
            told = {"uri": str(each.uri), "name": each.name, "size": each.size}
            print(json.dumps(told | {"stored_at": at and at.isoformat()}))
            continue
        when = "?" if at is None else f"{at.astimezone():%Y-%m-%d %H:%M}"
        size = "?" if each.size is None else f"{each.size:,}"
        print(f"{size:>15}  {when:<16}  {visible(str(each.uri))}")
    files = "file" if count == 1 else "files"
    print(f"{count:,} {files}, {size_text(total)}", file=sys.stderr)
    return 0


def _print_table(records: Iterable[StagedRecord]) -> bool:
    """Print a row a record, some at once; return whether there were any."""
    zone = f"{datetime.now().astimezone():%Z}"
    head = (*_HEAD[:2], f"STAGED ({zone})", *_HEAD[3:])
    widths = [0] * len(head)
    found = False
    for some in _batches(records):
        rows = [*([] if found else [head]), *_rows(some)]
        found = True
        columns = zip(*rows, strict=True)
        widths = [max(known, *map(len, each)) for known, each in zip(widths, columns, strict=True)]
        for name, size, *others in rows:
            cells = [name.ljust(widths[0]), size.rjust(widths[1])]
            cells += map(str.ljust, others, widths[2:])
            print("  ".join(cells).rstrip())
    return found


def _batches(records: Iterable[StagedRecord]) -> Iterator[list[StagedRecord]]:
    rest = iter(records)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _rows(records: list[StagedRecord]) -> list[tuple[str, ...]]:
    alike = Counter((each.name, _minute(each)) for each in records)
    return [_row(each, seconds=alike[each.name, _minute(each)] > 1) for each in records]


def _minute(record: StagedRecord) -> str:
    return f"{record.staged_at.astimezone():%Y-%m-%d %H:%M}"


def _row(record: StagedRecord, *, seconds: bool) -> tuple[str, ...]:
    when = f"{record.staged_at.astimezone():%Y-%m-%d %H:%M:%S}" if seconds else _minute(record)
    checked = "size only" if record.verified == "size" else "content"
    name, uri = visible(record.name), visible(record.uri)
    return (name, f"{record.size:,}", when, whose(record), checked, uri)


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
