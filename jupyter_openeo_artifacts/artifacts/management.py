"""What a helper does with artifacts that are stored: verify, list, download, delete."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.config import config_of
from jupyter_openeo_artifacts.artifacts.deduplication import forget_deleted, records_of
from jupyter_openeo_artifacts.artifacts.exceptions import ListingNotSupported, ListNotWhole
from jupyter_openeo_artifacts.artifacts.links import SignedLink, verify_link
from jupyter_openeo_artifacts.artifacts.object_reader import download
from jupyter_openeo_artifacts.artifacts.uri import S3URI, is_link, name_of, user_prefix
from jupyter_openeo_artifacts.artifacts.user_bucket import delete
from jupyter_openeo_artifacts.artifacts.verification import (
    LINK_SECONDS,
    Expected,
    Verification,
    verify,
)
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.s3.exceptions import StorageDenied, StorageRefused, not_s3
from jupyter_openeo_artifacts.s3.remote_object import bare_etag

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.config import S3STSConfig
    from jupyter_openeo_artifacts.artifacts.deduplication import RecentUploads
    from jupyter_openeo_artifacts.artifacts.links import Links
    from jupyter_openeo_artifacts.artifacts.resume import UploadJournalStore
    from jupyter_openeo_artifacts.artifacts.user_bucket import Objects
    from jupyter_openeo_artifacts.s3.credentials import Credentials
    from jupyter_openeo_artifacts.s3.settings import Storage

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


class Management:
    """The part of the artifact helper that looks after what is stored."""

    _credentials: Credentials
    _objects: Objects
    _links: Links
    _journals: UploadJournalStore
    _storage: Storage
    _memory: RecentUploads

    @property
    def config(self) -> S3STSConfig:
        """The configuration in use, frozen: each value as it was given or advertised."""
        return config_of(self._storage)

    @property
    def credentials(self) -> Credentials:
        """The login's temporary credentials, renewed before they end; their content is secret."""
        return self._credentials

    def owns(self, storage_uri: Any) -> bool:
        """Tell whether the object lies below this login's prefix, so that its links can work.

        Raises
        ------
        StorageURIInvalid
            It is not a storage URI.
        """
        subject = self._credentials.current().subject
        return S3URI.from_any(storage_uri).key.startswith(f"{user_prefix(subject)}/")

    def verify(
        self,
        storage_uri: Any,
        *,
        read_back: bool = False,
        sha256: str = "",
        size: int | None = None,
    ) -> Verification:
        """Tell whether an artifact is in storage, and whether a link to it works for readers.

        Parameters
        ----------
        storage_uri
            Storage URI, or a presigned URL: then that link is tried, and told until when it is
            valid; the other parameters are for a storage URI.
        read_back
            Read all of its content, in bounded memory, and tell its SHA-256. Otherwise none is.
        sha256
            What that should be, in hex; if not given, what is known of it on this machine.
        size
            What the artifact should have, in bytes; not compared if not given.

        Raises
        ------
        StorageURIInvalid, LinkInvalid
            It is neither a storage URI nor a presigned URL.
        ArtifactNotOwned, WrongBucket
            The artifact is another account's, or in another bucket.
        ArtifactChanged
            It was replaced while it was read back.
        OpenEOArtifactsError
            Storage does not say.
        """
        if is_link(storage_uri):
            link = SignedLink.parse(storage_uri)
            end, public_only = self._links.end_of(link), self._storage.public_only
            return verify_link(link, end, public_only=public_only)
        uri = S3URI.from_any(storage_uri)
        self._objects.require_own(uri)
        return verify(
            self._objects,
            uri,
            lambda: self._links.make(uri, LINK_SECONDS, check=False).url,
            Expected(size, sha256 or (self._known_sha256(uri) if read_back else "")),
            read_back=read_back,
        )

    def list(self) -> Iterator[ListedArtifact]:
        """Yield what is in storage below this login's own prefix, in the order of the keys.

        So days come in order, the oldest first. Storage is asked for a page of 300 at a time,
        when its first one is wanted.

        Raises
        ------
        ListingNotSupported
            The provider does not offer it.
        OpenEOArtifactsError
            Storage does not answer, or the login has ended.
        """
        return listed(self._objects, self._journals.unfinished)

    def download(
        self,
        storage_uri: Any,
        path: str | Path,
        *,
        overwrite: bool = False,
        sha256: str = "",
    ) -> Path:
        """Write an artifact to a file at `path`, and return its absolute path.

        It is there whole and checked, or not at all; it is readable by you alone.

        Parameters
        ----------
        path
            Of the file: absolute, relative or with `~`.
        overwrite
            Whether to replace a file that is there.
        sha256
            What the content should have, in hex; if not given, what is known of it on this machine.

        Raises
        ------
        FileExistsError, FileNotFoundError, IsADirectoryError, PermissionError, OSError
            Ours are children of these: `FileAlreadyExists`, `FileMissing` (the folder),
            `FileIsFolder`, `FileUnwritable`, `DiskFull`.
        ArtifactNotOwned, WrongBucket
            It is another account's, or in another bucket.
        ObjectGone
            It is not in storage any more.
        ContentMismatch
            Storage gives other bytes than those that were staged.
        OpenEOArtifactsError
            Storage does not give it whole, or the login has ended.
        """
        uri = S3URI.from_any(storage_uri)
        self._objects.require_own(uri)
        known = sha256 or self._known_sha256(uri)
        return download(self._objects, uri, path, overwrite=overwrite, sha256=known)

    def delete(self, storage_uri: Any) -> None:
        """Delete an artifact of this login's own from storage and the list; its links stop working.

        Raises
        ------
        DeletionNotSupported
            The provider does not offer it; it removes artifacts when it wants to.
        ArtifactNotOwned
            It was staged by another account.
        ObjectGone
            It is not there.
        OpenEOArtifactsError
            Storage does not answer, or the login has ended.
        """
        uri = S3URI.from_any(storage_uri)
        delete(self._objects, uri)
        forget_deleted(uri)

    def _known_sha256(self, uri: S3URI) -> str:
        """Return what was staged there, by this helper or from this machine; empty if unknown."""
        if found := self._memory.sha256_of(uri):
            return found
        try:
            records = records_of(uri)
        except (RecordsUnusable, OSError):
            return ""
        return next((each.sha256 for each in records), "")
