"""The extension as its handlers know it, so that none of them imports what lists them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from jupyter_openeo_artifacts.server.background import Recovery, Workers
    from jupyter_openeo_artifacts.server.upload_locker import UploadLocker
    from jupyter_openeo_artifacts.service.scope import Everything
    from jupyter_openeo_artifacts.service.service import Service


class Extension(Protocol):
    """What the handlers find in the server's settings."""

    @property
    def service(self) -> Service:
        """What may be asked of logins and uploads."""

    @property
    def scope(self) -> Everything:
        """What requests may ask of it: all."""

    @property
    def recovery(self) -> Recovery:
        """What takes up the uploads of a former server."""

    @property
    def upload_locker(self) -> UploadLocker:
        """Uploads being received."""

    @property
    def workers(self) -> Workers:
        """The threads for what blocks."""

    def awaken(self) -> None:
        """Begin to watch and announce."""

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something in the background until the extension stops."""
