"""The user's objects in the bucket: look, check, list; and what its storage was found to offer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactNotOwned,
    ListingNotSupported,
    ListNotWhole,
    WrongBucket,
)
from jupyter_openeo_artifacts.artifacts.uri import S3URI, name_of, user_prefix
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.error_mapping import StorageSeen
from jupyter_openeo_artifacts.s3.exceptions import (
    CredentialsExpired,
    ObjectGone,
    StorageDenied,
    StorageError,
    StorageRefused,
    not_s3,
)
from jupyter_openeo_artifacts.s3.remote_object import (
    bare_etag,
    is_from_storage,
    is_marked,
    mark_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from jupyter_openeo_artifacts.s3.credentials import Credentials
    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.s3.settings import Storage
    from jupyter_openeo_artifacts.transfer.retry import Retrier


OFFERS: dict[tuple[str, Literal["list", "delete"]], bool] = {}
"""What storages, by their hosts, were found to offer or not, as far as this process has asked."""
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


_PAGE = 300
"""Keys of a page: of the longest there may be (1024 bytes, in the answer thrice), it is as long as
any answer may be."""
MOST_PAGES = 10_000  # three million artifacts
MOST_EMPTY = 100  # in a row: storage may pass over what was deleted
_OF_A_LIST = {"Name", "Prefix", "KeyCount", "IsTruncated", "Contents"}


@dataclass(frozen=True)
class ListedArtifact:
    """An artifact in storage.

    `size` in bytes, `stored_at` by the storage's clock, `etag` without quotes; None or empty where
    storage does not tell, as a list does not tell the `content_type`.
    """

    uri: S3URI
    name: str
    size: int | None
    stored_at: datetime | None
    etag: str
    content_type: str = ""


def listed(objects: Objects, unfinished: Callable[[], set[str]]) -> Iterator[ListedArtifact]:
    """Yield what is below the login's own prefix, in the order of the keys.

    What uploads that have not ended have left, or could not take away, is no artifact: `unfinished`
    returns the keys of those. One listing by the prefix: some providers (fakes3pp) allow no other.

    Raises
    ------
    ListingNotSupported
        The provider does not offer it.
    ListNotWhole
        The list does not lead to its end; what was yielded is right, but not all.
    StorageError
        Storage does not answer.
    """
    prefix = objects.prefix
    for page in _pages(objects, prefix):
        hidden = unfinished()
        for each in page.get("Contents", []):
            key = each.get("Key")
            if key is None:
                raise _not_whole(objects, "names an object without a key")
            if key.startswith(prefix) and not key.endswith("/") and key not in hidden:
                stored_at = each.get("LastModified")
                yield ListedArtifact(
                    uri=S3URI(objects.bucket, key),
                    name=name_of(key),
                    size=each.get("Size"),
                    stored_at=stored_at and stored_at.astimezone(timezone.utc),
                    etag=bare_etag(each),
                )


def _pages(objects: Objects, prefix: str) -> Iterator[Mapping[str, Any]]:
    """Yield each page once, as long as they lead on."""
    after, seen, first_keys, empty = "", {""}, set[str](), 0
    for _ in range(MOST_PAGES):
        page = _page(objects, prefix, after)
        contents = page.get("Contents", [])
        first = contents[0].get("Key", "") if contents else None
        if first is not None and first in first_keys:
            raise _not_whole(objects, "starts again in its middle")
        empty = 0 if contents else empty + 1
        if empty > MOST_EMPTY:
            break
        yield page
        after = page.get("NextContinuationToken") or ""
        if not page.get("IsTruncated", bool(after)):
            return
        if after in seen:
            raise _not_whole(objects, "says that more follows, and not where")
        seen.add(after)
        first_keys.update([] if first is None else [first])
    raise _not_whole(objects, "has no end")


def _page(objects: Objects, prefix: str, after: str) -> Mapping[str, Any]:
    more: dict[str, Any] = {"ContinuationToken": after} if after else {}

    def ask() -> Mapping[str, Any]:
        page = objects.client.list_objects_v2(
            Bucket=objects.bucket, Prefix=prefix, MaxKeys=_PAGE, **more
        )
        if not _OF_A_LIST & page.keys():  # a page in XHTML is XML, too
            raise not_s3(objects.host)
        return page

    try:
        found = objects.retrier().run("list your artifacts", ask)
    except ValueError as error:  # a size that is no number
        if isinstance(error, OpenEOArtifactsError):
            raise
        raise _not_whole(objects, "cannot be read") from None  # it quotes what it cannot read
    except (StorageDenied, StorageRefused) as error:
        OFFERS[objects.host, "list"] = False
        raise ListingNotSupported(
            "This provider does not list artifacts.",
            todo="Keep the storage URIs; what was staged here is on the panel's list.",
            request_id=error.request_id,
        ) from error
    OFFERS[objects.host, "list"] = True
    return found


def _not_whole(objects: Objects, why: str) -> ListNotWhole:
    return ListNotWhole(
        f"The list of your artifacts is not whole: that of {objects.host} {why}.",
        todo="Try again; if it stays so, tell the provider. What was staged here is on the"
        " panel's list.",
    )
