"""What handlers ask of login and staging: every call off the loop, with our errors."""

from __future__ import annotations

import os
import shutil
from functools import partial
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.login.exceptions import NoSuchConnection, NotSignedIn
from jupyter_openeo_artifacts.records.blocks import has_holes
from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.server import storage
from jupyter_openeo_artifacts.server.exceptions import NoRoomForUpload, UploadTooLarge
from jupyter_openeo_artifacts.server.reception import BLOCK
from jupyter_openeo_artifacts.staging.exceptions import NoSuchJob
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from jupyter_openeo_artifacts.transfer.exceptions import SpoolFull
from jupyter_openeo_artifacts.transfer.parts import MAX_OBJECT, PartPlan
from jupyter_openeo_artifacts.transfer.spool import LEFT_FREE

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from jupyter_openeo_artifacts.login.session import BackendSession
    from jupyter_openeo_artifacts.server.collaborators import Collaborators
    from jupyter_openeo_artifacts.server.paths import PathJail
    from jupyter_openeo_artifacts.server.workers import Workers
    from jupyter_openeo_artifacts.staging.job import JobView
    from jupyter_openeo_artifacts.staging.stager import Stager
    from jupyter_openeo_artifacts.transfer.source import Source
    from jupyter_openeo_artifacts.transfer.spool import Spool


class Desk:
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
        Returns when jobs that a former server has left are known.
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

    async def jobs(self) -> list[JobView]:
        """Return all jobs, newest first."""
        if not self._collaborators.has_stager:
            return []
        return await self._workers.call(self._collaborators.stager.jobs)

    async def stager(self) -> Stager:
        """Return the queue, for one who names a job in it.

        Raises
        ------
        NoSuchJob
            There was never any job.
        """
        if not self._collaborators.has_stager:
            raise NoSuchJob
        return self._collaborators.stager

    async def upload(self, job: str) -> tuple[JobView, Spool]:
        """Return a job whose bytes come from the browser, and where they arrive.

        Raises
        ------
        NoSuchJob
            There is none of that id, or its bytes come from elsewhere.
        """
        await self._recovered()  # a browser that comes back asks before anybody else
        stager = await self.stager()
        view, spool = stager.job(job), stager.spool(job)
        if spool is None:
            raise NoSuchJob
        return view, spool

    async def keep(self, job: str, spool: Spool, block: bytes) -> JobView:
        """Put received bytes on the disk, and return the job as it is then.

        Raises
        ------
        SpoolFull
            There is no room for them now: the job is paused.
        """
        stager = await self.stager()

        def keep() -> JobView:
            try:
                spool.append(block)
            except SpoolFull as problem:
                stager.note_full(job, problem)
                raise
            return stager.arrived(job)

        return await self._workers.write(keep)

    async def has_room(self) -> bool:
        """Tell whether received bytes can be kept, as far as the disk says."""
        return await self._workers.call(_free) >= BLOCK

    async def cancel(self, job: str) -> JobView:
        """Cancel a job, and return it as it is then."""
        return await self._workers.call((await self.stager()).cancel, job)

    async def confirm(self, job: str, *, unchanged: bool) -> JobView:
        """Note what the page has seen of a file after its last byte; see `Stager.confirm`."""
        await self._recovered()
        stager = await self.stager()
        return await self._workers.call(partial(stager.confirm, job, unchanged=unchanged))

    async def receive(
        self, connection: str, *, name: str, size: int, reuse: bool, confirm: bool = False
    ) -> JobView:
        """Make a job for bytes from the browser; `reuse` as `Stager.stage` has it.

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
                f"This file is too large: the Jupyter server takes up to {_shown(most)}.",
                todo="Ask the server's administrator, or stage it in a cell by %artifact_upload.",
            )

        def receive() -> JobView:
            session = self._ready(connection)
            stager = self._collaborators.stager
            _check_room(size, stager.jobs())
            from jupyter_openeo_artifacts.staging.target import SessionTarget

            target = SessionTarget(session)
            view, _ = stager.receive(
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
        self, connection: str, jail: PathJail, path: str, *, name: str | None, reuse: bool
    ) -> JobView:
        """Make a job for a file of the Jupyter server; `reuse` as `Stager.stage` has it.

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

        def stage() -> JobView:
            from jupyter_openeo_artifacts.staging.target import SessionTarget
            from jupyter_openeo_artifacts.staging.wish import RootFile

            session = self._ready(connection)
            label = path.rstrip("/").rpartition("/")[2]
            descriptor = jail.open(path)
            try:
                size = os.fstat(descriptor).st_size
            finally:
                os.close(descriptor)

            target = SessionTarget(session)
            return self._collaborators.stager.stage(
                target,
                lambda: opened(jail, path),
                name=name or label,
                size=size,
                origin="contents",
                reuse=reuse,
                contents=RootFile(jail.folder, path),
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


def opened(jail: PathJail, path: str) -> Source:
    """Return the file at a path in Jupyter's root, as a source."""
    from jupyter_openeo_artifacts.transfer.source import FileSource

    return FileSource(lambda: jail.open(path), path.rstrip("/").rpartition("/")[2])


def _check_room(size: int, jobs: list[JobView]) -> None:
    folder = state_folder("spool")
    leaves = has_holes(folder)  # where not, a file has room only as a whole
    promised = sum(
        _needed(job.size, job.size - job.bytes_received, leaves=leaves)
        for job in jobs
        if job.size and not job.ended
    )
    free = _free() - promised
    if _needed(size, size, leaves=leaves) > free:
        raise NoRoomForUpload(
            f"The disk of the Jupyter server has room for {_shown(max(free, 0))},"
            f" this file has {_shown(size)}.",
            todo="Free some room there, or stage the file from where it lies by %artifact_upload.",
        )


def _needed(size: int, missing: int, *, leaves: bool) -> int:
    """Return the room that the missing bytes of a file need, some of which leave meanwhile."""
    if not leaves or size > MAX_OBJECT:
        return missing
    config = TransferConfig()
    part_size = PartPlan.for_size(size, config.part_size).part_size
    return min(missing, (config.in_flight + 1) * part_size)


def _free() -> int:
    return shutil.disk_usage(state_folder("spool")).free - LEFT_FREE


def _shown(count: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if count < 1000:  # noqa: PLR2004  decimal units
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} TB"


def _no_such_connection() -> NoSuchConnection:
    return NoSuchConnection("This connection is not open.", todo="Connect to the backend again.")
