"""Taking up the uploads that a former server has left, once their login is there."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.server.background import take_turns
from jupyter_openeo_artifacts.server.exceptions import ContentsNotLocal
from jupyter_openeo_artifacts.service.service import opened

if TYPE_CHECKING:
    from collections.abc import Callable
    from logging import Logger

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.server.background import Workers
    from jupyter_openeo_artifacts.server.contents_path import ContentsRoot
    from jupyter_openeo_artifacts.service.collaborators import BackendPolicy, Collaborators
    from jupyter_openeo_artifacts.staging.recovery import Root


class Recovery:
    """Opens the logins that interrupted uploads need, and puts the uploads back into the queue.

    Parameters
    ----------
    contents_root
        Returns what opens a path in Jupyter's root.
    pause
        Seconds until the next look where one has failed.
    """

    def __init__(
        self,
        collaborators: Collaborators,
        workers: Workers,
        policy: BackendPolicy,
        contents_root: Callable[[], ContentsRoot],
        log: Logger,
        *,
        pause: float = 10.0,
    ) -> None:
        self._collaborators = collaborators
        self._workers = workers
        self._policy = policy
        self._contents_root = contents_root
        self._log = log
        self._pause = pause
        self._done = asyncio.Event()
        self._looking = threading.Lock()

    async def run(self) -> None:
        """Look for what a former server has left, again until that could be done."""
        what = "Interrupted uploads could not be taken up"
        await take_turns(self._turn, what=what, log=self._log, pause=self._pause)

    async def wait(self) -> None:
        """Return when it was looked; for one who asks for an upload that is not there (yet)."""
        await self._done.wait()

    async def take_up(self, session: BackendSession) -> None:
        """Go on with what waits for this login."""
        await self._workers.call(self._recover, session)

    async def _turn(self) -> bool:
        try:
            return await self._workers.call(self._open_logins)
        finally:
            self._done.set()

    def _open_logins(self) -> bool:
        """Return True, or raise the last trouble when all other backends had their turn."""
        from jupyter_openeo_artifacts.staging.recovery import interrupted_backends

        trouble: Exception | None = None
        for address in interrupted_backends():
            try:
                session = self._collaborators.sessions.open(self._policy.admit(address))
            except OpenEOArtifactsError as error:  # it waits until somebody signs in there
                self._log.info("Interrupted uploads wait for a login: %s", error.code)
                continue
            except Exception as error:  # noqa: BLE001  it must not keep those of other backends
                trouble = error
                continue
            try:
                self._recover(session)
            except Exception as error:  # noqa: BLE001  nor this
                trouble = error
        if trouble is not None:
            raise trouble
        return True

    def _recover(self, session: BackendSession) -> None:
        from jupyter_openeo_artifacts.staging.recovery import has_cleanup, may_wait
        from jupyter_openeo_artifacts.staging.target import SessionTarget

        with self._looking:  # when one look has ended, all uploads are known, whoever took them up
            if session.state == "signed_in" and (may_wait(session.id) or has_cleanup(session.id)):
                target = SessionTarget(session, self._collaborators.sessions)
                self._collaborators.upload_manager.recover(target, self._root())

    def _root(self) -> Root | None:
        from jupyter_openeo_artifacts.staging.recovery import Root

        try:
            contents_root = self._contents_root()
        except ContentsNotLocal:  # then none of its files was taken, either
            return None
        return Root(contents_root.folder, lambda path: opened(contents_root, path))
