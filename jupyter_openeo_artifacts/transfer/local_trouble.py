"""What this machine's files and system failed of, as errors that say it."""

from __future__ import annotations

import errno

from jupyter_openeo_artifacts.records import exceptions
from jupyter_openeo_artifacts.records.exceptions import exhausted
from jupyter_openeo_artifacts.transfer.exceptions import (
    MachineExhausted,
    SourceUnreadable,
    SpoolError,
    SpoolFull,
)

_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_ASK = "Ask its administrator."


def out_of_resources(error: Exception) -> MachineExhausted | None:
    """Return what to raise where the system had no descriptor or memory left."""
    lack = exhausted(error) if isinstance(error, OSError) else None
    return None if lack is None else MachineExhausted(lack.message, todo=lack.todo)


def out_of_threads() -> MachineExhausted:
    """Return what to raise where the system let no further thread begin."""
    lack = exceptions.out_of_threads()
    return MachineExhausted(lack.message, todo=lack.todo)


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
    return out_of_resources(error) or SpoolError(
        f"The Jupyter server cannot read the bytes that arrived: {_reason(error)}.", todo=_ASK
    )


def file_unreadable(error: OSError, label: str) -> MachineExhausted | SourceUnreadable:
    """Return why the file that is sent cannot be read."""
    return out_of_resources(error) or SourceUnreadable(
        f"The file {label!r} cannot be read: {_reason(error)}.",
        todo="Check its permissions and the disk it is on.",
    )


def _gone() -> SpoolError:
    return SpoolError("The received bytes are no longer on the disk.", todo="Send the file again.")


def _reason(error: OSError) -> str:
    return error.strerror or type(error).__name__
