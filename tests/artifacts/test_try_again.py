"""Another try begins while the one before still ends: it goes on with what that has stored."""

from __future__ import annotations

import hashlib
import os
import threading
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.artifacts import resume
from jupyter_openeo_artifacts.artifacts.resume import UploadJournalStore
from jupyter_openeo_artifacts.artifacts.uploader import JournaledUpload, UploadRequest
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.journal.journal import headers_in
from jupyter_openeo_artifacts.s3.exceptions import StorageBusy
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.s3.settings import Storage
from jupyter_openeo_artifacts.sources import spool_file
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.transfer.config import RetryPolicy, TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults.answer import Answer, refusal
from tests.faults.clients import credentials_of, our_client
from tests.faults.effects import Do, Effect, Fault
from tests.faults.stub import BUCKET, Stub
from tests.limits import AT_MOST
from tests.support.uploads import Observer
from tests.transfer.line import until
from tests.transfer.uploading import wait_for_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.transfer.upload_context import StoredObject
    from tests.faults.effects import Moment, Scene

PART = 8 * 1024**2
PARTS = 5
LATE, BUSY = 2, 4
"""The part whose answer is kept back, and the one that fails."""
ALWAYS = 10_000


@dataclass(frozen=True)
class BusyLater(Effect):
    """Be busy, once something has happened."""

    then: threading.Event

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        if moment != "after":
            return None
        assert self.then.wait(AT_MOST)
        return refusal(503, "SlowDown")


@dataclass
class Tried:
    """One try in a thread of its own."""

    cancel: CancelToken = field(default_factory=CancelToken)
    outcome: Future[tuple[StoredObject, bool]] = field(default_factory=Future)
    """What was stored, and whether an earlier try was gone on with."""


@dataclass
class Stage:
    """A storage, a file, and tries to upload it."""

    stub: Stub
    content: bytes
    open: Callable[[], Source]
    spool: Spool | None
    stored: threading.Event = field(default_factory=threading.Event)
    """Set when the first part is known to be stored."""
    released: threading.Event = field(default_factory=threading.Event)
    """Lets the answer go that is kept back."""

    def __post_init__(self) -> None:
        self._clock = ServerClock()
        self._credentials = credentials_of(self.stub, self._clock)
        self._client = our_client(self.stub, self._credentials, self._clock)
        at = self.stub.endpoint
        storage = Storage(at, at, "", "r", BUCKET, {}, "us-east-1", 900, "stub")
        self._journals = UploadJournalStore(storage)

    def hold_back(self) -> None:
        """Keep an answer back, as a line does that is about to break."""

        def hold(_: Scene) -> None:
            assert self.released.wait(AT_MOST)

        self.stub.add(Fault("UploadPart", Do(hold, "done"), part=LATE))

    def fail(self) -> None:
        """Have a try fail, while the answer to one of its parts is kept back."""
        self.hold_back()
        self.stub.add(Fault("UploadPart", BusyLater(self.stored), ALWAYS, part=BUSY))
        with pytest.raises(StorageBusy):
            self._try(CancelToken())
        self.stub.faults.clear()
        assert len(list(headers_in(state_folder("journals")))) == 1

    def begin(self) -> Tried:
        """Begin a try."""
        tried = Tried()

        def work() -> None:
            try:
                tried.outcome.set_result(self._try(tried.cancel))
            except BaseException as error:  # noqa: BLE001  for whoever asks
                tried.outcome.set_exception(error)

        threading.Thread(target=work, daemon=True).start()
        return tried

    def _try(self, cancel: CancelToken) -> tuple[StoredObject, bool]:
        source, kind = self.open(), "image/tiff"
        now = datetime.now(timezone.utc)
        wanted = UploadRequest(BUCKET, "alice", "field.tif", kind, source, now)
        try:
            storing = JournaledUpload(self._journals, wanted, self._clock, {}, cancel)
            stored = storing.run(
                lambda key, journal: upload_object(
                    self._client,
                    bucket=BUCKET,
                    key=key,
                    source=source,
                    content_type=kind,
                    observer=Observer(lambda _: self.stored.set()),
                    cancel=cancel,
                    config=TransferConfig(retry=RetryPolicy(patience=0.2), grace=0.1),
                    journal=journal,
                )
            )
            storing.end()
            return stored, storing.resumed
        finally:
            source.close()

    def sent(self, part: int) -> int:
        """Return how often a part was sent."""
        seen = list(self.stub.seen)  # more may come
        return sum((each.operation, each.part) == ("UploadPart", part) for each in seen)

    def check(self, stored: StoredObject) -> None:
        """See that the file is there, and nothing else."""
        (found,) = self.stub.objects.objects.items()
        assert found[0] == stored.key
        assert found[1].sha256 == hashlib.sha256(self.content).hexdigest()
        assert self.stub.objects.uploads == {}
        assert list(headers_in(state_folder("journals"))) == []


