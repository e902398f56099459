"""What a forked process must not share with its parent, or wait for.

A fork copies the thread that called it, and no other: a lock that another one held stays locked,
connections are the parent's as well, and what threads were about to do nobody does.
"""

from __future__ import annotations

import logging
import os
from typing import Protocol
from weakref import WeakSet


class _Renewable(Protocol):
    def begin_anew(self) -> None:
        """Have what a new one has: locks that are free, no connection, nothing under way."""


_log = logging.getLogger(__name__)


_of_this_process: WeakSet[_Renewable] = WeakSet()


def begin_anew_after_fork(each: _Renewable) -> None:
    """Have `each.begin_anew()` called in every process that is forked while it lives."""
    _of_this_process.add(each)


def _forked() -> None:
    for each in list(_of_this_process):
        try:
            each.begin_anew()
        except Exception as error:  # noqa: BLE001  the others would wait for the parent's threads
            _log.warning("Something has no new beginning in a fork: %s", type(error).__name__)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forked)
