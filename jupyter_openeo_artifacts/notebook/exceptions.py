"""What can go wrong between a person and the magic or the widget.

OpenEOArtifactsError
├── SeveralConnections     which openEO connection is meant is not clear
├── NoSuchConnection       the variable that was named holds none
└── NoKernel               the panel wants a line to a process that has no comms
KeyboardInterrupt
└── StagingInterrupted     the person stopped the cell
"""

from __future__ import annotations

from typing import ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who


class SeveralConnections(OpenEOArtifactsError):
    """The notebook holds more than one openEO connection (`names`)."""

    code: ClassVar[str] = "several_connections"
    who: ClassVar[Who] = "you"

    def __init__(self, names: list[str]) -> None:
        # "--connection connection" would read like a typing error.
        example = next((name for name in names if name != "connection"), names[0])
        super().__init__(
            f"This notebook has several openEO connections: {', '.join(names)}.",
            todo=f"Say which one to use, for example --connection {example} with %artifact_upload,"
            f" or ArtifactUploader({example}).",
        )
        self.names = names


class NoSuchConnection(OpenEOArtifactsError):
    """The variable does not hold an openEO connection."""

    code: ClassVar[str] = "no_such_connection"
    who: ClassVar[Who] = "you"


class NoKernel(OpenEOArtifactsError):
    """No Jupyter kernel runs in this process."""

    code: ClassVar[str] = "no_kernel"
    who: ClassVar[Who] = "you"

    def __init__(self) -> None:
        super().__init__("This is no Jupyter kernel.", todo="Run it in a notebook.")


class StagingInterrupted(KeyboardInterrupt):
    """The cell was interrupted, and what it was staging was cancelled.

    It stays a `KeyboardInterrupt`, so that a loop's `except Exception` does not swallow it.
    """

    def _render_traceback_(self) -> list[str]:
        return [str(self)]
