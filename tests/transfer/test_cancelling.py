"""A cancel is prompt wherever it comes, and leaves nothing."""

from __future__ import annotations

import os
import random
import signal
import threading
import time

import pytest

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.limits import AT_MOST
from tests.transfer.line import Fault, error_answer, until
from tests.transfer.seaweed import BUCKET, PART
from tests.transfer.uploading import ON_BOTH, Rig, Upload, wait_for_engine

pytestmark = ON_BOTH

PUT = rb"PUT "
SECOND = rb"PUT .*partNumber=2"
CREATE = rb"POST .*\?uploads"
COMPLETE = rb"POST .*uploadId="
DELETE = rb"DELETE (?!.*uploadId=)"
MANY = 99

LARGE, SMALL = 2 * PART + 5, 2000


def cancel_and_wait(rig: Rig, upload: Upload) -> Cancelled:
    """Cancel; it must be heard, and nothing may be left once requests have ended."""
    upload.cancel.cancel()
    error = upload.error(AT_MOST)
    assert isinstance(error, Cancelled)
    told = list(upload.told)
    if error.settled:
        assert rig.storage.leftovers(rig.key) == []
    rig.line.release()
    wait_for_engine()
    assert rig.storage.leftovers(rig.key) == []
    assert upload.told == told
    return error


