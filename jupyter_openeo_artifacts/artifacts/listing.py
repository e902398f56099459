"""What a login has in storage."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.exceptions import CannotList
from jupyter_openeo_artifacts.artifacts.keys import name_of
from jupyter_openeo_artifacts.artifacts.uri import S3URI
from jupyter_openeo_artifacts.transfer.etag import bare_etag
from jupyter_openeo_artifacts.transfer.exceptions import StorageDenied, StorageRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from mypy_boto3_s3.type_defs import ListObjectsV2OutputTypeDef

    from jupyter_openeo_artifacts.artifacts.objects import Objects


@dataclass(frozen=True)
class ListedArtifact:
    """An artifact in storage.

    `size` in bytes, `stored_at` by the storage's clock, `etag` without quotes.
    """

    uri: S3URI
    name: str
    size: int
    stored_at: datetime
    etag: str


def listed(objects: Objects, unfinished: Callable[[], set[str]]) -> Iterator[ListedArtifact]:
    """Yield what is below the login's own prefix, in the order of the keys.

    What uploads that have not ended have left, or could not take away, is no artifact: `unfinished`
    returns the keys of those. One listing by the prefix alone: some providers (fakes3pp) allow no
    other.

    Raises
    ------
    CannotList
        The provider does not offer it.
    StorageError
        Storage does not answer.
    """
    prefix, after = objects.prefix, ""
    while True:
        hidden = unfinished()
        page = _page(objects, prefix, after)
        for each in page.get("Contents", []):
            key = each["Key"]
            if key.startswith(prefix) and not key.endswith("/") and key not in hidden:
                yield ListedArtifact(
                    uri=S3URI(objects.bucket, key),
                    name=name_of(key),
                    size=each["Size"],
                    stored_at=each["LastModified"].astimezone(timezone.utc),
                    etag=bare_etag(each),
                )
        token = page.get("NextContinuationToken", "")
        if not page.get("IsTruncated") or token in ("", after):
            return
        after = token


def _page(objects: Objects, prefix: str, after: str) -> ListObjectsV2OutputTypeDef:
    more: dict[str, Any] = {"ContinuationToken": after} if after else {}
    try:
        return objects.retrier().run(
            "list your artifacts",
            lambda: objects.client.list_objects_v2(Bucket=objects.bucket, Prefix=prefix, **more),
        )
    except (StorageDenied, StorageRefused) as error:
        raise CannotList(
            "This provider does not list artifacts.",
            todo="Keep the storage URIs; what was staged here is on the panel's list.",
            request_id=error.request_id,
        ) from error
