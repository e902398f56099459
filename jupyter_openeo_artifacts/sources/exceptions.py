"""What can go wrong with the bytes that are sent: the file, and what still arrives."""

from __future__ import annotations

import errno
from typing import ClassVar

from jupyter_openeo_artifacts.errors import (
    MachineExhausted,
    TransferError,
    Who,
    exhausted,
    machine_out_of_resources,
)


class SourceError(TransferError):
    """The file that is sent is the trouble."""

    code: ClassVar[str] = "file_unusable"
    who: ClassVar[Who] = "you"


class SourceChanged(SourceError):
    """The file was written to while it was being sent."""

    code: ClassVar[str] = "file_changed"


class SourceGone(SourceError):
    """There is no such file (any more)."""

    code: ClassVar[str] = "file_vanished"


class SourceTooShort(SourceError):
    """The file ended before the size it says it has."""

    code: ClassVar[str] = "file_too_short"


class SourceUnreadable(SourceError):
    """The file cannot be read, or is not a file."""

    code: ClassVar[str] = "file_unreadable"


class SpoolError(TransferError):
    """The bytes that arrive could not be kept."""

    code: ClassVar[str] = "receiving_failed"
    who: ClassVar[Who] = "you"


class SpoolFull(SpoolError):
    """There is no room on the disk for the bytes that arrive; those before are kept."""

    code: ClassVar[str] = "disk_full"


class SpoolOverrun(SpoolError):
    """More bytes arrived than were announced."""

    code: ClassVar[str] = "too_many_bytes"


class SpoolClosed(SpoolError):
    """The bytes were thrown away."""

    code: ClassVar[str] = "receiving_stopped"


class BytesGone(SpoolError):
    """What would have to be sent again was given back to the disk."""

    code: ClassVar[str] = "bytes_gone"


_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ASK = "Ask its administrator."


def spool_unwritable(error: OSError | ValueError, missing: int) -> SpoolError:
    """Return why bytes that arrive cannot be kept; `missing` are still to come."""
    if isinstance(error, ValueError):
        return _gone()
    if error.errno in _NO_ROOM:
        return SpoolFull(
            f"The disk of the Jupyter server is full; {missing / 1e6:.0f} MB of this file are still"
            " to come. What arrived is kept.",
            todo="It goes on when there is room. If that takes long, delete something there.",
        )
    if (tight := exhausted(error)) is not None:
        return SpoolFull(f"{tight.message} What arrived of this file is kept.", todo=tight.todo)
    return SpoolError(f"The Jupyter server cannot keep the bytes: {_reason(error)}.", todo=_ASK)


def spool_unreadable(error: OSError | ValueError) -> MachineExhausted | SpoolError:
    """Return why bytes that have arrived cannot be read."""
    if isinstance(error, ValueError):
        return _gone()
    return machine_out_of_resources(error) or SpoolError(
        f"The Jupyter server cannot read the bytes that arrived: {_reason(error)}.", todo=_ASK
    )


def file_unreadable(error: OSError, label: str) -> MachineExhausted | SourceUnreadable:
    """Return why the file that is sent cannot be read."""
    return machine_out_of_resources(error) or SourceUnreadable(
        f"The file {label!r} cannot be read: {_reason(error)}.",
        todo="Check its permissions and the disk it is on.",
    )


def _gone() -> SpoolError:
    return SpoolError("The received bytes are no longer on the disk.", todo="Send the file again.")


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
