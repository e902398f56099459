"""What an upload waits for, and since when, in words: a bar that stands still says nothing."""

from __future__ import annotations

import time
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.staging.job import JobView

QUIET_SECONDS = 10.0
"""Without any progress, after which that is said; a slow part may take longer, and it is true."""


class Standstill:
    """Follows one upload and tells when it stands still.

    Parameters
    ----------
    cancel
        How a person cancels it here, one sentence.
    clock, now
        Seconds that only go on, and the time of day.
    """

    def __init__(
        self,
        cancel: str,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], datetime] = datetime.now,
    ) -> None:
        self._cancel = cancel
        self._clock = clock
        self._now = now
        self._seen: tuple[str, int, int] = ("", 0, 0)
        self._begun, self._since = clock(), now()

    def text(self, view: JobView) -> str:
        """Return what `view` waits for and what to do; empty while it moves, and at its end."""
        seen = (view.state, view.bytes_stored, view.bytes_received)
        pauses = view.state == "paused" and seen[1:] == self._seen[1:]
        if seen != self._seen and not pauses:
            self._begun, self._since = self._clock(), self._now()
        self._seen = seen
        if view.ended:
            return ""
        since = f"{self._since:%H:%M:%S}"
        if view.state == "paused" and view.problem is not None:
            return (
                f"{view.problem.message} Waiting since {since}; it continues automatically."
                f" {self._cancel}"
            )
        if self._clock() - self._begun < QUIET_SECONDS:
            return ""
        return f"{_WAITING[view.state]} since {since}; it continues automatically. {self._cancel}"


_WAITING = {
    "queued": "Waiting for its turn",
    "receiving": "Waiting for bytes of the file",
    "uploading": "Waiting for storage, which has confirmed nothing",
    "verifying": "Waiting for storage to tell what it has stored,",
    "paused": "Waiting for storage",
}
