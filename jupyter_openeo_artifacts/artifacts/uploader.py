"""Upload one source to a new key of today, and what was stored."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.uri import artifact_key, day_of
from jupyter_openeo_artifacts.s3.exceptions import KeyTaken, StorageDenied
from jupyter_openeo_artifacts.transfer.config import UploadObserver

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.resume import UploadJournalStore
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from jupyter_openeo_artifacts.journal.journal import Journal
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.state.staged_record import Verified
    from jupyter_openeo_artifacts.transfer.upload_context import StoredObject


@dataclass(frozen=True)
class UploadRequest:
    """What is to be stored, and as what."""

    bucket: str
    subject: str
    name: str
    content_type: str
    source: Source
    now: datetime


class JournaledUpload:
    """Stores what is wanted under the key of an interrupted upload of it, else under a new one.

    Parameters
    ----------
    about
        What the journal is to say about it; holds no secret.
    cancel
        Ends the wait for an earlier try that still ends.
    """

    def __init__(
        self,
        journals: UploadJournalStore,
        wanted: UploadRequest,
        clock: ServerClock,
        about: Mapping[str, Any],
        cancel: CancelToken,
    ) -> None:
        self._journals = journals
        self._wanted = wanted
        self._clock = clock
        self._about = about
        self._journal = journals.interrupted(
            wanted.subject, wanted.name, wanted.content_type, wanted.source, cancel
        )
        self.resumed: bool = self._journal is not None
        header = self._journal.header if self._journal is not None else None
        self._old_key = header.key if header is not None else None

    def run(self, store: Callable[[str, Journal], StoredObject]) -> StoredObject:
        """Call `store` with the key and the journal; errors as `retry_with_new_key`."""
        return retry_with_new_key(self._key, lambda key: store(key, self._journal_of(key)))

    def end(self) -> None:
        """Remove the journal: what was stored is noted elsewhere by now."""
        if self._journal is not None:
            self._journal.remove()

    def _key(self) -> str:
        old, self._old_key = self._old_key, None  # a key that was refused is not tried again
        return old or artifact_key(self._wanted.subject, self._wanted.name, self._clock.now())

    def _journal_of(self, key: str) -> Journal:
        journal, wanted = self._journal, self._wanted
        if journal is None or journal.header is None or journal.header.key != key:
            journal = self._journals.begin(key, wanted.content_type, wanted.source, self._about)
            self._journal = journal
        return journal


def retry_with_new_key(
    new_key: Callable[[], str], store: Callable[[str], StoredObject]
) -> StoredObject:
    """Store, and once more from the beginning where the key is none for it.

    So it is when midnight (UTC) has made it one of a past day, or when something is there.

    Parameters
    ----------
    new_key
        Makes a key of the day that it is.
    store
        Stores under a key, or leaves nothing there.

    Raises
    ------
    StorageDenied
        It is refused, and the key is of today.
    KeyTaken
        Something is at the second key, too.
    """
    key = new_key()
    try:
        return store(key)
    except (StorageDenied, KeyTaken) as refused:
        again = new_key()
        if isinstance(refused, StorageDenied) and day_of(again) == day_of(key):
            raise
    return store(again)


@dataclass(frozen=True)
class UploadResult:
    """What is in storage now; `size` in bytes, `sha256` in hex, empty as `StoredObject.sha256`."""

    uri: S3URI
    size: int
    sha256: str
    content_type: str
    reused: bool = False
    """Whether it was there already, and nothing was sent."""
    resumed: bool = False
    """Whether it goes on from an upload that was interrupted."""
    verified: Verified = "etag"
    """How it is known to be whole, as `StoredObject.verified`."""


_log = logging.getLogger(__name__)


class RetryLog(UploadObserver):
    """Says in a script, where nothing is drawn, why nothing moves."""

    def on_retrying(self, problem: OpenEOArtifactsError | None) -> None:
        """Write it to the log."""
        if problem is None:
            _log.warning("Storage answers again; the upload goes on.")
        else:
            _log.warning("%s Tried again for up to two minutes.", problem.message)
