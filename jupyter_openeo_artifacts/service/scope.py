"""What one client may ask for, and what is its own; a person's own front end: everything."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.service.changes import UploadVersions
from jupyter_openeo_artifacts.service.exceptions import INVALID_TODO, NotAllowed, RequestInvalid
from jupyter_openeo_artifacts.service.receiver import Receiver
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload

if TYPE_CHECKING:
    from collections.abc import Sequence

    from jupyter_openeo_artifacts.service.service import Service
    from jupyter_openeo_artifacts.sources.spool import Spool
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.ledger import Page
    from jupyter_openeo_artifacts.state.staged_record import Origin, StagedRecord


class Scope(ABC):
    """What one client may ask of the service, and what is its own there."""

    name: ClassVar[str]
    origin: ClassVar[Origin]
    allowed: ClassVar[frozenset[str] | None] = None
    """Operations that may be asked for; None are all."""
    knows_backends: ClassVar[bool] = True
    """Whether it may know which backends and connections there are."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.upload_versions = UploadVersions(self.uploads)
        self._receiver: Receiver | None = None
        self._making = threading.Lock()

    @property
    def receiver(self) -> Receiver:
        """What takes the bytes that come in messages."""
        with self._making:
            if self._receiver is None:
                self._receiver = Receiver(self.service.collaborators.upload_manager)
            return self._receiver

    def require(self, operation: str) -> None:
        """Return if an operation may be asked for.

        Raises
        ------
        NotAllowed
            It may not.
        """
        if self.allowed is not None and operation not in self.allowed:
            raise NotAllowed("This is not for a widget.", todo="Use the openEO artifacts panel.")

    @abstractmethod
    def sees_upload(self, upload: str, /) -> bool:
        """Tell whether an upload is shown to it."""

    @abstractmethod
    def sees_artifact(self, artifact: str, /) -> bool:
        """Tell whether an artifact is shown to it."""

    @abstractmethod
    def connections(self) -> list[dict[str, Any]]:
        """Return the connections as it may see them; may ask their backends."""

    @abstractmethod
    def target(self, connection: str | None) -> Target:
        """Return the login to stage a new file with, or raise why there is none."""

    @abstractmethod
    def signer(self, record: StagedRecord) -> Target | None:
        """Return the login to sign with; None: one is found by the artifact's backend."""

    @abstractmethod
    def connection_ids(self, connection: str) -> frozenset[str]:
        """Return all ids that a connection has had, or raise that there is none."""

    @abstractmethod
    def page(self, limit: int, before: str | None, connection: str | None) -> Page:
        """Return a page of the artifacts that are shown to it, newest first."""

    def artifacts_mark(self) -> str | None:
        """Return what tells its artifacts as they are from later ones; None: read them all."""
        return None

    def artifacts_since(self, mark: str, /) -> set[str] | None:
        """Return the ids of those that came or went since; None where that is not known."""
        del mark
        return None

    def adopt(self, view: UploadView, target: Target, spool: Spool) -> None:
        """Take note of an upload that it has made."""
        self.receiver.add(view.id, spool, target)

    def login(self) -> dict[str, Any] | None:
        """Return the one login of a client that has one, or raise why there is none."""
        return None

    @abstractmethod
    def note_artifact(self, view: UploadView, /) -> None:
        """Take note of what one of its uploads has become."""

    def close(self) -> None:
        """End what nobody is there for any more."""
        return

    @abstractmethod
    def require_forgettable(self, artifact: str) -> None:
        """Return if it may take an artifact off the list, or raise why not."""

    def uploads(self) -> list[UploadView]:
        """Return its uploads, newest first."""
        return [view for view in self.service.uploads() if self.sees_upload(view.id)]

    def upload(self, upload: str) -> UploadView:
        """Return one of its uploads.

        Raises
        ------
        NoSuchUpload
            There is none, or it is not for it: the answer does not tell which.
        """
        if not self.sees_upload(upload):
            raise NoSuchUpload
        return self.service.upload_manager.upload(upload)

    def record(self, artifact: str) -> StagedRecord:
        """Return what is known of an artifact.

        Raises
        ------
        NoSuchRecord
            There is none, or it is not for it: the answer does not tell which.
        """
        return self.service.ledger.get(artifact if self.sees_artifact(artifact) else "")

    def as_connected(self, records: Sequence[StagedRecord]) -> list[StagedRecord]:
        """Return the records with the open connection they belong to, by whatever address."""
        return [*records]

    def still_receiving(self) -> bool:
        """Give up files whose page fell silent; tell whether bytes are still to come."""
        if self._receiver is None:
            return False
        self._receiver.give_up_silent()
        return self._receiver.under_way


class Everything(Scope):
    """What the person whose server or kernel it is may ask for: all that there is.

    Parameters
    ----------
    by_messages
        Whether bytes come in messages, so that somebody has to notice that they stop.
    """

    name: ClassVar[str] = "panel"
    origin: ClassVar[Origin] = "browser"

    def __init__(self, service: Service, *, by_messages: bool = False) -> None:
        super().__init__(service)
        self._by_messages = by_messages

    def sees_upload(self, _: str, /) -> bool:
        """Tell that all are shown."""
        return True

    sees_artifact = sees_upload

    def connections(self) -> list[dict[str, Any]]:
        """Return all that are open."""
        collaborators = self.service.collaborators
        if not collaborators.has_sessions:
            return []
        return [wire.connection(session) for session in collaborators.sessions.all()]

    def target(self, connection: str | None) -> Target:
        """Return the target of an open connection."""
        from jupyter_openeo_artifacts.staging.target import SessionTarget

        if connection is None:
            raise RequestInvalid("In the request, connection is missing.", todo=INVALID_TODO)
        session = self.service.signed_in(connection)
        return SessionTarget(session, self.service.collaborators.sessions)

    def signer(self, record: StagedRecord) -> Target:
        """Return an open login of the artifact's backend, else one kept in openEO's own store."""
        from jupyter_openeo_artifacts.staging.target import SessionTarget

        return SessionTarget(self.service.session_of(record))

    def connection_ids(self, connection: str) -> frozenset[str]:
        """Return the ids of an open connection."""
        return self.service.session(connection).ids

    def page(self, limit: int, before: str | None, connection: str | None) -> Page:
        """Return a page of the ledger."""
        wanted = None if connection is None else self.connection_ids(connection)
        return self.service.ledger.page(limit, before, wanted)

    def artifacts_mark(self) -> str | None:
        """Return the ledger's."""
        return self.service.ledger.mark()

    def artifacts_since(self, mark: str, /) -> set[str] | None:
        """Return what came to the ledger or went from it."""
        return self.service.ledger.changed_since(mark)

    def note_artifact(self, _: UploadView, /) -> None:
        """Keep nothing: the ledger has all of it."""

    def adopt(self, view: UploadView, target: Target, spool: Spool) -> None:
        """Take note of it where bytes come in messages."""
        if self._by_messages:
            super().adopt(view, target, spool)

    def as_connected(self, records: Sequence[StagedRecord]) -> list[StagedRecord]:
        """Return the records with the connections that are open now."""
        return self.service.as_connected(records)

    def require_forgettable(self, artifact: str) -> None:
        """Return: whatever is on the list may go."""
