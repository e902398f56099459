"""The artifact helper for S3 storage behind an STS."""

from __future__ import annotations

import threading
from contextlib import closing
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts import upstream
from jupyter_openeo_artifacts.artifacts.access_token import BearerLogin
from jupyter_openeo_artifacts.artifacts.deduplication import RecentUploads, Recorder, find_identical
from jupyter_openeo_artifacts.artifacts.links import Links, Retention
from jupyter_openeo_artifacts.artifacts.local_file import content_type_of, readable_file, warn_of
from jupyter_openeo_artifacts.artifacts.management import Management
from jupyter_openeo_artifacts.artifacts.presigned import UPSTREAMS_DEFAULT, PresignedURL
from jupyter_openeo_artifacts.artifacts.resume import UploadJournalStore
from jupyter_openeo_artifacts.artifacts.sts import STSSessions
from jupyter_openeo_artifacts.artifacts.uploader import (
    JournaledUpload,
    RetryLog,
    UploadRequest,
    UploadResult,
)
from jupyter_openeo_artifacts.artifacts.upstream import as_artifacts_exception
from jupyter_openeo_artifacts.artifacts.uri import S3URI, checked_name
from jupyter_openeo_artifacts.artifacts.user_bucket import Objects
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.s3.client import s3_client
from jupyter_openeo_artifacts.s3.credentials import Credentials
from jupyter_openeo_artifacts.s3.error_mapping import StorageSeen
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.state.group_commit import GROUP_COMMIT
from jupyter_openeo_artifacts.state.ids import connection_id
from jupyter_openeo_artifacts.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.access_token import StorageLogin
    from jupyter_openeo_artifacts.artifacts.deduplication import KnownObject
    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.s3.settings import Storage
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.state.staged_record import Origin
    from jupyter_openeo_artifacts.transfer.config import UploadObserver


