"""What can go wrong with our own files on disk."""

from __future__ import annotations

from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


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
