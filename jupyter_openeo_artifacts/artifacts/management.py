"""What a helper does with artifacts that are stored: verify, list, download, delete."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.config import config_of
from jupyter_openeo_artifacts.artifacts.download import download
from jupyter_openeo_artifacts.artifacts.link_verification import SignedLink, is_link, verify_link
from jupyter_openeo_artifacts.artifacts.listing import ListedArtifact, listed
from jupyter_openeo_artifacts.artifacts.recorder import forget_deleted, records_of
from jupyter_openeo_artifacts.artifacts.uri import S3URI
from jupyter_openeo_artifacts.artifacts.user_bucket import delete
from jupyter_openeo_artifacts.artifacts.verification import (
    LINK_SECONDS,
    Expected,
    Verification,
    verify,
)
from jupyter_openeo_artifacts.errors import RecordsUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.config import S3STSConfig
    from jupyter_openeo_artifacts.artifacts.deduplication import RecentUploads
    from jupyter_openeo_artifacts.artifacts.presigning import Links
    from jupyter_openeo_artifacts.artifacts.resume import UploadJournalStore
    from jupyter_openeo_artifacts.artifacts.user_bucket import Objects
    from jupyter_openeo_artifacts.s3.settings import Storage


class Management:
    """The part of the artifact helper that looks after what is stored."""

    _objects: Objects
    _links: Links
    _journals: UploadJournalStore
    _storage: Storage
    _memory: RecentUploads

    @property
    def config(self) -> S3STSConfig:
        """The configuration in use, frozen: each value as it was given or advertised."""
        return config_of(self._storage)

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
