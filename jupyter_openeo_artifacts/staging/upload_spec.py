"""What an upload is to do, and what is shown of it, in words where it stands still."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal, get_args

from jupyter_openeo_artifacts.state.ids import boot_id
from jupyter_openeo_artifacts.state.staged_record import Origin

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


@dataclass(frozen=True)
class ContentsFile:
    """A file of Jupyter's: the folder that is the root, and the contents path below it."""

    root: str
    path: str


@dataclass(frozen=True)
class Owner:
    """Whose an upload is: who signed in when it was made.

    `account` is the name, else the id, that the backend has for the login, empty where it is not
    known; `subject` tells it from all others, empty where an older version made the upload.
    """

    account: str = ""
    subject: str = ""


@dataclass(frozen=True)
class UploadSpec:
    """What an upload is to do, as far as a successor has to know of it; holds no secret.

    `upload` is its id, `size` is in bytes; `arrives` tells whether the bytes come from a browser or
    a notebook page, else `contents` says where they lie, if others could open it; `boot` is another
    after each start of the machine; `confirm` tells whether the page has to say at the end that
    the file has not changed.
    """

    upload: str
    connection: str
    backend: str
    name: str
    origin: Origin
    size: int | None
    contents: ContentsFile | None = None
    arrives: bool = False
    reuse: bool = True
    boot: str = ""
    confirm: bool = False
    owner: Owner = Owner()

    @classmethod
    def from_entry(cls, entry: Mapping[str, Any]) -> UploadSpec | None:
        """Return what a line says; None where it is none of ours."""
        match entry:
            case {
                "version": 1,
                "upload": str(upload),
                "connection": str(connection),
                "backend": str(backend),
                "name": str(name),
                "origin": origin,
                "size": int() | None as size,
                "contents": given,
                "arrives": bool(arrives),
                "reuse": bool(reuse),
                "boot": str(boot),
            } if upload.isalnum() and origin in get_args(Origin):  # an id becomes part of a path
                contents = _root_file(given)
                if size is not None if arrives else contents is not None:
                    confirm = entry.get("confirm") is True  # older versions knew nothing of it
                    return cls(
                        upload=upload,
                        connection=connection,
                        backend=backend,
                        name=name,
                        origin=origin,
                        size=size,
                        contents=contents,
                        arrives=arrives,
                        reuse=reuse,
                        boot=boot,
                        confirm=confirm,
                        owner=_owner(entry.get("owner")),
                    )
        return None

    def to_entry(self) -> dict[str, Any]:
        """Return the line for it."""
        return {"version": 1, **asdict(self)}

    def about(self) -> dict[str, Any]:
        """Return what the journal of its transfer says of it."""
        return {"upload": self.upload, "connection": self.connection, "backend": self.backend}

    @property
    def is_resumable(self) -> bool:
        """Whether another process could go on with it: its bytes lie where that one finds them."""
        return self.arrives or self.contents is not None

    @property
    def power_cut(self) -> bool:
        """Whether the machine was restarted since, so that files may have lost bytes."""
        return self.boot != boot_id()


def _root_file(given: Any) -> ContentsFile | None:
    match given:
        case {"root": str(root), "path": str(path)}:
            return ContentsFile(root, path)
    return None


def _owner(given: Any) -> Owner:
    match given:
        case {"account": str(account), "subject": str(subject)}:
            return Owner(account, subject)
    return Owner()


UploadState = Literal[
    "queued", "receiving", "uploading", "verifying", "staged", "paused", "failed", "cancelled"
]

ENDED = frozenset({"staged", "failed", "cancelled"})


@dataclass(frozen=True)
class UploadView:
    """An upload at one moment.

    States: `queued` waits for its turn; `receiving` bytes come from the browser or the notebook
    page (parts leave for storage meanwhile); `uploading` all bytes are here and go to storage;
    `verifying` what was stored is checked; `staged` it is an artifact; `paused` it goes on by
    itself; `failed` nothing is visible in storage, it may be tried again, and parts may be kept for
    that; `cancelled` nothing is left.

    Sizes are in bytes, `speed` in bytes per second to storage, `seconds_left` in seconds. `reused`:
    it is staged because storage held the same file already; nothing was sent.
    `awaits_confirmation`: all bytes are here, and the page has still to say that the file has not
    changed since it was chosen. `advice`: what readers of the file will trip over; empty where
    nothing is known.
    """

    spec: UploadSpec
    state: UploadState
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
    def id(self) -> str:
        """The upload's id."""
        return self.spec.upload

    @property
    def connection(self) -> str:
        """Id of the connection that it is for."""
        return self.spec.connection

    @property
    def name(self) -> str:
        """The name that it is stored under."""
        return self.spec.name

    @property
    def origin(self) -> Origin:
        """Which way in it took."""
        return self.spec.origin

    @property
    def size(self) -> int | None:
        """Bytes of the file, None where that is not known."""
        return self.spec.size

    @property
    def ended(self) -> bool:
        """Whether it will not go on without a person."""
        return self.state in ENDED


_FEWEST = 3
_WINDOW = 5.0  # seconds


class SpeedMeter:
    """Bytes per second over the last seconds.

    Storage acknowledges whole parts, so bytes come in jumps. The window therefore reaches back
    five seconds or over three jumps, whichever is longer: a slow line shows a steady figure,
    and a line that stands still one that sinks.
    """

    def __init__(self) -> None:
        self._jumps: deque[tuple[float, int]] = deque()
        self._gaps: deque[float] = deque(maxlen=_GAPS)
        self._now = 0.0

    def update(self, bytes_total: int, now: float) -> None:
        """Hear that `bytes_total` are done at `now` (seconds of a clock that never goes back).

        Call it also when nothing has come, so that the figure sinks while the line stands still.
        """
        if not self._jumps or bytes_total != self._jumps[-1][1]:
            if self._jumps and bytes_total < self._jumps[-1][1]:
                self._jumps.clear()  # begun again
                self._gaps.clear()
            elif self._jumps:
                # A standstill is no usual gap, but a line that has become slow is learned.
                self._gaps.append(min(now - self._jumps[-1][0], 2 * self._patience))
            self._jumps.append((now, bytes_total))
        self._now = now
        oldest = now - _WINDOW
        while len(self._jumps) > _FEWEST + 1 and self._jumps[1][0] <= oldest:
            self._jumps.popleft()

    @property
    def speed(self) -> float | None:
        """Bytes per second; None as long as it is not known, and where nothing moves any more."""
        if len(self._jumps) < 2:  # noqa: PLR2004 - a speed takes two points
            return None
        (begin, first), (end, last) = self._jumps[0], self._jumps[-1]
        if self._now <= begin or self._now - end > self._patience:
            return None
        return (last - first) / (self._now - begin)

    @property
    def _patience(self) -> float:
        return SILENT_SECONDS + max(self._gaps, default=0.0)

    def seconds_left(self, size: int) -> float | None:
        """Return the seconds to `size` bytes at this speed; None when that is not known."""
        if not self._jumps:
            return None
        left = size - self._jumps[-1][1]
        if left <= 0:
            return 0.0
        return left / self.speed if self.speed else None


SILENT_SECONDS = 5.0  # beyond the longest of the last gaps: storage does not answer
_GAPS = 8  # parts that are sent side by side are answered side by side


QUIET_SECONDS = 10.0
"""Without any progress, after which a terminal says so; a slow part may take longer."""


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