HANGING = {
    "Create kept back": (LARGE, Fault("hold", CREATE), False),
    "Create answered late": (LARGE, Fault("late", CREATE), True),
    "a part stalled": (LARGE, Fault("stall", SECOND, at=PART // 2), False),
    "a part kept back": (LARGE, Fault("hold", SECOND), False),
    "a part answered late": (LARGE, Fault("late", SECOND), True),
    "Complete kept back": (LARGE, Fault("hold", COMPLETE), False),
    "Complete answered late": (LARGE, Fault("late", COMPLETE), True),
    "a small file stalled": (SMALL, Fault("stall", PUT, at=1000), False),
    "a small file answered late": (SMALL, Fault("late", PUT), True),
}


@pytest.mark.parametrize("name", HANGING)
def test_a_cancel_does_not_wait_for_a_request_that_hangs(rig, name) -> None:
    # Given
    size, fault, carried_out = HANGING[name]
    fault = rig.line.add(Fault(fault.kind, fault.match, at=fault.at))
    upload = rig.upload(rig.file(size), grace=0.4)
    assert fault.met.wait(AT_MOST)
    if carried_out:
        assert rig.line.carried_out.wait(AT_MOST)
    # When / Then
    error = cancel_and_wait(rig, upload)
    assert not (carried_out and error.settled)


def test_a_cancel_does_not_wait_for_a_slow_line(rig) -> None:
    # Given: a part takes more than 8 s
    rig.line.pause = 0.1
    upload = rig.upload(rig.file(LARGE))
    until(lambda: rig.line.count(SECOND) == 1)
    time.sleep(0.3)
    # When / Then: even the clean-up is done
    assert cancel_and_wait(rig, upload).settled


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_a_cancel_before_the_start(rig, size) -> None:
    # Given
    cancel = CancelToken()
    cancel.cancel()
    spool = Spool(rig.folder / "spool", size)
    # When
    with pytest.raises(Cancelled):
        upload_object(
            rig.client,
            bucket=BUCKET,
            key=rig.key,
            source=SpoolSource(spool),
            content_type="a/b",
            cancel=cancel,
            config=rig.config,
        )
    # Then
    assert rig.line.requests == []


@pytest.mark.parametrize("arrived", [0, 10, PART, 2 * PART + 1])
def test_a_cancel_while_waiting_for_bytes(rig, arrived) -> None:
    # Given
    spool = Spool(rig.folder / "spool", LARGE)
    if arrived:
        spool.append(b"x" * arrived)
    upload = rig.upload(SpoolSource(spool))
    until(lambda: upload.told[-1:] == [arrived // PART * PART] or arrived < PART)
    # When / Then
    assert cancel_and_wait(rig, upload).settled
    spool.remove()


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_a_cancel_after_any_part(rig, parts) -> None:
    # Given
    upload: Upload | None = None

    def cancel_at(_: int) -> None:
        if len(upload.told) == parts:
            upload.cancel.cancel()

    ready = threading.Event()
    upload = rig.upload(rig.file(LARGE), on_progress=lambda n: ready.wait(AT_MOST) and cancel_at(n))
    # When
    ready.set()
    # Then
    assert isinstance(upload.error(5), Cancelled)
    wait_for_engine()
    assert rig.storage.leftovers(rig.key) == []


def test_a_cancel_just_before_complete(rig) -> None:
    # Given
    verifying, go_on = threading.Event(), threading.Event()

    def on_verifying() -> None:
        verifying.set()
        go_on.wait(AT_MOST)

    upload = rig.upload(rig.file(LARGE), on_verifying=on_verifying)
    assert verifying.wait(AT_MOST)
    # When
    upload.cancel.cancel()
    go_on.set()
    # Then
    assert isinstance(upload.error(5), Cancelled)
    assert rig.line.count(COMPLETE) == 0
    assert rig.storage.leftovers(rig.key) == []


@pytest.mark.parametrize(("size", "match"), [(LARGE, COMPLETE), (SMALL, PUT)])
def test_a_cancel_that_comes_too_late_deletes(rig, size, match) -> None:
    # Given: the storage has it, the answer is on its way
    rig.line.add(Fault("late", match))
    upload = rig.upload(rig.file(size), grace=5.0)
    assert rig.line.carried_out.wait(AT_MOST)
    # When
    upload.cancel.cancel()
    rig.line.release()
    # Then
    assert isinstance(upload.error(5), Cancelled)
    assert rig.line.count(DELETE) == 1
    assert rig.storage.leftovers(rig.key) == []


@pytest.mark.parametrize(("size", "match"), [(LARGE, COMPLETE), (SMALL, PUT)])
def test_a_cancel_that_comes_too_late_is_lost_where_nothing_can_be_deleted(
    rig, size, match
) -> None:
    # Given
    no_delete = error_answer(405, "MethodNotAllowed")
    rig.line.add(Fault("late", match), Fault("answer", DELETE, answer=no_delete, times=MANY))
    path = rig.file(size)
    upload = rig.upload(path, grace=5.0)
    assert rig.line.carried_out.wait(AT_MOST)
    # When
    upload.cancel.cancel()
    rig.line.release()
    # Then
    assert upload.future.result(AT_MOST).size == size
    assert rig.storage.content(rig.key) == path.read_bytes()


def test_a_cancel_finds_what_was_stored_without_an_answer(rig) -> None:
    # Given: each try is carried out, none is answered, and nothing can be deleted
    no_delete = error_answer(405, "MethodNotAllowed")
    lost = rig.line.add(
        Fault("swallow", PUT, times=MANY), Fault("answer", DELETE, answer=no_delete, times=MANY)
    )
    path = rig.file(SMALL)
    upload = rig.upload(path)
    assert lost.met.wait(AT_MOST)
    until(lambda: rig.storage.leftovers(rig.key) != [])
    # When
    upload.cancel.cancel()
    # Then: what is there and stays there is not called cancelled
    assert upload.future.result(AT_MOST).size == SMALL
    assert rig.storage.content(rig.key) == path.read_bytes()


def test_a_cancel_after_the_end_changes_nothing(rig) -> None:
    upload = rig.upload(rig.file(SMALL))
    stored = upload.future.result(AT_MOST)
    upload.cancel.cancel()
    assert rig.storage.leftovers(rig.key) == [f"object {stored.key}"]


@pytest.fixture
def ctrl_c():
    """Have Ctrl-C interrupt: a shell has programs in its background ignore it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("ctrl_c")
def test_ctrl_c_is_a_cancel(rig) -> None:
    # Given: an upload in the main thread that waits for bytes
    spool = Spool(rig.folder / "spool", LARGE)
    spool.append(bytes(PART))
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    # When
    with pytest.raises(KeyboardInterrupt):
        upload_object(
            rig.client,
            bucket=BUCKET,
            key=rig.key,
            source=SpoolSource(spool),
            content_type="a/b",
            config=rig.config,
        )
    # Then
    wait_for_engine(2)
    assert rig.storage.leftovers(rig.key) == []
    spool.remove()


def test_an_object_that_is_not_ours_is_not_deleted(rig) -> None:
    # Given: somebody else's object at the key, and requests of which nobody knows the outcome
    rig.storage.client.put_object(Bucket=BUCKET, Key=rig.key, Body=b"theirs")
    fault = rig.line.add(Fault("reset", PUT, at=1000, times=MANY))
    upload = rig.upload(rig.file(SMALL))
    assert fault.met.wait(AT_MOST)
    # When
    upload.cancel.cancel()
    # Then
    assert isinstance(upload.error(5), Cancelled)
    rig.line.release()
    wait_for_engine()
    assert rig.storage.content(rig.key) == b"theirs"


def test_cancels_at_any_moment(rig) -> None:
    # Given
    chance = random.Random(7)
    path = rig.file(LARGE)
    outcomes = []
    for number in range(12):
        rig.key = f"{rig.key[:12]}/{number}"
        upload = rig.upload(path)
        # When
        time.sleep(chance.uniform(0, 0.35))
        upload.cancel.cancel()
        error = upload.error(5)
        wait_for_engine()
        # Then
        outcomes.append(type(error))
        left = rig.storage.leftovers(rig.key)
        assert left == ([f"object {rig.key}"] if error is None else [])
    assert Cancelled in outcomes
