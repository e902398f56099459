"""A file in parts, several on their way at once."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack
from hashlib import sha256
from http import HTTPStatus
from itertools import count
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.journal.replay import SentPart
from jupyter_openeo_artifacts.s3.exceptions import IntermediaryAnswered, not_s3
from jupyter_openeo_artifacts.s3.optional_headers import ContentMD5Header, is_taken
from jupyter_openeo_artifacts.s3.remote_object import (
    CleanupOutcome,
    ObjectStatus,
    agrees,
    bare_etag,
    composite_md5,
    content_md5,
    is_client_error,
    is_from_storage,
    is_too_large_in_between,
    quoted_etag,
)
from jupyter_openeo_artifacts.s3.request_body import body
from jupyter_openeo_artifacts.sources.shared_fd import Reader, ReadSoFar
from jupyter_openeo_artifacts.transfer.buffer_pool import BUFFER_POOL
from jupyter_openeo_artifacts.transfer.part_workers import PartWorkers
from jupyter_openeo_artifacts.transfer.upload_context import StoredObject

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openeo_artifacts.transfer.config import Part, PartPlan
    from jupyter_openeo_artifacts.transfer.upload_context import UploadContext

log: logging.Logger = logging.getLogger(__name__)


class Multipart:
    """Create, upload parts, complete; each answer is checked, none is believed.

    Threads take parts in order under one lock, so that the file is read once, front to back, and
    hashed on the way; each then sends its part from the buffer that was hashed. A part that the
    journal says storage has is not sent, if what is read is what was sent then. Where that cannot
    be read any more (`Source.reclaimed_bytes`), the journal's word is enough: storage's answer was
    compared when it was sent. The SHA-256 of the whole is then not known.
    """

    def __init__(self, context: UploadContext, plan: PartPlan) -> None:
        self._context = context
        self._plan = plan
        self._journal = context.journal
        self._upload_id = self._journal.upload_id
        self._create_in_doubt = self._journal.create_in_doubt
        self._completing = self._journal.completing
        self._sent_before = dict(self._journal.parts)
        self._longest = max((sent.length for sent in self._sent_before.values()), default=0)
        self._reading = threading.Lock()
        self._parts = iter(plan)
        self._sha256 = sha256()
        self._all_read = True
        self._read = ReadSoFar()
        self._counting = threading.Lock()
        self._stored: dict[int, str] = {}
        self._comparable = True
        self._binding = ContentMD5Header(context.remote)
        self._acknowledged = 0
        self._workers = PartWorkers(context, plan, self._send_next)

    def send(self) -> StoredObject:
        """Store the file."""
        context = self._context
        context.source.read_by(Reader(lambda: self._read, context.stop))
        if self._upload_id is None:
            self._upload_id = context.retrier.run(
                "begin the upload", self._create, bucket=context.remote.bucket
            )
            self._journal.note_upload(self._upload_id)
        self._workers.run()
        context.observer.on_verifying()
        context.source.check_unchanged()
        context.stop.raise_if_cancelled()
        etag = self._finish()
        self._upload_id = None  # it is no more
        if self._create_in_doubt:
            context.cleanup.abort_strays(None)
        return self.stored(etag)

    def stored(self, etag: str = "") -> StoredObject:
        """Describe the object, which is known to be there; its ETag where that was answered."""
        return StoredObject(
            key=self._context.remote.key,
            size=self._context.size,
            sha256=self._sha256.hexdigest() if self._all_read else "",
            etag=etag,
            parts=self._plan.count,
            verified="etag" if self._comparable else "size",
        )

    def undo(self) -> CleanupOutcome:
        """Leave nothing in the storage, if that can be.

        No thread has a request under way any more: a part that arrives after the abort would stay,
        unseen and paid for. Where storage may be at one all the same, it stays owed.
        """
        cleanup = self._context.cleanup
        aborted = cleanup.abort(self._upload_id) if self._upload_id else True
        if self._create_in_doubt:
            aborted &= cleanup.abort_strays(self._upload_id)
        left = CleanupOutcome.NOTHING
        if self._completing:
            left = cleanup.remove_object(self._context.size, self._expected_etag())
        left = self._context.remains(left)
        return CleanupOutcome.UNKNOWN if left is CleanupOutcome.NOTHING and not aborted else left

    def _create(self) -> str:
        context, remote = self._context, self._context.remote
        in_doubt, self._create_in_doubt = self._create_in_doubt, True
        self._journal.note_creating()
        try:
            with context.storing():
                answer = remote.client.create_multipart_upload(
                    Bucket=remote.bucket,
                    Key=remote.key,
                    ContentType=context.content_type,
                    Metadata=context.marked_metadata,
                )
        except Exception as error:
            self._create_in_doubt = in_doubt or not is_client_error(error)
            raise
        upload_id: str = answer.get("UploadId", "")
        if not upload_id:
            raise not_s3(remote.host, again="few")
        self._create_in_doubt = in_doubt
        return upload_id

    def _send_next(self) -> bool:
        context = self._context
        with ExitStack() as held:
            with self._reading:
                context.stop.raise_if_cancelled()
                part = next(self._parts, None)
                if part is None:
                    return False
                gone = self._sent_and_gone(part)
                if gone is None:
                    self._wait_for(part)
                    content = held.enter_context(context.reading(part.offset, part.length))
                    self._sha256.update(content)
                    through = self._sha256.hexdigest() if self._all_read else ""
                    self._read = ReadSoFar(part.offset + part.length, self._sha256.hexdigest())
            self._workers.grow()
            self._count(part, gone or self._have_stored(part, content, through))
        return True

    def _wait_for(self, part: Part) -> None:
        """Wait for bytes that still arrive, in nobody's way."""
        context = self._context
        with BUFFER_POOL.rest():
            context.source.wait_for(part.offset + part.length, context.stop)

    def _sent_and_gone(self, part: Part) -> str | None:
        """Return the ETag of a part that storage has and that cannot be read any more."""
        sent, source = self._sent_before.get(part.number), self._context.source
        if part.offset >= source.reclaimed_bytes or sent is None or sent.length != part.length:
            return None
        self._all_read = False
        return self._had(sent)

    def _have_stored(self, part: Part, content: memoryview, through: str) -> str:
        """Return the ETag of a part that storage has now, or had from an earlier process.

        Where all bytes through this part hash to what they did then, its MD5 need not be asked.
        """
        sent = self._sent_before.get(part.number)
        if sent is not None and sent.length != part.length:
            sent = None
        if sent is not None and through and sent.through == through:
            return self._had(sent)
        md5 = content_md5(content)
        if sent is not None and sent.md5 == md5:
            return self._had(sent)
        tries = count()
        etag = self._context.retrier.run(
            "store the file", lambda: self._put(part, content, md5, tries=next(tries))
        )
        self._journal.note_part(SentPart(part.number, part.length, md5, etag, through))
        return etag

    def _had(self, sent: SentPart) -> str:
        if not agrees({"ETag": sent.etag}, sent.md5):
            self._comparable = False
        return sent.etag

    def _put(self, part: Part, content: memoryview, expected: str, *, tries: int) -> str:
        self._context.ask_first(tries)
        # What has failed for whatever reason goes by its SHA-256, as it did before.
        answer = self._answer(part, content, "" if tries else self._binding.of(expected))
        etag: str = answer.get("ETag", "")
        if not etag or not is_from_storage(answer):  # a page of a web server has an ETag, too
            raise self._context.unreadable(part.length)
        same = agrees(answer, expected)
        if same is False:
            raise self._context.mismatch()
        if same is None:
            self._comparable = False
        self._binding.learn(compared=bool(same))
        return etag

    def _answer(self, part: Part, content: memoryview, md5: str) -> Mapping[str, Any]:
        """Send a part, bound by its MD5 where that is given and storage takes it."""
        if not md5:
            return self._request(part, content, md5)
        try:
            answer = self._request(part, content, md5)
        except Exception as error:
            if not self._binding.may_be_refused(error):
                self._binding.failed(error)
                raise
            answer = self._request(part, content, "")
            self._binding.drop(error)  # it was that: without, the same part went
            return answer
        self._binding.worked()
        return answer

    def _request(self, part: Part, content: memoryview, md5: str) -> Mapping[str, Any]:
        remote = self._context.remote
        try:
            with (
                self._context.storing(),
                body(content, self._context.stop, bound_by_md5=md5) as sent,
            ):
                return remote.client.upload_part(
                    Bucket=remote.bucket,
                    Key=remote.key,
                    UploadId=self._upload_id or "",
                    PartNumber=part.number,
                    Body=sent,
                )
        except Exception as error:
            # Where as much was stored before, whatever says that passes.
            if part.length <= self._longest and is_too_large_in_between(error):
                how = HTTPStatus.REQUEST_ENTITY_TOO_LARGE.value
                raise IntermediaryAnswered.of("store the file", remote.host, how) from error
            raise

    def _count(self, part: Part, etag: str) -> None:
        with self._counting:
            self._stored[part.number] = etag
            self._longest = max(self._longest, part.length)
            while self._acknowledged + 1 in self._stored:
                self._acknowledged += 1
            offset = min(self._acknowledged * self._plan.part_size, self._context.size)
        # Not what may not stay there, nor what a successor would not know to be there.
        if not self._context.stop.cancelled and self._journal.whole:
            self._context.source.acknowledged(offset)
        self._context.progress.add(part.length)

    def _expected_etag(self) -> str | None:
        if not self._comparable or len(self._stored) != self._plan.count:
            return None
        return composite_md5(bare_etag({"ETag": self._stored[part.number]}) for part in self._plan)

    def _finish(self) -> str:
        """Complete, and believe only what can be seen afterwards; return the ETag."""
        context = self._context
        expected = self._expected_etag()
        etag = context.retrier.run("finish the upload", lambda: self._complete(expected))
        if not etag or self._look(expected) not in (ObjectStatus.OURS, None):
            context.retrier.run("check the stored file", lambda: context.confirm(expected))
        return etag or context.retrier.run("check the stored file", context.remote.etag)

    def _complete(self, expected: str | None) -> str:
        """Return the ETag if it is the right one, nothing where that cannot be told.

        Whether a Complete that broke was carried out, its error does not say: the answer may have
        got lost, and a second one then finds no upload (404) where other storages repeat the first
        answer. So the object is looked for.
        """
        remote, if_none_match = self._context.remote, self._context.if_none_match
        self._completing = True
        self._journal.note_completing()
        parts = [
            {"PartNumber": p.number, "ETag": quoted_etag(self._stored[p.number])}
            for p in self._plan
        ]
        try:
            with self._context.storing():
                answer = remote.client.complete_multipart_upload(
                    Bucket=remote.bucket,
                    Key=remote.key,
                    UploadId=self._upload_id or "",
                    MultipartUpload={"Parts": parts},
                    **if_none_match.arguments,
                )
        except Exception as error:
            if if_none_match.was_refused(error):
                return self._complete(expected)
            taken = is_taken(error)  # by whom has to be known
            found = remote.find(self._context.size, expected) if taken else self._look(expected)
            if found is ObjectStatus.DAMAGED:
                raise self._context.mismatch() from error
            if found is not ObjectStatus.OURS:
                raise
            return ""
        etag = bare_etag(answer)  # Ceph 16 gives none
        if not etag and self._look(expected) in (ObjectStatus.ABSENT, None):
            raise not_s3(self._context.remote.host)
        return etag if agrees(answer, expected) else ""

    def _look(self, expected: str | None) -> ObjectStatus | None:
        """Look at the key, once; None where the storage does not say."""
        try:
            return self._context.remote.find(self._context.size, expected)
        except Exception:  # noqa: BLE001 - the first doubt is the one to judge
            return None
