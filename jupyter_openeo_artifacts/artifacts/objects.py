"""The objects in storage, asked for one request at a time, with the same patience as uploads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.artifacts.exceptions import NotYours, WrongBucket
from jupyter_openeo_artifacts.artifacts.keys import name_of, user_prefix
from jupyter_openeo_artifacts.transfer.contact import Contact
from jupyter_openeo_artifacts.transfer.etag import bare_etag, has_md5
from jupyter_openeo_artifacts.transfer.exceptions import ObjectGone, not_s3
from jupyter_openeo_artifacts.transfer.remote import TOKEN

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_s3.type_defs import HeadObjectOutputTypeDef

    from jupyter_openeo_artifacts.artifacts.config import Storage
    from jupyter_openeo_artifacts.artifacts.credentials import Credentials
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
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
        client: Callable[[], S3Client],
        contact: Contact | None = None,
    ) -> None:
        self._contact = contact or Contact()
        self.bucket = storage.bucket
        self.host = urlsplit(storage.s3_endpoint).netloc
        self.public_only = storage.public_only
        self._credentials = credentials
        self._client = client

    @property
    def prefix(self) -> str:
        """Where this login's own objects are, with a slash at its end."""
        return f"{user_prefix(self._credentials.current().subject)}/"

    @property
    def client(self) -> S3Client:
        """The client, with no retries of its own."""
        return self._client()

    def require_own(self, uri: S3URI) -> None:
        """Refuse what this login can do nothing with, without asking storage.

        Raises
        ------
        WrongBucket, NotYours
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
            raise NotYours(name)

    def retrier(self, patience: float = PATIENCE, first_delay: float = 0.25) -> Retrier:
        """Return what asks again while that makes sense, for one thing to do.

        Parameters
        ----------
        patience, first_delay
            Seconds, as in `TransferConfig`.
        """
        from jupyter_openeo_artifacts.transfer.cancel import CancelToken
        from jupyter_openeo_artifacts.transfer.config import TransferConfig
        from jupyter_openeo_artifacts.transfer.retry import Retrier

        config = TransferConfig(
            patience=patience,
            first_delay=first_delay,
            refresh=self._credentials.expired,
            try_refresh=self._credentials.doubted,
        )
        return Retrier(self.host, config, CancelToken(), contact=self._contact)

    def head(self, uri: S3URI, retrier: Retrier | None = None) -> HeadObjectOutputTypeDef:
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

    def _head(self, uri: S3URI) -> HeadObjectOutputTypeDef:
        try:
            answer = self.client.head_object(Bucket=uri.bucket, Key=uri.key)
        except ValueError as error:  # a date or a number that botocore cannot read
            raise not_s3(self.host) from error
        if not is_from_storage(answer):
            raise not_s3(self.host)
        return answer


def mark_of(answer: Mapping[str, Any]) -> str:
    """Return our mark in an object's metadata; empty where there is none."""
    kept = {name.lower(): value for name, value in (answer.get("Metadata") or {}).items()}
    return str(kept.get(TOKEN) or "")


def is_from_storage(answer: Mapping[str, Any]) -> bool:
    """Whether a success is S3's own, by a request id, our mark or an MD5; a page has none."""
    return _is_marked(answer) or has_md5(answer)


def compare(
    known: Mapping[str, Any], found: Mapping[str, Any]
) -> Literal["same", "another", "page"]:
    """Tell what a success is of: the object that HEAD told of, another, or no object at all."""
    before, now = bare_etag(known), bare_etag(found)
    if not is_from_storage(found) or (before and not now):
        return "page"
    if now == before and (before or mark_of(found) == mark_of(known)):
        return "same"
    return "another" if _is_marked(found) else "page"  # a page may have an ETag, too


def _is_marked(answer: Mapping[str, Any]) -> bool:
    about = answer.get("ResponseMetadata") or {}
    return bool(about.get("RequestId") or about.get("HostId") or mark_of(answer))
