"""Our engine in a cell: with a journal, as staging runs it, and another try where it says so."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.transfer.cleanup import settle
from jupyter_openeo_artifacts.transfer.config import RetryPolicy, TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults.clients import our_client
from tests.faults.outcome import Outcome, judge, slips
from tests.faults.patience import Timed
from tests.faults.stub import BUCKET
from tests.faults.watch import listening, own_temporary_folder

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

    from jupyter_openeo_artifacts.transfer.upload_context import StoredObject
    from tests.faults.case import Verdict
    from tests.faults.rig import Rig

DEADLINE = 45.0
AT_ONCE = 4
GRACE = 1.5


def run_ours(rig: Rig) -> Outcome:
    """Upload, judge; where it may be gone on with, go on once all is well again."""
    folder = rig.folder / "journals"
    folder.mkdir()
    with listening() as records, own_temporary_folder(rig.folder / "temporary"):
        timed = Timed(DEADLINE, lambda: _upload(rig, _begin(rig)), since=rig.cancel.on_cancel)
        if not timed.future.done():
            rig.heal()
            return Outcome("HANG", seconds=timed.seconds)
        error = timed.future.exception()
        wrong = slips(rig, records, error, ours=True)
        outcome = _judged(rig, error)
        if outcome.verdict == "kept":
            rig.heal()
            outcome.verdict = _go_on(rig)
            wrong += slips(rig, records, None, ours=True)
        if outcome.verdict == "owed":
            rig.heal()
            outcome.verdict = _pay(rig)
    received = rig.stub.objects.received
    sent = sum(
        n for (key, part), n in received.items() if key == rig.key and (part or not rig.several)
    )
    outcome.again = max(0, sent - rig.size)
    outcome.seconds = timed.seconds
    outcome.wrong = list(dict.fromkeys(wrong))
    return outcome


def _pay(rig: Rig) -> Verdict:
    """Clean up as the next start does."""
    for path in list((rig.folder / "journals").iterdir()):
        journal = Journal.take(path)
        assert journal is not None
        settle(_client(rig), journal, _config(rig), rig.credentials)
    objects = rig.stub.objects
    left = list((rig.folder / "journals").iterdir()) or objects.uploads or objects.objects
    return "owed, UNPAID" if left else "owed"


def _client(rig: Rig) -> S3Client:
    return our_client(rig.stub, rig.credentials, rig.clock, trailers=rig.case.trailers)


def _config(rig: Rig) -> TransferConfig:
    return TransferConfig(
        part_size=rig.part,
        retry=RetryPolicy(patience=rig.case.patience),
        in_flight=AT_ONCE,
        grace=GRACE,
        watch_every=0.1,
    )


def _begin(rig: Rig) -> Journal:
    with closing(rig.source()) as source:
        header = JournalHeader(
            "stub", BUCKET, rig.key, "image/tiff", rig.size, source.identity, {"origin": "test"}
        )
    return Journal.begin(rig.folder / "journals", header, durable=False)


def _upload(rig: Rig, journal: Journal) -> StoredObject:
    source = rig.source()
    try:
        stored = upload_object(
            _client(rig),
            bucket=BUCKET,
            key=rig.key,
            source=source,
            content_type="image/tiff",
            cancel=rig.cancel,
            credentials=rig.credentials,
            config=_config(rig),
            journal=journal,
        )
    finally:
        source.close()
    journal.remove()
    return stored


def _judged(rig: Rig, error: BaseException | None) -> Outcome:
    known: set[str] = set()
    kept = owed = False
    for path in (rig.folder / "journals").iterdir():
        if journal := Journal.take(path):
            kept, owed = True, journal.owed
            known |= {journal.upload_id} if journal.upload_id else set()
            in_doubt = journal.create_in_doubt or journal.completing
            known |= {"?"} if journal.owed or in_doubt else set()
            journal.close()
    if error is not None and kept and not owed:
        return Outcome("kept", error)
    cancelled = isinstance(error, Cancelled)
    return Outcome(judge(rig, error, ours=True, known=known, cancelled=cancelled), error)


def _go_on(rig: Rig) -> Verdict:
    """Take the journal over, as the next start does, and return what becomes of it."""
    (path,) = (rig.folder / "journals").iterdir()
    journal = Journal.take(path)
    assert journal is not None
    future = Timed(DEADLINE, lambda: _upload(rig, journal)).future
    if not future.done():
        return "HANG"
    verdict = judge(rig, future.exception(), ours=True, known=set())
    return "kept" if verdict == "stored" else "kept, LOST"
