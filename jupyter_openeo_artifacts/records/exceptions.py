"""What can go wrong with our own files on disk."""

from __future__ import annotations

import errno
import os
from socket import gaierror
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who

if TYPE_CHECKING:
    from collections.abc import Iterator


class RecordsUnusable(OpenEOArtifactsError):
    """Our folder cannot be made or written."""

    code: ClassVar[str] = "records_unusable"
    who: ClassVar[Who] = "you"


class ResourcesExhausted(RecordsUnusable):
    """Neither this process nor the machine has a descriptor, thread or memory left."""

    code: ClassVar[str] = "resources_exhausted"
    who: ClassVar[Who] = "wait"


class RecordsBusy(OpenEOArtifactsError):
    """Another process held a lock for too long."""

    code: ClassVar[str] = "records_busy"
    who: ClassVar[Who] = "wait"


class NoSuchRecord(OpenEOArtifactsError):
    """No artifact of that id is in the ledger."""

    code: ClassVar[str] = "no_such_artifact"
    who: ClassVar[Who] = "you"


class NameAmbiguous(OpenEOArtifactsError):
    """Several artifacts have that name."""

    code: ClassVar[str] = "name_ambiguous"
    who: ClassVar[Who] = "you"


EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS)
"""What the system says then."""


def exhausted(error: OSError) -> ResourcesExhausted | None:
    """Return the error for a system that has run out of something; None for any other reason."""
    if error.errno not in EXHAUSTED:
        return None
    return _out_of(error.errno)


def exhausted_behind(error: BaseException) -> ResourcesExhausted | None:
    """Return the error for a system that had run out, where `error` comes of that."""
    lack = shortage(error)
    return None if lack is None else _out_of(lack)


def shortage(error: BaseException) -> int | None:
    """Return what the system lacked where `error` comes of that, as one of `EXHAUSTED`.

    A resolver that can open no file says only that a name is not known, for now.
    """
    for each in _chain(error):
        if isinstance(each, MemoryError):
            return errno.ENOMEM
        if isinstance(each, gaierror):
            try:
                os.close(os.open(os.devnull, os.O_RDONLY))
            except OSError as lack:
                if lack.errno in EXHAUSTED:
                    return lack.errno
        elif isinstance(each, OSError) and each.errno in EXHAUSTED:
            return each.errno
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and what it is said to have come of."""
    seen: list[BaseException] = []
    left: list[Any] = [error]
    while left:
        each = left.pop()
        if not isinstance(each, BaseException) or each in seen:
            continue
        seen.append(each)
        yield each
        told = getattr(each, "kwargs", None)
        left += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
        left += [told.get("error")] if isinstance(told, dict) else []


def _out_of(lack: int) -> ResourcesExhausted:
    what = "open files" if lack in (errno.EMFILE, errno.ENFILE) else "memory"
    return ResourcesExhausted(
        f"This program has reached the system's limit of {what}.",
        todo="Close what is not needed, or wait until some files are staged; if it stays so, ask"
        " for a higher limit (ulimit).",
    )


def out_of_threads() -> ResourcesExhausted:
    """Return the error for a system that lets no further thread begin."""
    return ResourcesExhausted(
        "This program has reached the system's limit of threads.",
        todo="Close what is not needed, or ask the administrator to raise the limit; then try"
        " again.",
    )
