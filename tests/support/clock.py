"""A clock that only a test moves."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone


class FakeClock:
    """Both clocks, which stand still until a test adds to `seconds`."""

    START = datetime(2026, 1, 15, 12, tzinfo=timezone.utc)

    def __init__(self) -> None:
        self.seconds = 0.0

    def monotonic(self) -> float:
        """Return the seconds; see `time.monotonic`."""
        return self.seconds

    def now(self) -> datetime:
        """Return so many seconds after the start."""
        return self.START + timedelta(seconds=self.seconds)
