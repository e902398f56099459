"""The Jupyter server extension."""

from __future__ import annotations

import asyncio
import threading
from contextlib import suppress
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from jupyter_server.extension.application import ExtensionApp
from traitlets import Bool, Callable, DottedObjectName, Float, Int, List, Unicode, Union, default
from traitlets import Dict as DictTrait
from traitlets.utils.importstring import import_item

from jupyter_openeo_artifacts.backends.configured import backends_without_traits, hand_to_kernels
from jupyter_openeo_artifacts.server.background import (
    SCHEMA,
    SCHEMA_ID,
    Activity,
    EventThrottle,
    Recovery,
    Workers,
    take_turns,
)
from jupyter_openeo_artifacts.server.contents_path import ContentsRoot
from jupyter_openeo_artifacts.server.exceptions import ServerStopping, UploadExpired
from jupyter_openeo_artifacts.server.routes import patterns
from jupyter_openeo_artifacts.server.upload_locker import UploadLocker
from jupyter_openeo_artifacts.service.changes import LedgerWatch
from jupyter_openeo_artifacts.service.collaborators import BackendPolicy, Collaborators
from jupyter_openeo_artifacts.service.scope import Everything
from jupyter_openeo_artifacts.service.service import Service
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload
from jupyter_openeo_artifacts.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Coroutine

    from jupyter_events import EventLogger

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.service.service import Resource
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


TURN_SECONDS = 10.0


