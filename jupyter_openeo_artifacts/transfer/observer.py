"""What an upload tells whoever watches it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


class UploadObserver:
    """Hears how one upload goes, in the upload's threads; overridden where somebody wants to know.

    What `on_progress` and `on_verifying` raise ends the upload, and is raised by it.
    """

    def on_progress(self, stored: int) -> None:
        """Hear how many bytes storage has acknowledged in all.

        One call at a time, with growing numbers; they begin again where the upload has to, under
        another key.
        """

    def on_verifying(self) -> None:
        """Hear once that all bytes are sent, and that what was stored is being checked."""

    def on_retrying(self, problem: OpenEOArtifactsError | None) -> None:
        """Hear why nothing moves while it is tried again; None once it moves."""
