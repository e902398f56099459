"""A folder of append logs, one for each thing that is under way."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.append_log import AppendLog, first_line

if TYPE_CHECKING:
    from pathlib import Path

ENDING = ".jsonl"
_JUST_MADE = 60.0  # seconds: whoever makes a log may not have written its first line yet


def logs_in(folder: Path) -> list[Path]:
    """Return the logs in `folder` by name; none where there is no such folder."""
    try:
        with os.scandir(folder) as found:
            names = sorted(each.name for each in found if each.name.endswith(ENDING))
    except FileNotFoundError:
        return []
    return [folder / name for name in names]


def is_older(path: Path, seconds: float) -> bool:
    """Whether nothing was written to a file for so long; False where it is gone."""
    try:
        return time.time() - path.stat().st_mtime > seconds
    except OSError:
        return False


def remove_hollow(folder: Path) -> None:
    """Remove what processes have left that were killed before they had written a first line."""
    for path in logs_in(folder):
        if not is_older(path, _JUST_MADE) or first_line(path) is not None:
            continue
        if (log := AppendLog.take(path)) is not None:
            (log.close if log.entries else log.remove)()
