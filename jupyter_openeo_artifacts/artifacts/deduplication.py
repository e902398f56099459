"""What is staged already, here and on the list that all ways in share: nothing is sent twice.

Why it is on the list: docs/decisions/027-one-list.md. Why a file is not sent again, and only for
objects of the day: docs/decisions/008-reuse.md.
"""

from __future__ import annotations

import logging
import threading
from collections import defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from jupyter_openeo_artifacts.artifacts.uri import S3URI, day_of, name_of, todays_folder
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.s3.remote_object import agrees, composite_md5, content_md5
from jupyter_openeo_artifacts.sources.shared_fd import Reader, ReadSoFar
from jupyter_openeo_artifacts.sources.source import read_bytes
from jupyter_openeo_artifacts.state.ids import id_at, new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord, StagedRecord
from jupyter_openeo_artifacts.transfer.config import PartPlan, TransferConfig

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from jupyter_openeo_artifacts.artifacts.uploader import UploadRequest, UploadResult
    from jupyter_openeo_artifacts.artifacts.user_bucket import ListedArtifact
    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.state.staged_record import Origin, Verified

_REMEMBERED = 256


class KnownObject(Protocol):
    """What was stored before, as `UploadResult` and `StagedRecord` tell it."""

    @property
    def uri(self) -> object:
        """Its URI, as text or as an `S3URI`."""

    @property
    def size(self) -> int:
        """Bytes."""

    @property
    def sha256(self) -> str:
        """Of its content, in hex; empty where it is not known."""

    @property
    def verified(self) -> Verified:
        """How it is known to be whole."""


class RecentUploads:
    """The objects that a helper stored last, for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: deque[str] = deque()
        self._known: defaultdict[str, deque[KnownObject]] = defaultdict(deque)
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a lock that no thread of the parent holds."""
        self._lock = threading.Lock()

    def add(self, known: KnownObject) -> None:
        """Remember one more, and forget the oldest if it is too many."""
        name = name_of(S3URI.from_str(str(known.uri)).key)
        with self._lock:
            self._known[name].appendleft(known)
            self._names.append(name)
            if len(self._names) > _REMEMBERED:
                oldest = self._names.popleft()
                self._known[oldest].pop()
                if not self._known[oldest]:
                    del self._known[oldest]

    def sha256_of(self, uri: S3URI) -> str:
        """Return what was stored there, in hex; empty where that is not remembered."""
        found = (each.sha256 for each in self.named(name_of(uri.key)) if str(each.uri) == str(uri))
        return next(found, "")

    def named(self, name: str) -> Sequence[KnownObject]:
        """Return those of that name, newest first."""
        with self._lock:
            return list(self._known.get(name, ()))


def find_identical(
    client: ObjectClient, known: Iterable[KnownObject], wanted: UploadRequest, cancel: CancelToken
) -> KnownObject | None:
    """Return which of the known objects is what is wanted, None where that is not certain.

    It must be of this user and this day (UTC), of the same name and content, and in storage still,
    as the same kind of file. The source is read through only where one may be; the first one with
    its content is looked up by one HEAD.

    Raises
    ------
    Cancelled
        `cancel` was; at once, even while storage or disk does not answer.
    SourceError
        The file changed, went or cannot be read.
    """
    size = wanted.source.size
    folder = str(S3URI(wanted.bucket, todays_folder(wanted.subject, wanted.now)))
    if size is None or wanted.source.reclaimed_bytes:
        return None  # what was given back is in storage, of an upload that is gone on with

    def may_be(each: KnownObject) -> bool:
        uri = str(each.uri)
        unique, _, name = uri.removeprefix(folder).partition("/")
        mine = uri.startswith(folder) and unique != ""
        same_name = mine and name == wanted.name and each.size == size
        return same_name and each.sha256 != ""

    candidates = [each for each in known if may_be(each)]
    if not candidates:
        return None

    def look() -> KnownObject | None:
        content = _Content.of(wanted.source, size, cancel)
        for each in candidates:
            if content is not None and each.sha256 == content.sha256:
                with cancel.cover():
                    return each if _is_there(client, each, wanted, content) else None
        return None

    return cancel.run(look)


@dataclass(frozen=True)
class _Content:
    """What the bytes of a source are; `etag` is what storage gives them if we send them."""

    sha256: str
    etag: str

    @classmethod
    def of(cls, source: Source, size: int, cancel: CancelToken) -> _Content | None:
        """Read the source once; None where it has fewer bytes than it said."""
        whole, parts, read = sha256(), [], [ReadSoFar()]
        source.read_by(Reader(lambda: read[-1], cancel))
        plan = PartPlan.for_size(size, TransferConfig().part_size)
        for part in plan:
            content = read_bytes(source, part.offset, part.length, cancel)
            if len(content) != part.length:
                return None
            whole.update(content)
            read.append(ReadSoFar(part.offset + part.length, whole.hexdigest()))
            parts.append(content_md5(content))
        source.check_unchanged()
        return cls(whole.hexdigest(), parts[0] if plan.count == 1 else composite_md5(parts))


