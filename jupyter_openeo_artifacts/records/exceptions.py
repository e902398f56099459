"""What can go wrong with our own files on disk."""

from __future__ import annotations

import errno
from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


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


EXHAUSTED = (errno.EMFILE, errno.ENFILE, errno.ENOMEM)
"""What the system says then."""


def exhausted(error: OSError) -> ResourcesExhausted | None:
    """Return the error for a system that has run out of something; None for any other reason."""
    if error.errno not in EXHAUSTED:
        return None
    what = "memory" if error.errno == errno.ENOMEM else "open files"
    return ResourcesExhausted(
        f"This program has reached the system's limit of {what}.",
        todo="Wait until some files are staged; if it stays so, ask for a higher limit (ulimit).",
    )


def out_of_threads() -> ResourcesExhausted:
    """Return the error for a system that lets no further thread begin."""
    return ResourcesExhausted(
        "This program has reached the system's limit of threads.",
        todo="Close what is not needed, or ask the administrator to raise the limit; then try"
        " again.",
    )
