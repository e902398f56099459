"""Time that runs faster: an outage of 90 s takes 4.5 s of a test.

Only waits are shortened: those of our retries, which take their clock as an argument, and those
between botocore's tries. Bytes and time-outs of sockets take what they take.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from types import SimpleNamespace
from typing import TYPE_CHECKING
from unittest.mock import patch

from botocore import endpoint

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.s3 import client as clients
from jupyter_openeo_artifacts.transfer.retry import Retrier

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEED = 20.0
READ_TIMEOUT = 2.0
"""Of sockets, in real seconds: 40 s of the fast ones."""


def now() -> float:
    """Return the fast time in seconds."""
    return time.monotonic() * SPEED


def real(seconds: float) -> float:
    """Return what so many fast seconds really are."""
    return seconds / SPEED


@contextmanager
def fast_time() -> Iterator[None]:
    """Have engines live in it meanwhile."""

    slow_wait = CancelToken.wait

    def wait(self: CancelToken, seconds: float | None) -> bool:
        return slow_wait(self, None if seconds is None else real(seconds))

    shim = SimpleNamespace(**{**vars(time), "sleep": lambda s: time.sleep(real(s))})
    with (
        patch.dict(Retrier.__init__.__kwdefaults__, clock=now),
        patch.object(CancelToken, "wait", wait),
        patch.object(endpoint, "time", shim),
        patch.object(clients, "READ_SECONDS", READ_TIMEOUT),
        patch.object(clients, "CONNECT_SECONDS", READ_TIMEOUT),
    ):
        yield
