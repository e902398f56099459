"""Which records a file of the ledger holds: its name says it, so none is opened to know that."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


ENDING = ".json"


MOST = 5
"""Ids in one name: with `ENDING` 139 characters, of the 143 that an encrypted folder may allow."""


_BETWEEN = "-"


_TICK_NS = 50_000_000  # longer than one of any system's clock for files


def stem_of(ids: Iterable[str]) -> str:
    """Return the name, without its ending, of the file that holds these records."""
    return _BETWEEN.join(ids)


def ids_of(stem: str) -> tuple[str, ...]:
    """Return the ids in such a name; none where it is no name of ours."""
    if stem.isalnum():
        return (stem,)
    ids = tuple(stem.split(_BETWEEN))
    return ids if all(map(str.isalnum, ids)) else ()


def without(stem: str, record: str) -> str:
    """Return the name of a file that holds one record less; empty for the last one."""
    return stem_of(each for each in ids_of(stem) if each != record)


def path_of(folder: Path | str, stem: str) -> str:
    """Return where the file of that name lies."""
    return f"{folder}{os.sep}{stem}{ENDING}"


def stems_in(folder: Path) -> dict[str, str]:
    """List a folder: the id of each record, and the name of the file that holds it.

    Where two do, the one with fewer records is newer (`RecordFiles.add`). A file that is renamed
    meanwhile may be missed (POSIX, `readdir`), so the folder is then listed once more.
    """
    before = os.stat(folder).st_mtime_ns  # noqa: PTH116  the ledger is asked with each small file
    found: dict[str, str] = {}
    names = _list(folder, found)
    if len(found) > names:
        changed = os.stat(folder).st_mtime_ns  # noqa: PTH116  as above
        if changed != before or time.time_ns() - before < _TICK_NS:
            _list(folder, found)
    return found


def _list(folder: Path, found: dict[str, str]) -> int:
    """Add what a folder holds to `found`; return how many files that are."""
    count = 0
    with os.scandir(folder) as entries:
        for each in entries:
            if not each.name.endswith(ENDING):
                continue
            count += 1
            stem = each.name[: -len(ENDING)]
            for record in ids_of(stem):
                if record not in found or len(stem) < len(found[record]):
                    found[record] = stem
    return count
