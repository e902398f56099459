"""Keeping a hub's culler away while files are on their way."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import MutableMapping

NAME = "jupyter_openeo_artifacts"
RUNNING = frozenset({"queued", "receiving", "uploading", "verifying"})
"""States in which a job moves without a person; a paused one may wait for days."""


class Activity:
    """Writes when staging last moved to where Jupyter (and a hub asking it) reads it.

    Parameters
    ----------
    times
        `web_app.settings["last_activity_times"]`.
    """

    def __init__(self, times: MutableMapping[str, datetime]) -> None:
        self._times = times

    def note(self, state: str) -> None:
        """Take note of a job's sign of life."""
        if state in RUNNING:
            self._times[NAME] = datetime.now(timezone.utc)
