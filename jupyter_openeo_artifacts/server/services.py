"""What handlers ask of login and staging: every call off the loop, with our errors."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_openeo_artifacts.auth.exceptions import NoSuchConnection, NotSignedIn
from jupyter_openeo_artifacts.formatting import size_text
from jupyter_openeo_artifacts.server import storage_status as storage
from jupyter_openeo_artifacts.server.exceptions import UploadTooLarge
from jupyter_openeo_artifacts.server.upload_locker import check_room, has_room
from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.server.backend_policy import BackendPolicy
    from jupyter_openeo_artifacts.server.collaborators import Collaborators
    from jupyter_openeo_artifacts.server.contents_path import ContentsRoot
    from jupyter_openeo_artifacts.server.events import Resource
    from jupyter_openeo_artifacts.server.executors import Workers
    from jupyter_openeo_artifacts.server.upload_locker import UploadLocker
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.sources.spool import Spool
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.ledger import Ledger


class AppServices(Protocol):
    """What the handlers find in the server's settings: the extension, as they know it."""

    backends: list[dict[str, Any]]
    allow_other_backends: bool
    allowed_roots: list[str]
    max_upload_bytes: int

    @property
    def collaborators(self) -> Collaborators:
        """The logins and the queue."""

    @property
    def services(self) -> Services:
        """What may be asked of them."""

    @property
    def ledger(self) -> Ledger:
        """What was staged from this machine."""

    @property
    def policy(self) -> BackendPolicy:
        """Which backends may be used."""

    @property
    def upload_locker(self) -> UploadLocker:
        """Uploads being received."""

    @property
    def workers(self) -> Workers:
        """The threads for what blocks."""

    def announce(self, resource: Resource, thing: str, state: str) -> None:
        """Say on Jupyter's event stream that something has changed."""

    def awaken(self) -> None:
        """Begin to watch and announce."""

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something in the background until the extension stops."""


class Services:
    """The one place where requests meet the queue and the logins.

    Parameters
    ----------
    collaborators
        Made when a request needs them.
    workers
        The threads that wait for them.
    max_upload_bytes
        The largest upload; 0 is without limit.
    recovered
        Returns when uploads that a former server has left are known.
    """

    def __init__(
        self,
        collaborators: Collaborators,
        workers: Workers,
        *,
        max_upload_bytes: int,
        recovered: Callable[[], Awaitable[None]],
    ) -> None:
        self._collaborators = collaborators
        self._recovered = recovered
        self._workers = workers
        self._max_upload_bytes = max_upload_bytes

    async def session(self, connection: str) -> BackendSession:
        """Return an open connection.

        Raises
        ------
        NoSuchConnection
            None of that id is open.
        """
        if not self._collaborators.has_sessions:
            raise _no_such_connection()
        return await self._workers.call(self._collaborators.sessions.get, connection)

    async def uploads(self) -> list[UploadView]:
        """Return all uploads, newest first."""
        if not self._collaborators.has_upload_manager:
            return []
        return await self._workers.call(self._collaborators.upload_manager.uploads)

    async def upload_manager(self) -> UploadManager:
        """Return the queue, for one who names an upload in it.

        Raises
        ------
        NoSuchUpload
            There was never any upload.
        """
        if not self._collaborators.has_upload_manager:
            raise NoSuchUpload
        return self._collaborators.upload_manager

    async def upload(self, upload: str) -> tuple[UploadView, Spool]:
        """Return an upload whose bytes come from the browser, and where they arrive.

        Raises
        ------
        NoSuchUpload
            There is none of that id, or its bytes come from elsewhere.
        """
        await self._recovered()  # a browser that comes back asks before anybody else
        upload_manager = await self.upload_manager()
        view, spool = upload_manager.upload(upload), upload_manager.spool(upload)
        if spool is None:
            raise NoSuchUpload
        return view, spool

    async def keep(self, upload: str, spool: Spool, block: bytes) -> UploadView:
        """Put received bytes on the disk, and return the upload as it is then.

        Raises
        ------
        SpoolFull
            There is no room for them now: the upload is paused.
        """
        upload_manager = await self.upload_manager()

        def keep() -> UploadView:
            try:
                spool.append(block)
            except SpoolFull as problem:
                upload_manager.note_full(upload, problem)
                raise
            return upload_manager.arrived(upload)

        return await self._workers.write(keep)

    async def has_room(self) -> bool:
        """Tell whether received bytes can be kept, as far as the disk says."""
        return await self._workers.call(has_room)

    async def cancel(self, upload: str) -> UploadView:
        """Cancel an upload, and return it as it is then."""
        return await self._workers.call((await self.upload_manager()).cancel, upload)

    async def confirm(self, upload: str, *, unchanged: bool) -> UploadView:
        """Note what the page saw of a file after its last byte; see `UploadManager.confirm`."""
        await self._recovered()
        upload_manager = await self.upload_manager()
        return await self._workers.call(
            partial(upload_manager.confirm, upload, unchanged=unchanged)
        )

    async def receive(
        self, connection: str, *, name: str, size: int, reuse: bool, confirm: bool = False
    ) -> UploadView:
        """Make an upload for bytes from the browser; `reuse` as `UploadManager.stage` has it.

        With `confirm`, it ends only after the page has said that the file has not changed.

        Raises
        ------
        NoSuchConnection, NotSignedIn, ArtifactsException, ArtifactNameInvalid
            As for `stage`.
        UploadTooLarge, NoRoomForUpload
            There is a limit that it breaks.
        """
        most = self._max_upload_bytes
        if most and size > most:
            raise UploadTooLarge(
                f"This file is too large: the Jupyter server takes up to {size_text(most)}.",
                todo="Ask the server's administrator, or stage it in a cell by %artifact_upload.",
            )

        def receive() -> UploadView:
            session = self._ready(connection)
            upload_manager = self._collaborators.upload_manager
            check_room(size, upload_manager.uploads())
            from jupyter_openeo_artifacts.staging.target import SessionTarget

            target = SessionTarget(session, self._collaborators.sessions)
            view, _ = upload_manager.receive(
                target,
                name=name,
                size=size,
                origin="browser",
                reuse=reuse,
                needs_confirmation=confirm,
            )
            return view

        return await self._workers.call(receive)

    async def stage(
        self, connection: str, root: ContentsRoot, path: str, *, name: str | None, reuse: bool
    ) -> UploadView:
        """Make an upload for a file of the Jupyter server; `reuse` as `UploadManager.stage` has it.

        Raises
        ------
        NoSuchConnection, NotSignedIn
            There is no login to stage with.
        ArtifactsException
            The backend offers no storage that we know.
        FileVanished, FileIsFolder, FileRefused, FileUnreadable
            It is no file that may be staged.
        ArtifactNameInvalid
            Its name cannot be stored.
        """

        def stage() -> UploadView:
            from jupyter_openeo_artifacts.staging.target import SessionTarget
            from jupyter_openeo_artifacts.staging.upload_spec import ContentsFile

            session = self._ready(connection)
            label = path.rstrip("/").rpartition("/")[2]
            descriptor = root.open(path)
            try:
                size = os.fstat(descriptor).st_size
            finally:
                os.close(descriptor)

            target = SessionTarget(session, self._collaborators.sessions)
            return self._collaborators.upload_manager.stage(
                target,
                lambda: opened(root, path),
                name=name or label,
                size=size,
                origin="contents",
                reuse=reuse,
                contents=ContentsFile(root.folder, path),
            )

        return await self._workers.call(stage)

    def _ready(self, connection: str) -> BackendSession:
        if not self._collaborators.has_sessions:
            raise _no_such_connection()
        session = self._collaborators.sessions.get(connection)
        if session.state != "signed_in":
            raise NotSignedIn(f"You are not signed in at {session.title}.", todo="Sign in first.")
        storage.require(session.artifact_capabilities(), session.backend)
        return session


def opened(root: ContentsRoot, path: str) -> Source:
    """Return the file at a path in Jupyter's root, as a source."""
    from jupyter_openeo_artifacts.sources.source import FileSource

    return FileSource(lambda: root.open(path), path.rstrip("/").rpartition("/")[2])


def _no_such_connection() -> NoSuchConnection:
    return NoSuchConnection("This connection is not open.", todo="Connect to the backend again.")
