"""Leaving nothing behind: unfinished uploads aborted, objects nobody is to see removed."""

from __future__ import annotations

import logging
from contextlib import suppress
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled, OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.exceptions import StorageDenied, StorageRefused, UploadLost, not_s3
from jupyter_openeo_artifacts.s3.remote_object import CleanupOutcome, ObjectStatus, RemoteObject
from jupyter_openeo_artifacts.transfer.config import PartPlan
from jupyter_openeo_artifacts.transfer.retry import Retrier

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openeo_artifacts.journal.journal import Journal
    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.transfer.config import TransferConfig
    from jupyter_openeo_artifacts.transfer.retry import RenewableCredentials


log: logging.Logger = logging.getLogger(__name__)

_MINE = (ObjectStatus.OURS, ObjectStatus.DAMAGED)


class Cleanup:
    """What removes one upload's remains.

    It goes on where the upload was stopped, and has less patience (`config.cleanup_patience`).
    """

    def __init__(
        self,
        remote: RemoteObject,
        config: TransferConfig,
        credentials: RenewableCredentials | None = None,
    ) -> None:
        self._remote = remote
        short = replace(config.retry, patience=config.cleanup_patience)
        self._retrier = Retrier(
            remote.host, short, CancelToken(), remote.contact, credentials=credentials
        )

    def abort(self, upload_id: str) -> bool:
        """Abort an unfinished upload; whether it is no more."""
        try:
            self._retrier.run("remove the unfinished upload", lambda: self._abort(upload_id))
        except UploadLost:
            return True  # completed, or aborted by somebody else, or by an answer that got lost
        except OpenEOArtifactsError as error:
            log.warning("An unfinished upload may be left in the storage: %s", error.code)
            return False
        return True

    def _abort(self, upload_id: str) -> None:
        remote = self._remote
        answer = remote.client.abort_multipart_upload(
            Bucket=remote.bucket, Key=remote.key, UploadId=upload_id
        )
        # S3 says 204. Any other success may be a log-in page's; the next try tells: it is gone.
        if answer["ResponseMetadata"]["HTTPStatusCode"] != HTTPStatus.NO_CONTENT:
            raise not_s3(remote.host)

    def abort_strays(self, known: str | None) -> bool:
        """Abort uploads whose Create was answered into nothing; whether none is left.

        Of a storage that does not list them nobody can say more; they have no parts.
        """
        remote = self._remote

        def look() -> Mapping[str, Any]:
            return remote.client.list_multipart_uploads(Bucket=remote.bucket, Prefix=remote.key)

        try:
            answer = self._retrier.run("look for unfinished uploads", look)
        except (StorageRefused, StorageDenied):
            log.info("The storage does not list unfinished uploads.")
            return True
        except OpenEOArtifactsError as error:
            log.warning("An unfinished upload may be left in the storage: %s", error.code)
            return False
        strays = [
            upload["UploadId"]
            for upload in answer.get("Uploads", [])
            if upload.get("Key") == remote.key and upload.get("UploadId") != known
        ]
        left = [stray for stray in strays if not self.abort(stray)]
        return not left

    def remove_object(self, size: int, etag: str | None) -> CleanupOutcome:
        """Remove the object if it is from this upload; parameters are those of `find`."""

        def look() -> ObjectStatus:
            return self._retrier.run("look for it", lambda: self._remote.find(size, etag))

        try:
            found = look()
            if found in _MINE:
                with suppress(OpenEOArtifactsError):  # whether it was done, the next look tells
                    self._retrier.run("remove it", self._remote.remove)
                found = look()
        except OpenEOArtifactsError as error:
            log.warning("An object of a failed or cancelled upload may be left: %s", error.code)
            return CleanupOutcome.UNKNOWN
        if found in _MINE:
            log.warning("An object of a failed or cancelled upload cannot be removed.")
        if found is ObjectStatus.DAMAGED:
            return CleanupOutcome.UNKNOWN
        return CleanupOutcome.WHOLE if found is ObjectStatus.OURS else CleanupOutcome.NOTHING


def settle(
    client: ObjectClient,
    journal: Journal,
    config: TransferConfig,
    credentials: RenewableCredentials | None = None,
) -> bool:
    """Clean up after an upload that nobody goes on with; whether nothing of it is left.

    The journal is removed then, else it is let go of and stays owed.

    Parameters
    ----------
    journal
        Taken over from whoever wrote it.
    credentials
        Those of `client`, to be renewed.
    """
    header = journal.header
    if header is None or not journal.begun:
        journal.remove()
        return True
    remote = RemoteObject(client, header.bucket, header.key, token=journal.token or "")
    cleanup = Cleanup(remote, config, credentials)
    done = cleanup.abort(journal.upload_id) if journal.upload_id else True
    if journal.create_in_doubt:
        done &= cleanup.abort_strays(None)
    one_request = PartPlan(header.size, journal.part_size).count == 1
    if journal.completing or one_request:
        done &= cleanup.remove_object(header.size, None) is CleanupOutcome.NOTHING
    if done:
        journal.remove()
        return True
    if not journal.owed:
        journal.mark_for_cleanup()
    journal.close()
    return False


def name_remains(error: OpenEOArtifactsError, uri: str, *, owed: bool) -> None:
    """Have `error` say that something may be left in the storage, and where.

    Parameters
    ----------
    owed
        Whether it is noted in a journal, so that it is taken away later.
    """
    if isinstance(error, Cancelled):
        error.settled = False
    rest = (
        "is taken away as soon as storage allows it" if owed else "only its provider can remove it"
    )
    error.message += f" Something of it may be left at {uri}; it is no artifact, and {rest}."
