"""What an upload is to do, and what is shown of it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from jupyter_openeo_artifacts.state.staged_record import Origin

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


_VERSION = 1
_BOOT = Path("/proc/sys/kernel/random/boot_id")


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
    """An upload as far as a successor has to know of it; holds no secret.

    `size` is in bytes; `arrives` tells whether the bytes come from a browser or a notebook page,
    else `contents` says where they lie; `boot` is another after each start of the machine;
    `confirm` tells whether the page has to say at the end that the file has not changed.
    """

    upload: str
    connection: str
    backend: str
    name: str
    origin: Origin
    size: int | None
    contents: ContentsFile | None
    arrives: bool
    reuse: bool
    boot: str
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
        return {"version": _VERSION, **asdict(self)}

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


def boot_id() -> str:
    """Return an id that changes with each start of the machine; empty where it is unknown."""
    try:
        return _BOOT.read_text("ascii").strip()
    except OSError:
        return ""


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

    id: str
    connection: str
    name: str
    origin: Origin
    state: UploadState
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
