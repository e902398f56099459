"""What every front end asks of logins and uploads: one object for a process."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

from jupyter_openeo_artifacts.auth.exceptions import NoSuchConnection, NotSignedIn
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.concurrency.signal import Signal
from jupyter_openeo_artifacts.service.exceptions import NotAllowed
from jupyter_openeo_artifacts.service.serializers import require_storage
from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload
from jupyter_openeo_artifacts.state.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.service.collaborators import BackendPolicy, Collaborators
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.sources.spool import Spool
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.ledger import Ledger
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


Resource = Literal["uploads", "artifacts", "connections"]


class Change(NamedTuple):
    """Something that the operations show has changed: in which list, what, and how it is now."""

    resource: Resource
    id: str
    state: str


class Created(dict[str, Any]):
    """A document of something that was not there before."""


class FileRoot(Protocol):
    """A folder of files that may be staged by their paths below it."""

    @property
    def folder(self) -> str:
        """The folder's real path."""

    def open(self, path: str) -> int:
        """Return a descriptor of a file, open for reading; the caller closes it."""

    def files(self, path: str) -> list[str]:
        """Return the paths of all files below a folder, relative to it."""


class Service:
    """What may be asked, whoever carries it; blocks, and is safe for any number of threads.

    Parameters
    ----------
    collaborators
        The logins and the queue, made when a request needs them.
    ledger
        Returns the list of what was staged from this machine.
    policy
        Which backends may be used.
    backends, allow_other_backends
        What `getStatus` tells of that.
    max_upload_bytes
        The largest upload; 0 is without limit.
    file_root
        Returns where `createUpload` finds files; without it none are offered.
    """

    def __init__(
        self,
        collaborators: Collaborators,
        ledger: Callable[[], Ledger],
        policy: BackendPolicy,
        *,
        backends: Iterable[Mapping[str, Any]] = (),
        allow_other_backends: bool = True,
        max_upload_bytes: int = 0,
        file_root: Callable[[], FileRoot] | None = None,
    ) -> None:
        self.collaborators = collaborators
        self.policy = policy
        self.backends: list[dict[str, Any]] = [
            {"url": each["url"], "title": each.get("title") or each["url"]} for each in backends
        ]
        self.allow_other_backends = allow_other_backends
        self.max_upload_bytes = max_upload_bytes
        self.process: str = new_id()
        """Tells this process's service from the one that a restarted process has."""
        self._ledger = ledger
        self._file_root = file_root
        self._changes: Signal[Change] = Signal()

    @property
    def ledger(self) -> Ledger:
        """What was staged from this machine."""
        return self._ledger()

    def listen(self, callback: Callable[[Change], None]) -> Callable[[], None]:
        """Call `callback` at each change, in the thread of the change; return what undoes that."""
        return self._changes.add(callback)

    def tell(self, change: Change) -> None:
        """Tell who listens that something has changed."""
        self._changes.tell(change)

    def session(self, connection: str) -> BackendSession:
        """Return an open connection.

        Raises
        ------
        NoSuchConnection
            None of that id is open.
        """
        if not self.collaborators.has_sessions:
            raise no_such_connection()
        return self.collaborators.sessions.get(connection)

    def signed_in(self, connection: str) -> BackendSession:
        """Return a connection that files can be staged by.

        Raises
        ------
        NoSuchConnection, NotSignedIn
            There is no login to stage with.
        ArtifactsException
            The backend offers no storage that we know.
        """
        session = self.session(connection)
        if session.state != "signed_in":
            raise NotSignedIn(f"You are not signed in at {session.title}.", todo="Sign in first.")
        require_storage(session.artifact_capabilities(), session.backend)
        return session

    def session_of(self, record: StagedRecord) -> BackendSession:
        """Return the login to sign an artifact with, if need be one kept in openEO's own store.

        Raises
        ------
        OpenEOArtifactsError
            There is none, its use is not approved, or the backend is not let in.
        """
        sessions = self.collaborators.sessions
        for session in sessions.all():
            if record.connection in session.ids and session.state == "signed_in":
                return session
        session = sessions.open(self.policy.admit(record.backend))
        if isinstance(session.problem, LoginNotConfirmed):
            raise session.problem.copy()
        if session.state != "signed_in":
            raise NotSignedIn(
                f"{record.name!r} was staged at {session.title}, and you are not signed in there.",
                todo="Sign in there first.",
            )
        return session

    def as_connected(self, records: Sequence[StagedRecord]) -> list[StagedRecord]:
        """Return the records with the open connection they belong to, by whatever address."""
        if not self.collaborators.has_sessions:
            return [*records]
        sessions = self.collaborators.sessions.all()
        known = {each: session.id for session in sessions for each in session.ids}
        return [
            replace(record, connection=known.get(record.connection, record.connection))
            for record in records
        ]

    def uploads(self) -> list[UploadView]:
        """Return all uploads, newest first."""
        if not self.collaborators.has_upload_manager:
            return []
        return self.collaborators.upload_manager.uploads()

    @property
    def upload_manager(self) -> UploadManager:
        """The queue, for one who names an upload in it.

        Raises
        ------
        NoSuchUpload
            There was never any upload.
        """
        if not self.collaborators.has_upload_manager:
            raise NoSuchUpload
        return self.collaborators.upload_manager

    def receiving(self, upload: str) -> tuple[UploadView, Spool]:
        """Return an upload whose bytes come from a page, and where they arrive; asks no disk.

        Raises
        ------
        NoSuchUpload
            There is none of that id, or its bytes come from elsewhere.
        """
        upload_manager = self.upload_manager
        view, spool = upload_manager.upload(upload), upload_manager.spool(upload)
        if spool is None:
            raise NoSuchUpload
        return view, spool

    def keep(self, upload: str, spool: Spool, block: bytes | memoryview) -> UploadView:
        """Put received bytes on the disk, and return the upload as it is then.

        Raises
        ------
        SpoolFull
            There is no room for them now: the upload is paused.
        """
        try:
            spool.append(block)
        except SpoolFull as problem:
            self.upload_manager.note_full(upload, problem)
            raise
        return self.upload_manager.arrived(upload)

    def file_root(self) -> FileRoot:
        """Return where files are that may be staged by their path.

        Raises
        ------
        NotAllowed
            None are offered here.
        """
        if self._file_root is None:
            raise NotAllowed(
                "Files of the machine that this kernel runs on are not staged by their path here.",
                todo="Drop the file, or stage it in a cell by %artifact_upload.",
            )
        return self._file_root()


def opened(root: FileRoot, path: str) -> Source:
    """Return the file at a path below a root, as a source; a folder, as a zip, where it ends so."""
    from jupyter_openeo_artifacts.sources.source import FileSource

    name = path.rstrip("/").rpartition("/")[2]
    if not path.endswith("/"):
        return FileSource(lambda: root.open(path), name)

    from jupyter_openeo_artifacts.sources.zip_source import Member, ZipSource

    def members() -> list[Member]:
        return [Member(each, partial(root.open, path + each)) for each in root.files(path)]

    return ZipSource(members, name)


def no_such_connection() -> NoSuchConnection:
    """Return what is said of a connection that is not open, or not for who asks."""
    return NoSuchConnection("This connection is not open.", todo="Connect to the backend again.")
