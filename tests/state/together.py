"""Records that several threads put on a ledger at one time, and so in one file."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

from jupyter_openeo_artifacts.state import group_commit
from jupyter_openeo_artifacts.state.group_commit import GROUP_COMMIT
from jupyter_openeo_artifacts.state.record_names import ENDING, MOST, ids_of
from tests.state.test_ledger_index import record

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from jupyter_openeo_artifacts.state.ledger import Ledger
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


@contextmanager
def under_way(count: int, size: int = 0, seconds: float = 600.0) -> Iterator[None]:
    """Have so many uploads under way, in a process that is busy and waits long for others."""
    with (
        patch.object(group_commit, "BUSY", 0.0),
        patch.object(group_commit, "LONGEST_WAIT", seconds),
        ExitStack() as held,
    ):
        for _ in range(count):
            held.enter_context(GROUP_COMMIT.expecting(size))
        yield


def add_together(ledger: Ledger, records: Sequence[StagedRecord]) -> None:
    """Add them, each in a thread of its own, to files of several."""
    with under_way(2 * len(records)), ThreadPoolExecutor(len(records)) as threads:
        list(threads.map(ledger.add, records))


def names(folder: Path) -> list[tuple[str, ...]]:
    """Return the ids in each file's name, those of the files with most first."""
    found = [tuple(sorted(ids_of(each.stem))) for each in folder.glob(f"*{ENDING}")]
    return sorted(found, key=len, reverse=True)


def add(ledger: Ledger, made: StagedRecord) -> None:
    """Add a record in a thread of its own: the main one waits for no other."""
    with ThreadPoolExecutor(1) as thread:
        thread.submit(ledger.add, made).result()


def five(ledger: Ledger) -> list[StagedRecord]:
    """Put five records into one file; return them, oldest first."""
    made = [record(size=number) for number in range(MOST)]
    add_together(ledger, made)
    return made
