"""What an engine lets slip: log records at the lowest level, threads, temporary files."""

from __future__ import annotations

import logging
import tempfile
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from unittest.mock import patch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.faults.signature import Key

CANARY = "CANARY0x7"
"""In the name of each file that is sent."""

ADDRESSES = "urllib3.connectionpool DEBUG"
"""It logs the path of each request at its lowest level; that is not ours to switch off."""


class Records(logging.Handler):
    """Keeps each record as a text file would."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.setFormatter(logging.Formatter("%(name)s %(levelname)s %(message)s"))
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep it."""
        self.lines.append(self.format(record))


@contextmanager
def listening() -> Iterator[Records]:
    """Keep all that is logged, at the level DEBUG."""
    root, records = logging.getLogger(), Records()
    level = root.level
    root.addHandler(records)
    root.setLevel(logging.DEBUG)
    try:
        yield records
    finally:
        root.setLevel(level)
        root.removeHandler(records)


@contextmanager
def own_temporary_folder(folder: Path) -> Iterator[None]:
    """Have temporary files made there."""
    folder.mkdir(exist_ok=True)
    with patch.object(tempfile, "tempdir", str(folder)):
        yield


def leaks(lines: list[str], keys: list[Key], *, name: bool) -> list[str]:
    """Name the lines with a secret in them, or (`name`) with the file's name."""
    secret = [each for key in keys for each in (key.secret_key, key.token) if each]
    found = [line for line in lines if any(each in line for each in secret)]
    named = [each for each in lines if name and CANARY in each and not each.startswith(ADDRESSES)]
    return sorted({"secret: " + line.partition(" ")[0] for line in found}) + sorted(
        {"file name: " + " ".join(line.split(" ")[:2]) for line in named}
    )


def lasting_threads(seconds: float = 10.0) -> list[str]:
    """Wait for the engine's threads to end; name those that do not."""
    deadline = time.monotonic() + seconds
    while found := [t.name for t in threading.enumerate() if t.name.startswith("artifact-upload")]:
        if time.monotonic() > deadline:
            return found
        time.sleep(0.01)
    return []
