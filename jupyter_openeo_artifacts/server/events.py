"""Change events of the extension, and its place among Jupyter's activities."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.service.changes import Throttle

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable, MutableMapping

    from jupyter_openeo_artifacts.service.service import Resource


SCHEMA_ID = "https://events.jupyter.org/jupyter_openeo_artifacts/change/v1"


SCHEMA = Path(__file__).with_name("change.yaml")


class EventThrottle:
    """Takes news from any thread and emits them on the loop: states at once, progress throttled.

    Parameters
    ----------
    emit
        Called on the loop with the event's data (jupyter_events refuses other threads).
    loop
        The server's.
    """

    def __init__(
        self, emit: Callable[[dict[str, str]], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._emit = emit
        self._loop = loop
        self._throttle = Throttle()
        self._timer: asyncio.TimerHandle | None = None

    def announce(self, resource: Resource, thing: str, state: str) -> None:
        """Say that a thing has changed; cheap, from any thread, at any rate."""
        if self._throttle.note(resource, thing, state):
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        due, soonest = self._throttle.due(self._loop.time())
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if soonest is None else self._loop.call_later(soonest, self._deliver)
        for resource, thing, state in due:
            self._emit({"resource": resource, "id": thing, "state": state})


NAME = "jupyter_openeo_artifacts"


RUNNING = frozenset({"queued", "receiving", "uploading", "verifying"})
"""States in which an upload moves without a person; a paused one may wait for days."""


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
        """Take note of an upload's sign of life."""
        if state in RUNNING:
            self._times[NAME] = datetime.now(timezone.utc)
