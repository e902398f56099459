"""All journals of a folder, looked at without taking any of them over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.journal.replay import JournalHeader, JournalState
from jupyter_openeo_artifacts.state.append_log import first_line, read_log
from jupyter_openeo_artifacts.state.log_folder import is_older, logs_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


FORGOTTEN_AFTER = 86_400.0
"""Seconds after which an upload that nobody has gone on with is taken away from storage."""


def intents(folder: Path, *, ours_too: bool = True) -> Iterator[tuple[Path, JournalHeader]]:
    """Yield what each journal in `folder` is for, whoever holds it.

    `ours_too` as in `logs_in`.
    """
    for path in logs_in(folder, ours_too=ours_too):
        entry = first_line(path)
        header = JournalHeader.from_entry(entry) if entry else None
        if header is not None:
            yield path, header


def is_owed(path: Path) -> bool:
    """Whether what an upload left is to be cleaned up.

    So it is when its clean-up failed, and when nobody has gone on with it for `FORGOTTEN_AFTER`.
    """
    return is_older(path, FORGOTTEN_AFTER) or standing(path).owed


def standing(path: Path) -> JournalState:
    """Return where an upload stands, whoever has its journal."""
    found = JournalState()
    for entry in read_log(path):
        found.apply(entry)
    return found