class S3STSArtifactHelper(Management):
    """Stages files for openEO jobs in storage that the backend's provider manages.

    Build it with `build_artifact_helper`; one helper serves any number of threads.
    """

    def __init__(
        self, connection: Connection, storage: Storage, login: StorageLogin | None = None
    ) -> None:
        self._storage = storage
        self._clock = ServerClock()
        self._login: StorageLogin = login or BearerLogin(connection)
        sts_sessions = STSSessions(storage, self._login, self._clock)
        self._credentials = Credentials(sts_sessions.obtain, self._clock)
        self._building = threading.Lock()
        self._s3: ObjectClient | None = None
        self._contact = StorageSeen()
        self._objects = Objects(storage, self._credentials, lambda: self.client, self._contact)
        retention = Retention(storage.retention_seconds)
        self._links = Links(storage, self._credentials, self._clock, self._objects, retention)
        self._memory = RecentUploads()
        self._journals = UploadJournalStore(storage)
        self._backend = str(connection.root_url)
        self._credentials.current()  # no usable login is said here, as upstream documents it
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a client of its own: two processes on one line read each other's answers."""
        self._building = threading.Lock()
        self._s3 = None

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._storage.provider}: s3://{self._storage.bucket}>"

    @property
    def provider(self) -> str:
        """Id under which the backend advertises this storage."""
        return self._storage.provider

    @property
    def account(self) -> str:
        """Who stages here: the name the backend has for the login, else the login's subject."""
        # Of a session at hand: what is stored is not to wait for an STS before it is noted.
        held = self._credentials.held()
        return self.account_name or (held or self._credentials.current()).subject

    @property
    def account_name(self) -> str:
        """What the backend calls the account; empty where it has not told."""
        return self._login.account

    @property
    def retention(self) -> timedelta | None:
        """How long the provider keeps each object at least; None where that is not configured."""
        seconds = self._storage.retention_seconds
        return None if seconds is None else timedelta(seconds=seconds)

    def recorder(self, ledger: Ledger, backend: str, connection: str, origin: Origin) -> Recorder:
        """Return what puts on `ledger` what is staged here by one way in."""
        return Recorder(ledger, backend, connection, self.provider, origin, self.retention)

    @as_artifacts_exception
    def upload_file(
        self, path: str | Path, object_name: str = "", *, reuse: bool = True, record: bool = True
    ) -> S3URI:
        """Stage the file at `path` and return its storage URI.

        Parameters
        ----------
        path
            Absolute, relative or with `~`.
        object_name
            The last part of the key; the file's own name if not given.
        reuse
            Return the URI of what was staged today from this machine under the same name, by
            whatever way, where its content is the same; False always stores it again.
        record
            Put it on the list that the panel, `%artifacts` and the command line show.

        Raises
        ------
        FileNotFoundError, IsADirectoryError, PermissionError
            Ours are children of these: `FileMissing`, `FileIsFolder`, `FileUnreadable`.
        ArtifactNameInvalid
            The name cannot be stored safely.
        OpenEOArtifactsError
            Storage could not take it; nothing is visible there then. Parts that it has taken may be
            kept, for the same file when it is staged again.
        """
        from jupyter_openeo_artifacts.sources.source import FileSource

        checked = readable_file(path)

        recorder = self.recorder(Ledger(), self._backend, connection_id(self._backend), "api")

        def note(stored: UploadResult) -> None:
            if record:
                recorder.note_or_warn(name, stored, self.account)

        with closing(FileSource.from_path(checked)) as source:
            name = object_name or checked.name
            warn_of(name, source)
            listed = recorder.known(name, source.size or 0) if reuse else []
            known = [*self._memory.named(name), *listed] if reuse else []
            stored = self.upload(source, name, known=known, on_stored=note, observer=RetryLog())
        if stored.reused and all(each.uri != str(stored.uri) for each in listed):
            note(stored)  # it was stored with `record=False`, or taken off the list since
        if not stored.reused:
            self._memory.add(stored)
        return stored.uri

    def upload(
        self,
        source: Source,
        name: str,
        *,
        content_type: str | None = None,
        observer: UploadObserver | None = None,
        cancel: CancelToken | None = None,
        known: Iterable[KnownObject] = (),
        patience: float = 120.0,
        about: Mapping[str, Any] | None = None,
        on_stored: Callable[[UploadResult], None] = lambda _: None,
    ) -> UploadResult:
        """Stage the bytes of `source` under `name`; never over another object.

        What is done is noted in a journal. An upload of the same bytes under the same name that was
        interrupted, by whatever process on this machine, is gone on with.

        Parameters
        ----------
        content_type
            Guessed from the name if not given.
        observer
            Told how it goes.
        cancel
            Stops the upload from another thread; nothing is left in storage then.
        known
            Objects of this storage, the newest first. One that is the same file under the same
            name, stored today, is returned instead, and nothing is sent. The source may be read
            through before anything is sent: name none while its bytes still arrive.
        patience
            Seconds without any success after which storage is no longer asked.
        about
            Put into the journal, for whoever takes the upload up after an interruption; no secret.
        on_stored
            Told of what is stored, before the journal of it is removed: whoever notes it here has
            it noted even if the process is killed in between (it may be told twice then). What it
            raises is raised.

        Raises
        ------
        OpenEOArtifactsError
            What happened and who has to act.
        """
        from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
        from jupyter_openeo_artifacts.transfer.config import RetryPolicy, TransferConfig
        from jupyter_openeo_artifacts.transfer.upload import upload_object

        kind, bucket = content_type or content_type_of(name), self._storage.bucket
        stop = cancel or CancelToken()
        with stop.cover():  # an STS may be silent for minutes
            subject = self._credentials.current().subject
        wanted = UploadRequest(bucket, subject, checked_name(name), kind, source, self._clock.now())
        if same := find_identical(self.client, known, wanted, stop):
            uri, verified = S3URI.from_str(str(same.uri)), same.verified
            return UploadResult(uri, same.size, same.sha256, kind, reused=True, verified=verified)
        storing = JournaledUpload(self._journals, wanted, self._clock, about or {}, stop)
        self._journals.schedule_clean_up(self.client, subject, self._credentials)
        with GROUP_COMMIT.expecting(source.size):
            made = storing.run(
                lambda key, journal: upload_object(
                    self.client,
                    bucket=bucket,
                    key=key,
                    source=source,
                    content_type=kind,
                    observer=observer,
                    cancel=cancel,
                    credentials=self._credentials,
                    config=TransferConfig(retry=RetryPolicy(patience=patience)),
                    journal=journal,
                    contact=self._contact,
                )
            )
            uri = S3URI(bucket, made.key)
            stored = UploadResult(
                uri, made.size, made.sha256, kind, resumed=storing.resumed, verified=made.verified
            )
            try:
                on_stored(stored)
            finally:
                storing.end()
        return stored

    def settle(self) -> None:
        """Clean up after uploads that were given up; blocks, and says nothing of what stays."""
        self._journals.clean_up(self.client, self._credentials.current().subject, self._credentials)

    def sign(
        self, storage_uri: Any, expires_in: int | None = None, *, check: bool = True
    ) -> PresignedURL:
        """Return a presigned URL that tells until when it is valid.

        Parameters
        ----------
        storage_uri
            Our `S3URI`, upstream's, or the text `s3://…`.
        expires_in
            Seconds; None is as long as a fresh session lasts. More than `LONGEST_SECONDS` (seven
            days) is cut to it, with a warning.
        check
            Ask storage first whether the object is there (one HEAD). Without it, nothing is known
            of the object, and `checked` is False.

        Raises
        ------
        StorageURIInvalid
            It is none of these.
        ArtifactNotOwned, WrongBucket, ObjectGone
            A link to it would not work.
        LifetimeInvalid
            `expires_in` is not positive (a `ValueError`).
        """
        signed = self._links.sign(S3URI.from_any(storage_uri), expires_in, check=check)
        signed.warn_if_beyond_limit(stacklevel=3)
        return signed

    @as_artifacts_exception
    def get_presigned_url(
        self, storage_uri: Any, expires_in_seconds: int = UPSTREAMS_DEFAULT
    ) -> str:
        """Return a presigned URL; warn where it ends before the time that was asked for.

        Keep it secret: whoever has it can read the object. As upstream's, it asks storage nothing,
        so the object may be gone or another account's: `sign` and `presigned_url()` check that.
        Without `expires_in_seconds` no time was asked for, and there is no warning.

        Raises
        ------
        StorageURIInvalid, LifetimeInvalid
            As for `sign`.
        """
        signed = self._links.sign(S3URI.from_any(storage_uri), expires_in_seconds, check=False)
        asked = expires_in_seconds is not UPSTREAMS_DEFAULT
        # 4: `as_artifacts_exception` is between
        if asked and not signed.warn_if_beyond_limit(stacklevel=4):
            signed.warn_if_cut(stacklevel=4)
        return signed.url

    @property
    def prefix(self) -> str:
        """Where this login's objects are in the bucket, with a slash at its end."""
        return self._objects.prefix

    @property
    def client(self) -> ObjectClient:
        """The S3 client with this login, for what the helper does not do; made in 0.2 s, once."""
        with self._building:  # cached_property builds one for each thread that races, as of 3.12
            if self._s3 is None:
                self._s3 = s3_client(self._storage, self._credentials, self._clock)
            return self._s3


upstream.register(S3STSArtifactHelper)
