"""A job at one moment, as it is told to others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from datetime import datetime

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from jupyter_openeo_artifacts.state.staged_record import Origin

JobState = Literal[
    "queued", "receiving", "uploading", "verifying", "staged", "paused", "failed", "cancelled"
]
ENDED = frozenset({"staged", "failed", "cancelled"})


@dataclass(frozen=True)
class JobView:
    """A job at one moment.

    States: `queued` waits for its turn; `receiving` bytes come from the browser or the notebook
    page (parts leave for storage meanwhile); `uploading` all bytes are here and go to storage;
    `verifying` what was stored is checked; `staged` it is an artifact; `paused` it goes on by
    itself; `failed` nothing is left in storage, it may be tried again; `cancelled` nothing is left.

    Sizes are in bytes, `speed` in bytes per second to storage, `seconds_left` in seconds. `reused`:
    it is staged because storage held the same file already; nothing was sent.
    `awaits_confirmation`: all bytes are here, and the page has still to say that the file has not
    changed since it was chosen. `advice`: what readers of the file will trip over; empty where
    nothing is known.
    """

    id: str
    connection: str
    name: str
    origin: Origin
    state: JobState
    size: int | None
    bytes_received: int
    bytes_stored: int
    speed: float | None
    seconds_left: float | None
    created_at: datetime
    artifact: str | None
    problem: OpenEOArtifactsError | None
    can_retry: bool
    reused: bool = False
    awaits_confirmation: bool = False
    advice: str = ""

    @property
    def ended(self) -> bool:
        """Whether it will not go on without a person."""
        return self.state in ENDED
