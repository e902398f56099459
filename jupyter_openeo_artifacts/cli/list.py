"""`jupyter openeo-artifacts list`: what was staged from this machine."""

from __future__ import annotations

import sys
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.records.ids import connection_id
from jupyter_openeo_artifacts.records.ledger import Ledger, StagedRecord

if TYPE_CHECKING:
    import argparse

_HEAD = ("NAME", "BYTES", "STAGED", "BY", "CHECKED", "STORAGE URI")


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "list", help="list what was staged from this machine, newest first"
    )
    parser.add_argument("--backend", metavar="URL", help="only what was staged there")
    parser.add_argument("--json", action="store_true", help="print one JSON line for each artifact")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the list: name, size in bytes, when, by which account, checks, storage URI."""
    only = connection_id(arguments.backend) if arguments.backend else None
    records = Ledger().records(None if only is None else {only})
    if arguments.json:
        for record in records:
            print(record.to_json().decode())
        return 0
    zone = f"{datetime.now().astimezone():%Z}"
    rows = [(*_HEAD[:2], f"STAGED ({zone})", *_HEAD[3:]), *map(_row, records)]
    if len(rows) == 1:
        print("Nothing staged yet.", file=sys.stderr)
        return 0
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for name, size, *others in rows:
        cells = [name.ljust(widths[0]), size.rjust(widths[1])]
        cells += map(str.ljust, others, widths[2:])
        print("  ".join(cells).rstrip())
    return 0


def _row(record: StagedRecord) -> tuple[str, ...]:
    when = f"{record.staged_at.astimezone():%Y-%m-%d %H:%M}"
    checked = "size only" if record.verified == "size" else "content"
    return (record.name, f"{record.size:,}", when, whose(record), checked, record.uri)


def whose(record: StagedRecord) -> str:
    """Return by which account and where it was staged, as far as that was noted."""
    host = urlsplit(record.backend).netloc
    return f"{record.account} at {host}" if record.account else host
