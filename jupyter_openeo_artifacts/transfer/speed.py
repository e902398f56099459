"""How fast it goes, and how long it will take."""

from __future__ import annotations

from collections import deque

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
