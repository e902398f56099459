"""What storage does after the cancel of its upload is found, at once or later."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled, OpenEOArtifactsError
from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.s3 import exchange as bounds
from jupyter_openeo_artifacts.s3.client import s3_client
from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.s3.settings import Storage
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.cleanup import settle
from jupyter_openeo_artifacts.transfer.config import PartPlan, TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.artifacts.held_storage import answer, held_storage

if TYPE_CHECKING:
    from pathlib import Path

MIB = 1024 * 1024
HUNG = 60.0  # seconds, against hanging only
SIZES = {"small file": MIB, "create": 11 * MIB, "part": 11 * MIB, "complete": 11 * MIB}
LISTED = (
    "<ListMultipartUploadsResult><Upload><Key>k</Key><UploadId>u</UploadId></Upload>"
    "</ListMultipartUploadsResult>"
)


class LateStorage:
    """Has all of the request named `late`, and carries it out once `go` is set."""

    def __init__(self, late: str, size: int) -> None:
        self._late = late
        self._size = size
        self.begun, self.go, self.carried_out = (threading.Event() for _ in range(3))
        self.there: set[str] = set()
        """Of "object", "upload" and "part", what is in it."""
        self.token = ""

    def rule(self, method: str, path: str) -> Any:
        what = {
            "POST": "complete" if "uploadId" in path else "create",
            "PUT": "part" if "partNumber" in path else "small file",
            "GET": "list",
        }.get(method, method)
        late = what == self._late and "partNumber=2" not in path
        if late:
            self.begun.set()
            assert self.go.wait(HUNG)
        told = self._done(what, path)
        if late:
            self.carried_out.set()
        return told

    def _done(self, what: str, path: str) -> bytes:
        if what in ("small file", "complete"):
            self.there = {"object"}
        elif what in ("create", "part"):
            self.there |= {"upload" if what == "create" else "part"}
        elif what == "DELETE":
            self.there -= {"upload", "part"} if "uploadId" in path else {"object"}
            return answer("204 No Content")
        elif what == "list":
            return answer(body=LISTED if "upload" in self.there else "<A/>")
        elif "object" not in self.there:
            return answer("404 Not Found", x_amz_request_id="1")
        else:
            head = "HTTP/1.1 200 OK\r\nETag: x\r\nx-amz-request-id: 1\r\n"
            mark = f"x-amz-meta-openeo-artifacts-upload: {self.token}\r\n"
            return f"{head}{mark}Content-Length: {self._size}\r\n\r\n".encode()
        bodies = {
            "create": "<InitiateMultipartUploadResult><UploadId>u</UploadId>"
            "</InitiateMultipartUploadResult>",
            "complete": "<CompleteMultipartUploadResult><ETag>x</ETag>"
            "</CompleteMultipartUploadResult>",
        }
        return answer(body=bodies.get(what, ""), ETag="x", x_amz_request_id="1")


class Cancelling:
    """An upload that is cancelled while storage is at its request."""

    def __init__(self, storage: LateStorage, address: str, folder: Path, size: int) -> None:
        self.folder = folder / "journals"
        self.folder.mkdir()
        path = folder / "fields.tif"
        path.write_bytes(bytes(size))
        now = datetime.now(timezone.utc)
        session = Session("a", "s", "t", "me", now, now + timedelta(hours=12))
        at = Storage(address, address, "", "r", "b", {}, "us-east-1", 900, "stub")
        self.client = s3_client(at, Credentials(lambda: session), ServerClock())
        self._source = FileSource.from_path(path)
        header = JournalHeader(address, "b", "k", "image/tiff", size, self._source.identity, {})
        plan = PartPlan.for_size(size, 8 * MIB)
        self._journal = Journal.begin(self.folder, header, part_size=plan.part_size)
        storage.token = self._journal.token or ""
        self._cancel = CancelToken()
        self.ended: list[BaseException] = []
        self.thread = threading.Thread(target=self._upload, daemon=True)
        self.thread.start()
        assert storage.begun.wait(HUNG)
        self._cancel.cancel()

    def _upload(self) -> None:
        try:
            upload_object(
                self.client,
                bucket="b",
                key="k",
                source=self._source,
                content_type="image/tiff",
                cancel=self._cancel,
                config=TransferConfig(grace=HUNG, cleanup_patience=0.0),
                journal=self._journal,
            )
        except OpenEOArtifactsError as error:
            self.ended.append(error)
        finally:
            self._source.close()

    def error(self) -> Cancelled:
        self.thread.join(HUNG)
        (error,) = self.ended
        assert isinstance(error, Cancelled)
        return error

    @property
    def journals(self) -> list[Path]:
        return list(self.folder.iterdir())


@pytest.mark.parametrize("late", SIZES)
def test_what_is_done_long_after_a_cancel_stays_owed_and_is_taken_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, late: str
) -> None:
    # Given: it takes longer than anybody waits
    monkeypatch.setattr(bounds, "PENDING_ANSWER_SECONDS", 0.1)
    storage = LateStorage(late, SIZES[late])
    with held_storage(storage.rule) as server:
        upload = Cancelling(storage, server.address, tmp_path, SIZES[late])
        # When
        error = upload.error()
        storage.go.set()
        assert storage.carried_out.wait(HUNG)
        # Then
        assert not error.settled
        assert storage.there
        (kept,) = upload.journals
        journal = Journal.take(kept)
        assert journal is not None
        assert journal.owed
        # When
        assert settle(upload.client, journal, TransferConfig(cleanup_patience=0.0))
        # Then
        assert (storage.there, upload.journals) == (set(), [])


@pytest.mark.parametrize("late", SIZES)
def test_a_cancel_hears_what_storage_is_at_and_then_takes_it_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, late: str
) -> None:
    # Given
    monkeypatch.setattr(bounds, "LAST_WORD_SECONDS", 0.0)
    storage = LateStorage(late, SIZES[late])
    with held_storage(storage.rule) as server:
        upload = Cancelling(storage, server.address, tmp_path, SIZES[late])
        # When
        storage.go.set()
        # Then
        assert upload.error().settled
        assert (storage.there, upload.journals) == (set(), [])
