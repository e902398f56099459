"""What the requests of one upload share, its progress, and its result."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.s3.error_mapping import S3Refusal
from jupyter_openeo_artifacts.s3.exceptions import (
    AnswerUnreadable,
    ContentMismatch,
    StorageBusy,
    not_s3,
)
from jupyter_openeo_artifacts.s3.optional_headers import IfNoneMatchHeader
from jupyter_openeo_artifacts.s3.remote_object import (
    TOKEN,
    CleanupOutcome,
    ObjectStatus,
    RemoteObject,
    is_pending,
)
from jupyter_openeo_artifacts.sources.exceptions import SourceTooShort
from jupyter_openeo_artifacts.transfer.buffer_pool import BUFFER_POOL
from jupyter_openeo_artifacts.transfer.cleanup import Cleanup
from jupyter_openeo_artifacts.transfer.retry import FEW, Retrier

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from concurrent.futures import Executor

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
    from jupyter_openeo_artifacts.journal.journal import Journal
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.state.staged_record import Verified
    from jupyter_openeo_artifacts.transfer.config import TransferConfig, UploadObserver
    from jupyter_openeo_artifacts.transfer.retry import RenewableCredentials


_MOST_IN_VAIN = 2
"""How many times a file's size may be sent again for answers that cannot be read."""


class _Bytes:
    """A number of bytes that several threads add to."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sum = 0

    def add(self, count: int) -> int:
        """Add, and return the sum."""
        with self._lock:
            self._sum += count
            return self._sum


@dataclass(frozen=True)
class UploadContext:
    """What the ways of sending (`SinglePut`, `Multipart`) need.

    `stop` ends them, for whatever reason; `fail` is told of an error as soon as there is one, while
    requests may still be under way. There are no `threads` where the caller's own sends it all.
    """

    remote: RemoteObject
    source: Source
    size: int
    content_type: str
    metadata: Mapping[str, str]
    config: TransferConfig
    journal: Journal
    stop: CancelToken
    progress: Progress
    threads: Executor | None
    observer: UploadObserver
    credentials: RenewableCredentials | None
    fail: Callable[[BaseException], None]
    retrier: Retrier = field(init=False)
    in_vain: _Bytes = field(init=False)
    if_none_match: IfNoneMatchHeader = field(init=False)
    pending: threading.Event = field(init=False)

    def __post_init__(self) -> None:
        retrier = Retrier(
            self.remote.host,
            self.config.retry,
            self.stop,
            self.remote.contact,
            credentials=self.credentials,
            observer=self.observer,
        )
        object.__setattr__(self, "retrier", retrier)
        object.__setattr__(self, "in_vain", _Bytes())
        object.__setattr__(self, "if_none_match", IfNoneMatchHeader(self.remote))
        object.__setattr__(self, "pending", threading.Event())

    @contextmanager
    def storing(self) -> Iterator[None]:
        """Take note where a request in here ends before the storage has said what it did."""
        try:
            yield
        except Exception as error:
            if is_pending(error):
                self.pending.set()
            raise

    def remains(self, left: CleanupOutcome) -> CleanupOutcome:
        """Return what a look has found, or that it may have come too early to find anything."""
        found_nothing = left is CleanupOutcome.NOTHING
        return CleanupOutcome.UNKNOWN if found_nothing and self.pending.is_set() else left

    @property
    def marked_metadata(self) -> dict[str, str]:
        """The metadata with our mark in it."""
        return {**self.metadata, TOKEN: self.remote.token}

    @contextmanager
    def reading(self, offset: int, length: int) -> Iterator[memoryview]:
        """Hold exactly that much of the source in memory meanwhile.

        Raises
        ------
        SourceTooShort
            It ended before.
        """
        self.source.wait_for(offset + length, self.stop)  # nobody holds memory for what may come
        with BUFFER_POOL.take(length, self.stop) as buffer:
            got = self.source.read_into(buffer, offset, self.stop)
            if got != length:
                raise SourceTooShort(
                    f"The file ended after {offset + got} of its {self.size} bytes.",
                    todo="Wait until nothing writes to it any more, then try again.",
                )
            yield buffer

    def confirm(self, etag: str | None) -> None:
        """Look whether the object is there as it was sent.

        Raises
        ------
        StorageBusy
            It is not there (yet).
        ContentMismatch
            Something else is.
        """
        found = self.remote.find(self.size, etag)
        if found is ObjectStatus.ABSENT:
            raise StorageBusy(
                f"{self.remote.host} does not show what it has stored.", todo="Try again."
            )
        if found is not ObjectStatus.OURS:
            raise self.mismatch()

    def ask_first(self, tries: int) -> None:
        """Ask without a body whether the storage answers, once one was sent in vain a few times.

        So what answers in its place for an hour costs no more than a few bodies, and a session that
        has ended meanwhile none. A refusal that may be of a HEAD alone says nothing of a body.

        Raises
        ------
        botocore.exceptions.ClientError, botocore.exceptions.BotoCoreError, AnswerUnreadable
            It does not, or wants other credentials first.
        """
        from botocore.exceptions import ClientError

        if tries <= FEW:
            return
        try:
            self.remote.find(self.size, None)
        except ClientError as error:
            answer = S3Refusal.of(error)
            if not answer.response.own or answer.row.kind == "credentials":
                raise

    def unreadable(self, sent: int) -> AnswerUnreadable:
        """Return the error for a success that is none of S3's, after so many bytes.

        What answers so may do it for ever: in all, twice the file's size is sent again for it.
        """
        enough = self.in_vain.add(sent) > _MOST_IN_VAIN * self.size
        return not_s3(self.remote.host, again="never" if enough else "patiently")

    def mismatch(self) -> ContentMismatch:
        """Return the error that says that other bytes arrived than were sent."""
        return ContentMismatch(
            f"{self.remote.host} has stored other bytes than those that were sent.",
            todo="Try again; if it stays so, send the details to the provider's support.",
        )

    @property
    def cleanup(self) -> Cleanup:
        """What removes the remains of this upload."""
        return Cleanup(self.remote, self.config, self.credentials)


class Progress:
    """Adds up acknowledged bytes from several threads for one listener.

    Calls are made one at a time, with growing numbers. An upload that has to begin again says
    nothing until it is past where it was.
    """

    def __init__(self, listener: Callable[[int], None]) -> None:
        self._listener = listener
        self._lock = threading.Lock()
        self._stored = 0
        self._told = -1
        self._closed = False

    def add(self, count: int) -> None:
        """Count bytes that the storage has acknowledged."""
        with self._lock:
            self._stored += count
            if self._stored > self._told and not self._closed:
                self._told = self._stored
                self._listener(self._stored)

    def restart(self) -> None:
        """Count from nothing again."""
        with self._lock:
            self._stored = 0

    def close(self) -> None:
        """Be silent from now on (a call that is under way is not waited for)."""
        self._closed = True


@dataclass(frozen=True)
class StoredObject:
    """An object that is whole in the storage.

    `size` is in bytes, `sha256` of the whole content in hex (empty where a part was sent by an
    earlier process and could not be read again), `etag` as the storage answered it, without quotes;
    `parts` is 1 for a file that went in one request. `verified` is "etag" where the storage's MD5s
    were compared with those of the bytes that were sent, and "size" where its ETags are not MD5s
    (encryption with KMS, some gateways), so that size, our token in the metadata and the signed
    hash of each request are all there is.
    """

    key: str
    size: int
    sha256: str
    etag: str
    parts: int
    verified: Verified = "etag"
