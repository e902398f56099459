"""The journals of one login's uploads to one storage, shared by all processes of a home folder."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.artifacts.uri import S3URI, day_of, name_of, user_prefix
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable, warn_once
from jupyter_openeo_artifacts.journal.journal import (
    Journal,
    ending_journals,
    headers_in,
    is_owed,
    read_state,
)
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.s3.exceptions import StorageBusy
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.log_folder import remove_hollow, upload_file
from jupyter_openeo_artifacts.transfer.config import PartPlan, TransferConfig

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.s3.settings import Storage
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.transfer.retry import RenewableCredentials


_log = logging.getLogger(__name__)
_CLOCKS_DIFFER = timedelta(days=1)
_A_DAY = timedelta(days=1)
ENDS_WITHIN_SECONDS = 150.0
"""For an upload that has failed: its last request is heard out for a minute, perhaps once more."""

_UNKNOWN_RETENTION = timedelta(days=7)


class UploadJournalStore:
    """Finds what was interrupted, begins what is new, and pays what is owed."""

    def __init__(self, storage: Storage) -> None:
        self._endpoint = urlsplit(storage.s3_endpoint).netloc
        self._bucket = storage.bucket
        kept = storage.retention_seconds
        self._kept = _UNKNOWN_RETENTION if kept is None else timedelta(seconds=kept)
        self._paying = threading.Lock()
        self._paid = False
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a lock that no thread of the parent holds."""
        self._paying = threading.Lock()

    def interrupted(
        self, subject: str, name: str, content_type: str, source: Source, cancel: CancelToken
    ) -> Journal | None:
        """Take over an upload of the same bytes under the same name that no process has in hand.

        One that has failed in this process may not have ended quite: a part of it may be under way
        still. It is waited for, unlike one that somebody else waits for.

        Raises
        ------
        Cancelled
            `cancel` was.
        StorageBusy
            It does not end, and without it the front of the source would be lost.
        """
        wanted = (name, content_type, source.identity)

        def is_wanted(header: JournalHeader) -> bool:
            return (name_of(header.key), header.content_type, header.identity) == wanted

        for each in ending_journals():
            header = each.header
            if header is not None and self._is_mine(header, subject) and is_wanted(header):
                _wait_for(each, source, cancel)
        for path, header in self._mine(subject, include_own=False):
            if is_wanted(header):
                journal = Journal.take(path)
                if journal is None:
                    continue
                if journal.header != header:  # its file is another upload's by now
                    journal.close()
                    continue
                if journal.begun and not journal.owed:
                    return journal
                if journal.begun:
                    journal.close()
                else:
                    journal.remove()  # nothing was sent
        return None

    def begin(
        self, key: str, content_type: str, source: Source, about: Mapping[str, Any]
    ) -> Journal:
        """Return a new journal, kept nowhere where our folder cannot be used."""
        size = source.size or 0
        header = JournalHeader(
            self._endpoint, self._bucket, key, content_type, size, source.identity, about
        )
        try:
            folder = _folder()
        except RecordsUnusable as error:
            warn_once(_log, f"Uploads go on without a journal: {error.message}")
            return Journal(None, header)
        plan = PartPlan.for_size(size, TransferConfig().part_size)
        # What is sent again in a moment is not worth a wait for the disk.
        return Journal.begin(folder, header, part_size=plan.part_size, durable=plan.count > 1)

    def unfinished(self) -> set[str]:
        """Return the keys of uploads that have not ended: what lies there is no artifact (yet)."""
        try:
            return {header.key for _, header in headers_in(_folder())}
        except RecordsUnusable:
            return set()

    def schedule_clean_up(
        self, client: ObjectClient, subject: str, credentials: RenewableCredentials
    ) -> None:
        """Clean up in a thread of its own, the first time this is called."""
        with self._paying:
            if self._paid:
                return
            self._paid = True

        def clean() -> None:
            with suppress(RecordsUnusable):  # no descriptor now: at the next start
                self.clean_up(client, subject, credentials)

        payer = threading.Thread(
            target=clean,
            name="openeo-artifacts-owed",
            daemon=True,
        )
        try:
            payer.start()
        except RuntimeError:  # no thread for it now
            self._paid = False

    def clean_up(
        self,
        client: ObjectClient,
        subject: str,
        credentials: RenewableCredentials | None = None,
        config: TransferConfig | None = None,
    ) -> None:
        """Clean up after uploads that failed to, and those that nobody has gone on with.

        What could not be removed for as long as the provider keeps files is left to the provider:
        where a policy allows one day's prefix alone, it can never be.
        """
        from jupyter_openeo_artifacts.transfer.cleanup import settle

        with suppress(RecordsUnusable, OSError):
            remove_hollow(_folder())
        for path, header in self._over(subject):
            if (journal := Journal.take(path)) is None:
                continue
            if journal.header != header:  # as above
                journal.close()
                continue
            noted = _noted()  # only now, as nobody can note it any more
            if noted is None:
                journal.close()
                return  # what may be an artifact is left alone
            if str(S3URI(header.bucket, header.key)) in noted:
                # Killed after it was noted as an artifact: only its upload has to find that out.
                journal.close() if _is_awaited(header) else journal.remove()
                continue
            if journal.owed and self._is_past_retention(header):
                _log.info("What an upload left is left to the provider.")
                journal.remove()
                continue
            try:
                settle(client, journal, config or TransferConfig(), credentials)
            except OpenEOArtifactsError as error:
                _log.warning("What an upload left could not be removed: %s", error.code)
            finally:
                journal.close()

    def _over(self, subject: str) -> Iterator[tuple[Path, JournalHeader]]:
        """Yield those that are owed, and those whose artifact was on the list a moment ago.

        The list may be long: it is read for none that is under way, or was cut off on its way.
        """
        noted: set[str] | None = None
        for path, header in list(self._mine(subject, include_own=False)):
            if is_owed(path):
                yield path, header
            elif read_state(path).may_be_stored and not _is_awaited(header):
                noted = _noted() or set() if noted is None else noted
                if str(S3URI(header.bucket, header.key)) in noted:
                    yield path, header

    def _is_past_retention(self, header: JournalHeader) -> bool:
        day = day_of(header.key)
        now = datetime.now(timezone.utc)
        # The day of its key has to be over, too, by any clock.
        return day is not None and now - day > self._kept + _A_DAY + _CLOCKS_DIFFER

    def _mine(
        self, subject: str, *, include_own: bool = True
    ) -> Iterator[tuple[Path, JournalHeader]]:
        """Yield those of this storage whose keys are this login's.

        `include_own` tells whether those that this process has in hand count, too.
        """
        try:
            folder = _folder()
        except RecordsUnusable:
            return
        for path, header in headers_in(folder, include_own=include_own):
            if self._is_mine(header, subject):
                yield path, header

    def _is_mine(self, header: JournalHeader, subject: str) -> bool:
        same = (header.endpoint, header.bucket) == (self._endpoint, self._bucket)
        return same and header.key.startswith(f"{user_prefix(subject)}/")


def _wait_for(ending: Journal, source: Source, cancel: CancelToken) -> None:
    over = cancel.run(partial(ending.wait_until_over, ENDS_WITHIN_SECONDS))
    if not over and source.reclaimed_bytes:
        raise StorageBusy(
            "A request of the last try has not ended yet.",
            todo="Try again in a minute; what was sent is kept.",
        )


def _noted() -> set[str] | None:
    """Return the storage URIs of the artifacts on the ledger; None where it cannot be read.

    All of them, not only those of the upload's day: this machine's clock, which dates the records,
    may be wrong by any amount, and what is missed here is removed from storage.
    """
    try:
        return {record.uri for record in Ledger().anew()}
    except (RecordsUnusable, OSError):
        return None


def _is_awaited(header: JournalHeader) -> bool:
    """Whether an upload that was cut off is to be taken up, which would send its file once more."""
    upload = header.about.get("upload")
    return isinstance(upload, str) and upload.isalnum() and upload_file(upload).exists()


def _folder() -> Path:
    return state_folder("journals")
