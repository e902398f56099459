"""What a login has in storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.exceptions import ListingNotSupported, ListNotWhole
from jupyter_openeo_artifacts.artifacts.keys import name_of
from jupyter_openeo_artifacts.artifacts.uri import S3URI
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.exceptions import StorageDenied, StorageRefused, not_s3
from jupyter_openeo_artifacts.s3.remote_object import bare_etag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.user_bucket import Objects

_PAGE = 300
"""Keys of a page: of the longest there may be (1024 bytes, in the answer thrice), it is as long as
any answer may be."""
_MOST_PAGES = 10_000  # three million artifacts
_MOST_EMPTY = 100  # in a row: storage may pass over what was deleted
_OF_A_LIST = {"Name", "Prefix", "KeyCount", "IsTruncated", "Contents"}


@dataclass(frozen=True)
class ListedArtifact:
    """An artifact in storage.

    `size` in bytes, `stored_at` by the storage's clock, `etag` without quotes; None or empty where
    storage does not tell.
    """

    uri: S3URI
    name: str
    size: int | None
    stored_at: datetime | None
    etag: str


def listed(objects: Objects, unfinished: Callable[[], set[str]]) -> Iterator[ListedArtifact]:
    """Yield what is below the login's own prefix, in the order of the keys.

    What uploads that have not ended have left, or could not take away, is no artifact: `unfinished`
    returns the keys of those. One listing by the prefix alone: some providers (fakes3pp) allow no
    other.

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
    for _ in range(_MOST_PAGES):
        page = _page(objects, prefix, after)
        contents = page.get("Contents", [])
        first = contents[0].get("Key", "") if contents else None
        if first is not None and first in first_keys:
            raise _not_whole(objects, "starts again in its middle")
        empty = 0 if contents else empty + 1
        if empty > _MOST_EMPTY:
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
        return objects.retrier().run("list your artifacts", ask)
    except ValueError as error:  # a size that is no number
        if isinstance(error, OpenEOArtifactsError):
            raise
        raise _not_whole(objects, "cannot be read") from None  # it quotes what it cannot read
    except (StorageDenied, StorageRefused) as error:
        raise ListingNotSupported(
            "This provider does not list artifacts.",
            todo="Keep the storage URIs; what was staged here is on the panel's list.",
            request_id=error.request_id,
        ) from error


def _not_whole(objects: Objects, why: str) -> ListNotWhole:
    return ListNotWhole(
        f"The list of your artifacts is not whole: that of {objects.host} {why}.",
        todo="Try again; if it stays so, tell the provider. What was staged here is on the"
        " panel's list.",
    )
