"""What the extension does beside requests: change events, threads, what is done again and again.

`Recovery` takes up the uploads that a former server has left, once their login is there.
"""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.server.exceptions import ContentsNotLocal, ServerStopping
from jupyter_openeo_artifacts.service.changes import Throttle
from jupyter_openeo_artifacts.service.service import opened

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
    from concurrent.futures import Executor
    from logging import Logger

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.server.contents_path import ContentsRoot
    from jupyter_openeo_artifacts.server.upload_locker import UploadLocker
    from jupyter_openeo_artifacts.service.collaborators import BackendPolicy, Collaborators
    from jupyter_openeo_artifacts.service.scope import Everything
    from jupyter_openeo_artifacts.service.service import Resource, Service
    from jupyter_openeo_artifacts.staging.recovery import Root


SCHEMA_ID = "https://events.jupyter.org/jupyter_openeo_artifacts/change/v1"

SCHEMA = Path(__file__).with_name("change.yaml")


class EventThrottle:
    """Takes news from any thread and emits them on the loop: states at once, progress throttled.

    Parameters
    ----------
    emit
        Called on the loop with the event's data (jupyter_events refuses other threads).
    loop
        The server's.
    """

    def __init__(
        self, emit: Callable[[dict[str, str]], None], loop: asyncio.AbstractEventLoop
    ) -> None:
        self._emit = emit
        self._loop = loop
        self._throttle = Throttle()
        self._timer: asyncio.TimerHandle | None = None

    def announce(self, resource: Resource, thing: str, state: str) -> None:
        """Say that a thing has changed; cheap, from any thread, at any rate."""
        if self._throttle.note(resource, thing, state):
            with suppress(RuntimeError):  # the loop is closed: nobody listens any more
                self._loop.call_soon_threadsafe(self._deliver)

    def _deliver(self) -> None:
        due, soonest = self._throttle.due(self._loop.time())
        if self._timer is not None:
            self._timer.cancel()
        self._timer = None if soonest is None else self._loop.call_later(soonest, self._deliver)
        for resource, thing, state in due:
            self._emit({"resource": resource, "id": thing, "state": state})


NAME = "jupyter_openeo_artifacts"

RUNNING = frozenset({"queued", "receiving", "uploading", "verifying"})
"""States in which an upload moves without a person; a paused one may wait for days."""


class Activity:
    """Writes when staging last moved to where Jupyter (and a hub asking it) reads it.

    Parameters
    ----------
    times
        `web_app.settings["last_activity_times"]`.
    """

    def __init__(self, times: MutableMapping[str, datetime]) -> None:
        self._times = times

    def note(self, state: str) -> None:
        """Take note of an upload's sign of life."""
        if state in RUNNING:
            self._times[NAME] = datetime.now(timezone.utc)


T = TypeVar("T")


class Workers:
    """A bounded number of threads; bytes being received never queue behind a slow backend."""

    def __init__(self, calls: int = 8, writes: int = 4, downloads: int = 3) -> None:
        self._calls = DaemonPool(calls, "openeo-artifacts-call")
        self._writes = DaemonPool(writes, "openeo-artifacts-write")
        self._downloads = DaemonPool(downloads, "openeo-artifacts-download")

    async def call(self, function: Callable[..., T], *args: Any) -> T:
        """Run what asks a backend, storage or our records.

        Raises
        ------
        ServerStopping
            The server is being shut down.
        """
        return await _run(self._calls, function, *args)

    async def write(self, function: Callable[..., T], *args: Any) -> T:
        """Run what puts received bytes on the disk."""
        return await _run(self._writes, function, *args)

    async def download(self, function: Callable[..., T], *args: Any) -> T:
        """Run what hands on content for as long as a client takes it."""
        return await _run(self._downloads, function, *args)

    async def last(self, function: Callable[..., T], *args: Any) -> T:
        """Run what ends all work, behind nothing that still waits for an answer."""
        return await _run(DaemonPool(1, "openeo-artifacts-end"), function, *args)

    def close(self) -> None:
        """Take no more; what runs is let run out, and keeps Python from nothing."""
        for pool in (self._calls, self._writes, self._downloads):
            pool.shutdown(wait=False, cancel_futures=True)


async def _run(pool: Executor, function: Callable[..., T], *args: Any) -> T:
    try:
        future = pool.submit(function, *args)
    except RuntimeError as error:
        raise ServerStopping("The Jupyter server is being shut down.") from error
    return await asyncio.wrap_future(future)


async def take_turns(
    turn: Callable[[], Awaitable[bool]], *, what: str, log: Logger, pause: float
) -> None:
    """Run `turn` until it says that it is over, or this is cancelled.

    Parameters
    ----------
    turn
        Returns whether that was the last one.
    what
        What fails, for the log. It is said once, until a turn has gone well again, and without the
        error's text, which may hold anything.
    pause
        Seconds between two turns.
    """
    failed = False
    while True:
        try:
            if await turn():
                return
            failed = False
        except Exception as error:  # noqa: BLE001  whatever it is
            if not failed:
                log.warning("%s, and will be tried again: %s", what, type(error).__name__)
            failed = True
        await asyncio.sleep(pause)


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


class Extension(Protocol):
    """The extension as its handlers know it, so that none of them imports what lists them."""

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