def _is_there(
    client: ObjectClient,
    known: KnownObject,
    wanted: UploadRequest,
    content: _Content,
) -> bool:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        key = S3URI.from_str(str(known.uri)).key
        answer = client.head_object(Bucket=wanted.bucket, Key=key)
    except (BotoCoreError, ClientError, OpenEOArtifactsError):
        return (
            False  # gone, refused or not to be asked: the upload does right, or says what is wrong
        )
    return (
        answer.get("ContentLength") == known.size
        and answer.get("ContentType") == wanted.content_type
        and agrees(answer, content.etag) is not False
    )


_log = logging.getLogger(__name__)

_CLOCKS_DIFFER = timedelta(days=1)


@dataclass(frozen=True)
class Recorder:
    """Puts on a ledger what is staged in one storage by one way in, and finds it there.

    `backend` is the backend's address as that way in knows it, `provider` the id under which it
    advertises the storage; `retention` is how long each object is kept at least, None where that
    is not configured.
    """

    ledger: Ledger
    backend: str
    connection: str
    provider: str
    origin: Origin
    retention: timedelta | None

    def known(self, name: str, size: int) -> list[StagedRecord]:
        """Return what was staged today under that name and size, newest first.

        At whatever address: panel and notebook may know one backend by two. What is not this
        login's, in this storage, `find_identical` passes over.
        """
        try:
            records = self.ledger.find(None, name, size)
        except (RecordsUnusable, OSError):
            return []
        return [each for each in records if each.provider == self.provider]

    def note(
        self, name: str, stored: UploadResult, account: str, *, path: str = ""
    ) -> StagedRecord:
        """Put it on the ledger, unless a process that was killed then has done so.

        `path` is the contents path of a file of Jupyter's. A ledger that cannot be written fails no
        upload; `Ledger.problem` tells.
        """
        if stored.resumed:
            # What is listed cannot be asked where this fails, so it may be there twice.
            with suppress(RecordsUnusable, OSError):
                for each in records_of(stored.uri, self.ledger):
                    if each.connection == self.connection:
                        return each
        now = datetime.now(timezone.utc)
        record = StagedRecord(
            id=new_id(),
            name=name,
            uri=str(stored.uri),
            backend=self.backend,
            connection=self.connection,
            provider=self.provider,
            size=stored.size,
            sha256=stored.sha256,
            content_type=stored.content_type,
            origin=self.origin,
            staged_at=now,
            verified=stored.verified,
            account=account,
            kept_until=None if self.retention is None else now + self.retention,
            path=path,
        )
        self.ledger.add_or_keep(record)
        return record

    def adopt(self, found: ListedArtifact, size: int, account: str) -> StagedRecord:
        """Put what lies in storage on the ledger, at the time when it was stored.

        Raises
        ------
        RecordsUnusable, OSError
            The ledger cannot be written.
        """
        at = found.stored_at or day_of(found.uri.key) or datetime.now(timezone.utc)
        record = StagedRecord(
            id=id_at(at),
            name=found.name,
            uri=str(found.uri),
            backend=self.backend,
            connection=self.connection,
            provider=self.provider,
            size=size,
            sha256="",
            content_type=found.content_type,
            origin=self.origin,
            staged_at=at,
            verified="size",
            account=account,
            kept_until=None if self.retention is None else at + self.retention,
        )
        self.ledger.add(record)
        return record

    def note_or_warn(self, name: str, stored: UploadResult, account: str) -> None:
        """Put it on the ledger as `note` does; warn in the log where that was not possible."""
        record = self.note(name, stored, account)
        if problem := self.ledger.problem(record.id):
            _log.warning("%s is stored, but not on the list here: %s", record.uri, problem.message)


def forget_deleted(uri: S3URI) -> None:
    """Take what was deleted from storage off the ledger, as far as that can be written."""
    with suppress(RecordsUnusable, OSError):
        for record in records_of(uri):
            with suppress(NoSuchRecord):
                Ledger().forget(record.id)


def records_of(uri: S3URI, ledger: Ledger | None = None) -> list[StagedRecord]:
    """Return what the ledger says of an object; those made before its day are not read.

    Raises
    ------
    RecordsUnusable, OSError
        The ledger cannot be read.
    """
    day = day_of(uri.key)
    ledger = ledger or Ledger()
    found = ledger.records() if day is None else ledger.since(day - _CLOCKS_DIFFER)
    return [record for record in found if record.uri == str(uri)]