def is_waiting() -> bool:
    return any(each.name == "openeo-artifacts-waiting" for each in threading.enumerate())


@pytest.fixture(params=["file", "drop"])
def stage(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """Give a file, or a drop whose front goes as soon as storage has it."""
    content = os.urandom(PARTS * PART)
    spool = None
    if request.param == "drop":
        monkeypatch.setattr(spool_file, "RECLAIM_ABOVE", 0)
        spool = Spool(tmp_path / "spool", len(content))
        spool.append(content)
    path = tmp_path / "field.tif"
    path.write_bytes(content)
    with Stub() as stub:
        made = Stage(
            stub,
            content,
            (lambda: FileSource.from_path(path)) if spool is None else lambda: SpoolSource(spool),
            spool,
        )
        yield made
        made.released.set()
        wait_for_engine(AT_MOST)
    if spool is not None:
        spool.remove()


def test_a_try_goes_on_with_the_one_that_still_ends(stage: Stage) -> None:
    # Given: it has failed, and one of its requests is not answered yet
    stage.fail()
    if stage.spool is not None:
        assert stage.spool.reclaimed_bytes > 0
    # When
    again = stage.begin()
    until(lambda: again.outcome.done() or is_waiting())
    stage.released.set()
    stored, resumed = again.outcome.result(AT_MOST)
    # Then
    assert resumed
    assert [stage.sent(part) for part in (1, LATE)] == [1, 1]
    stage.check(stored)


def test_a_wait_for_it_can_be_cancelled(stage: Stage) -> None:
    # Given
    stage.fail()
    again = stage.begin()
    until(lambda: again.outcome.done() or is_waiting())
    # When
    again.cancel.cancel()
    # Then
    assert isinstance(again.outcome.exception(AT_MOST), Cancelled)
    assert not stage.released.is_set()
    # And: what was stored is still there to be gone on with
    stage.released.set()
    wait_for_engine(AT_MOST)
    stored, resumed = stage.begin().outcome.result(AT_MOST)
    assert resumed
    stage.check(stored)


def test_one_that_does_not_end_is_not_waited_for_without_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(resume, "ENDS_WITHIN_SECONDS", 0.05)
    stage.fail()
    # When
    again = stage.begin().outcome
    # Then: a file is sent anew, and a drop whose front is gone waits for another try
    if stage.spool is None:
        assert not again.result(AT_MOST)[1]
        return
    error = again.exception(AT_MOST)
    assert isinstance(error, StorageBusy)
    assert error.who == "wait"
    assert not stage.spool.failed
    stage.released.set()
    wait_for_engine(AT_MOST)
    stored, resumed = stage.begin().outcome.result(AT_MOST)
    assert resumed
    stage.check(stored)


@pytest.mark.parametrize("stage", ["file"], indirect=True)
def test_an_upload_that_is_under_way_is_not_waited_for(stage: Stage) -> None:
    # Given
    stage.hold_back()
    first = stage.begin()
    assert stage.stored.wait(AT_MOST)
    # When
    other, resumed = stage.begin().outcome.result(AT_MOST)
    # Then
    assert not resumed
    assert not first.outcome.done()
    stage.released.set()
    assert first.outcome.result(AT_MOST)[0].key != other.key
