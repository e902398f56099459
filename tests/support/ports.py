"""Servers that are told a port: one that was free a moment ago may be another's by then."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

TRIES = 3
TAKEN = re.compile(
    r"address already in use|port \d+ is (not available|already in use)", re.IGNORECASE
)
"""How SeaweedFS and Jupyter say it."""

Started = TypeVar("Started")


def with_free_ports(start: Callable[[], Started], log: Path) -> Started:
    """Start a server, with other ports where its log says that one was taken.

    Parameters
    ----------
    start
        Chooses ports, starts it and waits for it; where it fails, it is ended and an error raised.
    log
        Where the server writes.
    """
    for left in reversed(range(TRIES)):
        try:
            return start()
        except (AssertionError, RuntimeError):
            if not left or not TAKEN.search(log.read_text("utf-8", "replace")):
                raise
    raise AssertionError