class OpenEOArtifacts(ExtensionApp):
    """Stages files for openEO jobs on behalf of the user of this Jupyter server."""

    name: str = "jupyter_openeo_artifacts"
    description: str = "Stage files for openEO jobs."
    load_other_extensions = True

    backends: List[dict[str, Any]] = List(
        DictTrait(),
        help="""The openEO backends on offer: a list of {'url': …, 'title': …}. Who is signed in to
        one of them is not asked whether the login may be used there.""",
    ).tag(config=True)
    allow_other_backends: Bool[bool, bool | int] = Bool(
        default_value=True,
        help="Whether users may enter the address of a backend that is not listed.",
    ).tag(config=True)
    allow_local: Bool[bool, bool | int] = Bool(
        default_value=True,
        help="""Whether an entered backend may be on this machine (by http too) or in a private
        network. Switch it off where one machine serves several users.""",
    ).tag(config=True)
    allowed_roots: List[str] = List(
        Unicode(),
        help="""Folders into which links below the Jupyter root may lead: shared data. All other
        links are refused, as one in a cloned repository could lead to a private key.""",
    ).tag(config=True)
    max_upload_bytes: Int[int, int] = Int(
        50 * 10**9, min=0, help="The largest file taken from a browser, in bytes; 0: no limit."
    ).tag(config=True)
    max_parallel_uploads: Int[int, int] = Int(
        8, min=1, help="How many files are received from browsers at a time; others wait."
    ).tag(config=True)
    upload_lifetime: Float[float, int | float] = Float(
        3600.0, min=1, help="Seconds after which an upload that gets no more bytes is given up."
    ).tag(config=True)
    sessions_class: Union = Union(
        [DottedObjectName(), Callable()],
        default_value="jupyter_openeo_artifacts.backends.session_registry.Sessions",
        help="""What keeps the logins: a class, or its dotted name, called with the keywords
        allow_insecure and listed (addresses that need no approval).""",
    ).tag(config=True)
    upload_manager_class: Union = Union(
        [DottedObjectName(), Callable()],
        default_value="jupyter_openeo_artifacts.staging.manager.UploadManager",
        help="What runs the uploads: a class, or its dotted name, called without arguments.",
    ).tag(config=True)

    @default("backends")
    def _backends_default(self) -> list[dict[str, Any]]:
        return backends_without_traits()

    _awake = False
    _stopping = False

    def initialize_settings(self) -> None:
        """Announce our events to Jupyter, and the list of backends to the kernels to come."""
        hand_to_kernels(each["url"] for each in self.backends)
        self._events.register_event_schema(SCHEMA)

    def initialize_handlers(self) -> None:
        """Hang our addresses into the server."""
        self.handlers.extend(patterns())

    @cached_property
    def _running(self) -> set[asyncio.Task[Any]]:
        return set()

    @cached_property
    def workers(self) -> Workers:
        """The threads for what blocks."""
        return Workers()

    @cached_property
    def ledger(self) -> Ledger:
        """What was staged from this machine."""
        return Ledger()

    @cached_property
    def policy(self) -> BackendPolicy:
        """Which backends may be used."""
        return BackendPolicy(
            (each["url"] for each in self.backends),
            allow_others=self.allow_other_backends,
            allow_local=self.allow_local,
        )

    @cached_property
    def collaborators(self) -> Collaborators:
        """The logins and the queue, made when first used."""
        return Collaborators(
            lambda: _resolve(self.sessions_class)(
                allow_insecure=self.policy.lists_insecure,
                listed=[each["url"] for each in self.backends],
                public_only=self.policy.public_only,
            ),
            lambda: _resolve(self.upload_manager_class)(),  # noqa: PLW0108  resolving it imports
            self,
        )

    @cached_property
    def service(self) -> Service:
        """What may be asked of them."""
        service = Service(
            self.collaborators,
            lambda: self.ledger,
            self.policy,
            backends=self.backends,
            allow_other_backends=self.allow_other_backends,
            max_upload_bytes=self.max_upload_bytes,
            file_root=self._contents_root,
        )
        service.listen(lambda change: self.announce(*change))
        return service

    @cached_property
    def _watch(self) -> LedgerWatch:
        return LedgerWatch(self.ledger, partial(self.announce, "artifacts"))

    @cached_property
    def scope(self) -> Everything:
        """What requests may ask of it: all."""
        return Everything(self.service)

    @cached_property
    def recovery(self) -> Recovery:
        """What takes up the uploads of a former server."""
        return Recovery(
            self.collaborators, self.workers, self.policy, self._contents_root, self.log
        )

    @cached_property
    def upload_locker(self) -> UploadLocker:
        """Uploads being received."""
        return UploadLocker(at_once=self.max_parallel_uploads, lifetime=self.upload_lifetime)

    def awaken(self) -> None:
        """Begin to watch and announce, at the first request: who has no panel open pays nothing.

        Raises
        ------
        ServerStopping
            The server is being shut down: it would be answered that nothing is there.
        """
        if self._stopping:
            raise ServerStopping("The Jupyter server is being shut down.")
        if self._awake:
            return
        self._awake = True
        self._loop = asyncio.get_running_loop()
        self._announcer = EventThrottle(self._emit, self._loop)
        self.later(self.recovery.run())
        for turn, what in (
            (self._watch_on, "The ledger could not be watched"),
            (self._sweep_on, "Uploads that were left alone could not be given up"),
        ):
            self.later(take_turns(turn, what=what, log=self.log, pause=TURN_SECONDS))

    def announce(self, resource: Resource, thing: str, state: str) -> None:
        """Say on Jupyter's event stream that something has changed; from any thread."""
        if self._awake:
            self._announcer.announce(resource, thing, state)

    def later(self, work: Coroutine[Any, Any, Any]) -> None:
        """Run something in the background until the extension stops."""
        task = asyncio.get_running_loop().create_task(work)
        self._running.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._note_end)

    def _contents_root(self) -> ContentsRoot:
        assert self.serverapp is not None
        return ContentsRoot.of(self.serverapp.contents_manager, self.allowed_roots)

    async def stop_extension(self) -> None:
        """Cancel uploads and clean up after them."""
        self._stopping = True
        for task in self._running:
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)
        self._watch.close()
        self.workers.close()
        await self.workers.last(self.collaborators.close)

    async def sweep(self) -> None:
        """Hang up on connections that bring nothing, give up uploads that were left alone."""
        await self.upload_locker.hang_up_stalled()
        uploads = await self.workers.call(self.service.uploads)
        receiving = {
            upload.id
            for upload in uploads
            if not upload.ended
            and (upload.bytes_received < (upload.size or 0) or upload.awaits_confirmation)
        }
        for upload in self.upload_locker.expired(receiving):
            with suppress(NoSuchUpload):  # forgotten meanwhile
                _, spool = self.service.receiving(upload)
                spool.fail(
                    UploadExpired(
                        "The browser sent no more of this file for too long.",
                        todo="Drop the file again.",
                    )
                )

    async def _watch_on(self) -> bool:
        await self.workers.call(self._watch.attend)  # for longer than to the next turn
        return False

    async def _sweep_on(self) -> bool:
        await self.sweep()
        return False

    def _note_end(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        error = None if task.cancelled() else task.exception()
        if error is not None:  # its text may hold anything
            self.log.warning("Work in the background failed: %s", type(error).__name__)

    def on_upload(self, view: UploadView) -> None:
        """Announce how an upload is now."""
        self.announce("uploads", view.id, view.state)

    def on_session(self, session: BackendSession) -> None:
        """Announce how a connection is now; with its login, take up what waits for it."""
        self.announce("connections", session.id, session.state)
        if session.state == "signed_in" and self._awake:  # told in whatever thread it happened
            self._loop.call_soon_threadsafe(self.later, self.recovery.take_up(session))
            get_ready(session, partial(self.announce, "connections", session.id, session.state))

    @cached_property
    def _activity(self) -> Activity:
        assert self.serverapp is not None
        return Activity(self.serverapp.web_app.settings["last_activity_times"])

    @property
    def _events(self) -> EventLogger:
        assert self.serverapp is not None
        assert self.serverapp.event_logger is not None
        return self.serverapp.event_logger

    def _emit(self, news: dict[str, str]) -> None:
        if news["resource"] == "uploads":
            self._activity.note(news["state"])
        self._events.emit(schema_id=SCHEMA_ID, data=news)


def _resolve(given: Any) -> Any:
    return import_item(given) if isinstance(given, str) else given


def get_ready(session: BackendSession, done: partial[None]) -> None:
    """Import what stages files, ask the STS for a session, make the S3 client; in an own thread.

    `done` is called when the end of the session is known.

    Else the first file would wait for that, and its bytes share the interpreter with it. The thread
    does not keep the server from ending: an STS may be silent for minutes.
    """
    threading.Thread(
        target=_get_ready, args=(session, done), name="openeo-artifacts-ready", daemon=True
    ).start()


def _get_ready(session: BackendSession, done: partial[None]) -> None:
    from jupyter_openeo_artifacts.staging.target import SessionTarget

    with suppress(Exception):  # whoever stages is told; a traceback here would tell nobody
        _ = SessionTarget(session).helper().client
        done()
        import jupyter_openeo_artifacts.transfer.upload  # noqa: F401
