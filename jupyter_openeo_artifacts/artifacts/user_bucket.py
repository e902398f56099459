"""The user's objects in the bucket: look, check, delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactNotOwned,
    DeletionNotSupported,
    WrongBucket,
)
from jupyter_openeo_artifacts.artifacts.uri import name_of, user_prefix
from jupyter_openeo_artifacts.s3.error_mapping import StorageSeen
from jupyter_openeo_artifacts.s3.exceptions import (
    CredentialsExpired,
    ObjectGone,
    StorageError,
    not_s3,
)
from jupyter_openeo_artifacts.s3.remote_object import (
    bare_etag,
    is_from_storage,
    is_marked,
    mark_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.s3.credentials import Credentials
    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.s3.settings import Storage
    from jupyter_openeo_artifacts.transfer.retry import Retrier


T = TypeVar("T")
PATIENCE = 30.0
"""Seconds without an answer after which one is given up."""


class Objects:
    """What the helper does with objects that are stored.

    Parameters
    ----------
    client
        Returns the client; called when something is asked.
    contact
        Whether this storage was reached: after that, what answers in its place is waited for.
    """

    def __init__(
        self,
        storage: Storage,
        credentials: Credentials,
        client: Callable[[], ObjectClient],
        contact: StorageSeen | None = None,
    ) -> None:
        self._contact = contact or StorageSeen()
        self.bucket: str = storage.bucket
        self.host: str = urlsplit(storage.s3_endpoint).netloc
        self.public_only: bool = storage.public_only
        self._credentials = credentials
        self._client = client

    @property
    def prefix(self) -> str:
        """Where this login's own objects are, with a slash at its end."""
        return f"{user_prefix(self._credentials.current().subject)}/"

    @property
    def client(self) -> ObjectClient:
        """The client, with no retries of its own."""
        return self._client()

    def require_own(self, uri: S3URI) -> None:
        """Refuse what this login can do nothing with, without asking storage.

        Raises
        ------
        WrongBucket, ArtifactNotOwned
            It is in another bucket, or below another account's prefix.
        """
        name = name_of(uri.key)
        if uri.bucket != self.bucket:
            raise WrongBucket(
                f"{name!r} is in the bucket {uri.bucket!r}, but this backend stores artifacts in"
                f" {self.bucket!r}.",
                todo="Name the backend it was staged on, or stage it again here.",
            )
        if not uri.key.startswith(self.prefix):
            raise ArtifactNotOwned(name)

    def retrier(self, patience: float = PATIENCE, first_delay: float = 0.25) -> Retrier:
        """Return what asks again while that makes sense, for one thing to do.

        Parameters
        ----------
        patience, first_delay
            Seconds, as in `RetryPolicy`.
        """
        from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
        from jupyter_openeo_artifacts.transfer.config import RetryPolicy
        from jupyter_openeo_artifacts.transfer.retry import Retrier

        return Retrier(
            self.host,
            RetryPolicy(patience=patience, first_delay=first_delay),
            CancelToken(),
            self._contact,
            credentials=self._credentials,
        )

    def head(self, uri: S3URI, retrier: Retrier | None = None) -> Mapping[str, Any]:
        """Ask for what storage knows of an object.

        Raises
        ------
        ObjectGone
            It is not there.
        StorageError
            Storage refuses, or does not answer.
        """
        asking = retrier or self.retrier()
        try:
            return asking.run("look for the artifact", lambda: self._head(uri))
        except ObjectGone as error:
            raise ObjectGone(
                f"{name_of(uri.key)!r} is not in storage any more: it was deleted, or its provider"
                " has removed it.",
                todo="Stage it again.",
                request_id=error.request_id,
            ) from error

    def _head(self, uri: S3URI) -> Mapping[str, Any]:
        try:
            answer = self.client.head_object(Bucket=uri.bucket, Key=uri.key)
        except ValueError:  # a date or a number that botocore cannot read, which it quotes
            raise not_s3(self.host) from None
        if not is_from_storage(answer):
            raise not_s3(self.host)
        return answer


def compare(
    known: Mapping[str, Any], found: Mapping[str, Any]
) -> Literal["same", "another", "page"]:
    """Tell what a success is of: the object that HEAD told of, another, or no object at all."""
    before, now = bare_etag(known), bare_etag(found)
    if not is_from_storage(found) or (before and not now):
        return "page"
    if now == before and (before or mark_of(found) == mark_of(known)):
        return "same"
    return "another" if is_marked(found) else "page"  # a page may have an ETag, too


CHECK_PATIENCE = 10.0
"""Seconds after which a storage that does not answer is signed for all the same."""


@dataclass(frozen=True)
class ObjectCheck:
    """What storage said of an object.

    `found` is False where it did not say; `stored_at` is None where that is not known.
    """

    found: bool
    stored_at: datetime | None = None


NOT_CHECKED = ObjectCheck(found=False)


def check_object(objects: Objects, uri: S3URI) -> ObjectCheck:
    """Return what one HEAD tells of the object; a storage that refuses HEAD breaks nothing.

    Raises
    ------
    WrongBucket, ArtifactNotOwned
        This login cannot link to it.
    ObjectGone
        It is not in storage.
    CredentialsExpired
        Storage no longer takes the login.
    """
    objects.require_own(uri)
    try:
        answer = objects.head(uri, objects.retrier(CHECK_PATIENCE))
    except (ObjectGone, CredentialsExpired):
        raise
    except StorageError:
        return NOT_CHECKED
    stored_at = answer.get("LastModified")
    return ObjectCheck(found=True, stored_at=stored_at and stored_at.astimezone(timezone.utc))


_SOON = 0.05  # a provider that cannot says InternalError (fakes3pp): four more tries in under 1 s


def delete(objects: Objects, uri: S3URI) -> None:
    """Delete an object that is there, and see that it is gone.

    Raises
    ------
    ArtifactNotOwned, WrongBucket
        It is below the prefix of another account, or in another bucket.
    DeletionNotSupported
        The provider does not, whatever it says: the object is there still.
    ObjectGone
        It was not there.
    StorageError
        Storage does not answer.
    """
    objects.require_own(uri)
    retrier = objects.retrier(first_delay=_SOON)
    objects.head(uri, retrier)
    refused = None
    try:
        retrier.run(
            "delete the artifact",
            lambda: objects.client.delete_object(Bucket=uri.bucket, Key=uri.key),
        )
    except StorageError as error:
        refused = error
    try:
        objects.head(uri, retrier)  # a 204 may be untrue, and so may "it is not there" (fakes3pp)
    except ObjectGone:
        return
    if refused is not None and refused.who == "wait":
        raise refused  # it was not answered: another try may do
    raise _cannot(refused.request_id if refused is not None else None) from refused


def _cannot(request_id: str | None = None) -> DeletionNotSupported:
    return DeletionNotSupported(
        "This provider cannot delete artifacts; it removes them automatically.",
        todo="Leave it: links to it end, too.",
        request_id=request_id,
    )
