"""`jupyter openeo-artifacts list`: what was staged from this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.records.ids import connection_id
from jupyter_openeo_artifacts.records.ledger import Ledger, StagedRecord

if TYPE_CHECKING:
    import argparse


def add_parser(commands: Any) -> None:
    """Describe the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "list", help="list what was staged from this machine, newest first"
    )
    parser.add_argument("--backend", metavar="URL", help="only what was staged there")
    parser.add_argument("--json", action="store_true", help="print one JSON line for each artifact")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Print the ledger: time, size in bytes, account and backend, storage URI, name."""
    only = connection_id(arguments.backend) if arguments.backend else None
    for record in Ledger().records(None if only is None else {only}):
        if arguments.json:
            print(record.to_json().decode())
        else:
            when = record.staged_at.astimezone()
            checked = "  (checked by size only)" if record.verified == "size" else ""
            print(
                f"{when:%Y-%m-%d %H:%M}  {record.size:>14,}  {whose(record)}"
                f"  {record.uri}  {record.name}{checked}"
            )
    return 0


def whose(record: StagedRecord) -> str:
    """Return by which account and where it was staged, as far as that was noted."""
    host = urlsplit(record.backend).netloc
    return f"{record.account} at {host}" if record.account else host
