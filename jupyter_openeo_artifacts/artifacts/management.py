"""What a helper does with artifacts that are stored: look, verify, list, download, delete."""

from __future__ import annotations

from datetime import timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.config import config_of
from jupyter_openeo_artifacts.artifacts.deduplication import forget_deleted, records_of
from jupyter_openeo_artifacts.artifacts.exceptions import DeletionNotSupported
from jupyter_openeo_artifacts.artifacts.links import SignedLink, verify_link
from jupyter_openeo_artifacts.artifacts.object_reader import copy, download
from jupyter_openeo_artifacts.artifacts.uri import S3URI, is_link, name_of, user_prefix
from jupyter_openeo_artifacts.artifacts.user_bucket import (
    OFFERS,
    ListedArtifact,
    listed,
)
from jupyter_openeo_artifacts.artifacts.verification import (
    LINK_SECONDS,
    Expected,
    Verification,
    verify,
)
from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.s3.exceptions import ObjectGone, StorageError
from jupyter_openeo_artifacts.s3.remote_object import bare_etag

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.config import S3STSConfig
    from jupyter_openeo_artifacts.artifacts.deduplication import RecentUploads
    from jupyter_openeo_artifacts.artifacts.links import Links
    from jupyter_openeo_artifacts.artifacts.object_reader import Writer
    from jupyter_openeo_artifacts.artifacts.resume import UploadJournalStore
    from jupyter_openeo_artifacts.artifacts.user_bucket import Objects
    from jupyter_openeo_artifacts.s3.credentials import Credentials
    from jupyter_openeo_artifacts.s3.settings import Storage

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
        OFFERS[objects.host, "delete"] = True
        return
    if refused is not None and refused.who == "wait":
        raise refused  # it was not answered: another try may do
    OFFERS[objects.host, "delete"] = False
    raise _cannot(refused.request_id if refused is not None else None) from refused


def _cannot(request_id: str | None = None) -> DeletionNotSupported:
    return DeletionNotSupported(
        "This provider cannot delete artifacts; it removes them automatically.",
        todo="Leave it: links to it end, too.",
        request_id=request_id,
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

    def look_up(self, storage_uri: Any) -> ListedArtifact:
        """Return what storage tells of an artifact, by one HEAD.

        Raises
        ------
        ArtifactNotOwned, WrongBucket
            It is another account's, or in another bucket.
        ObjectGone
            It is not in storage.
        OpenEOArtifactsError
            Storage does not answer, or the login has ended.
        """
        uri = S3URI.from_any(storage_uri)
        self._objects.require_own(uri)
        answer = self._objects.head(uri)
        stored_at = answer.get("LastModified")
        return ListedArtifact(
            uri=uri,
            name=name_of(uri.key),
            size=answer.get("ContentLength"),
            stored_at=stored_at and stored_at.astimezone(timezone.utc),
            etag=bare_etag(answer),
            content_type=answer.get("ContentType", ""),
        )

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

    def copy_to(self, storage_uri: Any, writer: Writer, *, sha256: str = "") -> None:
        """Give an artifact's content to `writer`, in order and in bounded memory.

        The last bytes come once all are checked: who has got as many as there are has the right
        ones. What `writer` raises is raised.

        Parameters
        ----------
        sha256
            As for `download`.

        Raises
        ------
        ArtifactNotOwned, WrongBucket, ObjectGone, ContentMismatch, OpenEOArtifactsError
            As for `download`.
        """
        uri = S3URI.from_any(storage_uri)
        self._objects.require_own(uri)
        copy(self._objects, uri, writer, sha256=sha256 or self._known_sha256(uri))

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
