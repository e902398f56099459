"""What a widget may ask for: what concerns the files that came through it.

A message written by hand gets no more than the page's own: what is not for it is answered as what
does not exist, or as not allowed.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.service.exceptions import NotAllowed
from jupyter_openeo_artifacts.service.scope import Scope
from jupyter_openeo_artifacts.service.service import no_such_connection
from jupyter_openeo_artifacts.state.ledger import Page
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.service.service import Service
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.staged_record import Origin, StagedRecord


class OwnUploads(Scope):
    """What a widget's page may ask for, which may be anybody's: files that it sends.

    Parameters
    ----------
    find
        Returns the login to use, or raises why there is none.
    history
        Whether it may see, and have links to, what did not come through it as well.
    """

    name: ClassVar[str] = "widget"
    origin: ClassVar[Origin] = "widget"
    knows_backends: ClassVar[bool] = False
    allowed: ClassVar[frozenset[str] | None] = frozenset(
        {
            "getStatus",
            "listConnections",
            "getConnection",
            "listUploads",
            "getUpload",
            "forgetUpload",
            "cancelUpload",
            "retryUpload",
            "createTusUpload",
            "getTusOffset",
            "sendBytes",
            "terminateTusUpload",
            "confirmUpload",
            "getReceivedDigest",
            "listArtifacts",
            "getArtifact",
            "forgetArtifact",
            "signArtifact",
            "writeSnippet",
        }
    )

    def __init__(
        self, service: Service, find: Callable[[], Target], *, history: bool = False
    ) -> None:
        super().__init__(service)
        self._find = find
        self._history = history
        self._lock = threading.Lock()
        self._came: dict[str, bool] = {}  # artifacts, and whether they were in storage before

    def login(self) -> dict[str, Any]:
        """Return its one login, or raise why there is none."""
        return wire.target(self._find())

    def note_artifact(self, view: UploadView, /) -> None:
        """Take note of what one of its uploads has become."""
        if view.artifact is not None:
            with self._lock:
                self._came.setdefault(view.artifact, view.reused)

    def close(self) -> None:
        """Cancel its uploads that are on their way."""
        for view in self.uploads():
            if not view.ended:
                self.service.upload_manager.cancel(view.id)

    def sees_upload(self, upload: str, /) -> bool:
        """Tell whether it has made the upload."""
        return upload in self.receiver

    def sees_artifact(self, artifact: str, /) -> bool:
        """Tell whether the artifact came through it, or may be shown all the same."""
        with self._lock:
            return self._history or artifact in self._came

    def connections(self) -> list[dict[str, Any]]:
        """Return its one login, where there is one."""
        with suppress(OpenEOArtifactsError):
            return [self.login()]
        return []

    def target(self, connection: str | None) -> Target:
        """Return its one login."""
        target = self._find()
        if connection not in (None, target.id):
            raise no_such_connection()
        return target

    def signer(self, record: StagedRecord) -> Target | None:
        """Return its login where the artifact is of that backend."""
        try:
            target = self._find()
        except OpenEOArtifactsError:
            return None
        return target if target.id == record.connection else None

    def connection_ids(self, connection: str) -> frozenset[str]:
        """Return the id of its one login."""
        with suppress(OpenEOArtifactsError):
            return frozenset({self.target(connection).id})
        raise no_such_connection()

    def page(self, limit: int, before: str | None, connection: str | None) -> Page:
        """Return a page of what came through it, with `history` of the ledger."""
        wanted = None if connection is None else self.connection_ids(connection)
        if self._history:
            with suppress(RecordsUnusable):  # what came through it is known all the same
                return self.service.ledger.page(limit, before, wanted)
        with self._lock:
            own = sorted(self._came, reverse=True)
        found: list[StagedRecord] = []
        for artifact in own:
            if before is not None and artifact >= before:
                continue
            with suppress(NoSuchRecord, RecordsUnusable):  # it was forgotten elsewhere, or is away
                record = self.service.ledger.get(artifact)
                if wanted is None or record.connection in wanted:
                    found.append(record)
            if len(found) > limit:
                break
        return Page(found[:limit], len(found) > limit)

    def require_forgettable(self, artifact: str) -> None:
        """Return if the artifact is there by this widget's upload alone."""
        with self._lock:
            was_there = self._came.get(artifact, True)
        if was_there:
            raise NotAllowed(
                "This artifact was not staged by this widget.",
                todo="Take it off the list in the openEO artifacts panel.",
            )
