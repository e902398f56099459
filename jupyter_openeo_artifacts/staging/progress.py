"""Speed of an upload, and words for one that stands still."""

from __future__ import annotations

import time
from collections import deque
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


_FEWEST = 3


class SpeedMeter:
    """Bytes per second over the last seconds.

    Storage acknowledges whole parts, so bytes come in jumps. The window therefore reaches back
    `window` seconds or over three jumps, whichever is longer: a slow line shows a steady figure,
    and a line that stands still one that sinks.

    Parameters
    ----------
    window
        Seconds.
    """

    def __init__(self, window: float = 5.0) -> None:
        self._window = window
        self._jumps: deque[tuple[float, int]] = deque()
        self._now = 0.0

    def update(self, bytes_total: int, now: float) -> None:
        """Hear that `bytes_total` are done at `now` (seconds of a clock that never goes back).

        Call it also when nothing has come, so that the figure sinks while the line stands still.
        """
        if not self._jumps or bytes_total != self._jumps[-1][1]:
            if self._jumps and bytes_total < self._jumps[-1][1]:
                self._jumps.clear()  # begun again
            self._jumps.append((now, bytes_total))
        self._now = now
        oldest = now - self._window
        while len(self._jumps) > _FEWEST + 1 and self._jumps[1][0] <= oldest:
            self._jumps.popleft()

    @property
    def speed(self) -> float:
        """Bytes per second; 0.0 as long as it is not known."""
        if len(self._jumps) < 2:  # noqa: PLR2004 - a speed takes two points
            return 0.0
        (begin, first), (_, last) = self._jumps[0], self._jumps[-1]
        return (last - first) / (self._now - begin) if self._now > begin else 0.0

    def seconds_left(self, size: int) -> float | None:
        """Return the seconds to `size` bytes at this speed; None when that is not known."""
        if not self._jumps:
            return None
        left = size - self._jumps[-1][1]
        if left <= 0:
            return 0.0
        return left / self.speed if self.speed > 0 else None


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

    def text(self, view: UploadView) -> str:
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
