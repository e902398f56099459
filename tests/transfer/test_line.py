"""What a bad line does to an upload: nothing that can be seen in the object."""

from __future__ import annotations

import threading
import time
from dataclasses import replace

import pytest

from jupyter_openeo_artifacts.s3.exceptions import (
    ContentMismatch,
    FileTooLarge,
    StorageBusy,
    StorageDenied,
    StorageRefused,
    StorageUnreachable,
    UploadLost,
)
from tests.limits import AT_MOST
from tests.transfer.line import Fault, error_answer
from tests.transfer.seaweed import PART
from tests.transfer.uploading import ON_BOTH

pytestmark = ON_BOTH

PUT = rb"PUT "
PUT_PART = rb"PUT .*partNumber="
SECOND = rb"PUT .*partNumber=2"
CREATE = rb"POST .*\?uploads"
COMPLETE = rb"POST .*uploadId="
ABORT = rb"DELETE .*uploadId="
HEAD = rb"HEAD "

NO_UPLOAD = error_answer(404, "NoSuchUpload")
LOG_IN_PAGE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 26\r\n"
    b"Connection: close\r\n\r\n<html>Please log in</html>"
)
MANY = 99

RECOVERED = {
    "reset in a part": [Fault("reset", SECOND, at=PART // 2, times=2)],
    "reset at a part's first byte": [Fault("reset", PUT_PART, times=3)],
    "answer of a part lost": [Fault("swallow", SECOND)],
    "answer of Create lost": [Fault("swallow", CREATE)],
    "answer of Complete lost": [Fault("swallow", COMPLETE)],
    "answer of Complete lost twice": [Fault("swallow", COMPLETE, times=2)],
    "Complete carried out, then no such upload": [
        Fault("swallow", COMPLETE),
        Fault("answer", HEAD, answer=error_answer(503, "SlowDown")),
        Fault("answer", COMPLETE, answer=NO_UPLOAD),
    ],
    "error inside a 200 to Complete": [
        Fault("answer", COMPLETE, answer=error_answer(200, "InternalError"), times=2)
    ],
    "HEAD after Complete refused": [
        Fault("answer", HEAD, answer=error_answer(403, "AccessDenied"), times=MANY)
    ],
    "503 SlowDown five times": [
        Fault("answer", SECOND, answer=error_answer(503, "SlowDown"), times=5)
    ],
    "500 at Create": [Fault("answer", CREATE, answer=error_answer(500, "InternalError"), times=2)],
    "429": [Fault("answer", PUT_PART, answer=error_answer(429, "TooManyRequests"), times=2)],
    "400 RequestTimeout": [Fault("answer", SECOND, answer=error_answer(400, "RequestTimeout"))],
    "400 BadDigest": [Fault("answer", SECOND, answer=error_answer(400, "BadDigest"))],
    "clock skew once": [Fault("answer", SECOND, answer=error_answer(403, "RequestTimeTooSkewed"))],
    "a byte flipped in a part": [Fault("flip", SECOND, at=PART // 3)],
    "502 with HTML": [
        Fault("answer", SECOND, answer=LOG_IN_PAGE.replace(b"200 OK", b"502 Bad Gateway"))
    ],
    "log-in page at Create": [Fault("answer", CREATE, answer=LOG_IN_PAGE)],
    "log-in page for a part": [Fault("answer", SECOND, answer=LOG_IN_PAGE)],
    "log-in page at Complete": [Fault("answer", COMPLETE, answer=LOG_IN_PAGE)],
    "upload forgotten at a part": [Fault("answer", SECOND, answer=NO_UPLOAD)],
    "upload forgotten at Complete": [Fault("answer", COMPLETE, answer=NO_UPLOAD)],
}


@pytest.mark.parametrize("name", RECOVERED)
def test_it_arrives_whole_in_spite_of(name, rig) -> None:
    # Given
    path = rig.file(2 * PART + 777)
    rig.line.add(*(replace(fault, met=threading.Event()) for fault in RECOVERED[name]))
    # When
    upload = rig.upload(path)
    stored = upload.future.result(AT_MOST)
    # Then
    assert all(fault.met.is_set() for fault in rig.line.faults)
    assert rig.storage.content(rig.key) == path.read_bytes()
    assert stored.size == path.stat().st_size
    assert upload.told == sorted(set(upload.told))
    assert upload.told[-1] == stored.size
    assert rig.storage.leftovers(rig.key) == [f"object {rig.key}"]


@pytest.mark.parametrize(
    "name",
    [
        "answer of Complete lost",
        "answer of Complete lost twice",
        "Complete carried out, then no such upload",
    ],
)
def test_what_is_stored_is_not_sent_again(rig, name) -> None:
    # Given
    path = rig.file(2 * PART)
    rig.line.add(*(replace(fault, met=threading.Event()) for fault in RECOVERED[name]))
    # When
    rig.upload(path).future.result(AT_MOST)
    # Then
    assert rig.line.count(PUT_PART) == 2
    assert rig.line.count(CREATE) == 1


SMALL = {
    "reset": [Fault("reset", PUT, at=500, times=2)],
    "answer lost": [Fault("swallow", PUT)],
    "a byte flipped": [Fault("flip", PUT, at=900)],
    "503": [Fault("answer", PUT, answer=error_answer(503, "SlowDown"), times=2)],
    "log-in page": [Fault("answer", PUT, answer=LOG_IN_PAGE)],
}


@pytest.mark.parametrize("name", SMALL)
def test_a_small_file_arrives_in_spite_of(name, rig) -> None:
    # Given
    path = rig.file(1000)
    rig.line.add(*(replace(fault, met=threading.Event()) for fault in SMALL[name]))
    # When
    rig.upload(path).future.result(AT_MOST)
    # Then
    assert all(fault.met.is_set() for fault in rig.line.faults)
    assert rig.storage.content(rig.key) == path.read_bytes()


REFUSED = {
    "at Create": (CREATE, 403, "AccessDenied", StorageDenied),
    "of a part": (PUT_PART, 403, "AccessDenied", StorageDenied),
    "at Complete": (COMPLETE, 403, "AccessDenied", StorageDenied),
    "for its bucket": (CREATE, 404, "NoSuchBucket", StorageRefused),
    "for its size": (PUT_PART, 400, "EntityTooLarge", FileTooLarge),
    "for its signature": (PUT_PART, 403, "SignatureDoesNotMatch", StorageRefused),
    "for its method": (CREATE, 501, "NotImplemented", StorageRefused),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_is_said_at_once(name, rig) -> None:
    # Given
    match, status, code, expected = REFUSED[name]
    rig.line.add(Fault("answer", match, answer=error_answer(status, code), times=MANY))
    # When
    upload = rig.upload(rig.file(2 * PART))
    error = upload.error()
    # Then: each part is refused once
    assert rig.line.count(match) <= 2
    assert type(error) is expected
    assert error.request_id == "REQ42"
    assert code in str(error)
    assert rig.storage.leftovers(rig.key) == []


def test_two_seconds_without_a_network_are_waited_out(rig) -> None:
    # Given
    path = rig.file(6 * PART)
    first = threading.Event()
    upload = rig.upload(path, on_progress=lambda _: first.set())
    assert first.wait(AT_MOST)
    # When
    rig.line.cut()
    time.sleep(2)
    rig.line.mend()
    # Then
    upload.future.result(AT_MOST)
    assert rig.storage.content(rig.key) == path.read_bytes()


def test_patience_ends(rig) -> None:
    # Given
    rig.line.cut()
    # When
    begun = time.monotonic()
    upload = rig.upload(rig.file(10), patience=1.0, cleanup_patience=0.5)
    error = upload.error()
    # Then
    assert isinstance(error, StorageUnreachable)
    assert error.who == "wait"
    assert rig.line.endpoint.removeprefix("http://") in str(error)
    assert "?" not in str(error)
    assert time.monotonic() - begun > 0.9


def test_a_stalled_part_is_sent_again(rig) -> None:
    # Given
    path = rig.file(2 * PART)
    rig.line.add(Fault("stall", SECOND, at=PART // 2))
    # When: the client gives the part up after its read timeout (3 s), and the storage the rest
    rig.upload(path).future.result(AT_MOST)
    # Then
    assert rig.storage.content(rig.key) == path.read_bytes()


def test_retry_after_is_honoured(rig) -> None:
    # Given
    busy = error_answer(503, "SlowDown", headers="Retry-After: 2\r\n")
    rig.line.add(Fault("answer", PUT, answer=busy))
    # When
    begun = time.monotonic()
    rig.upload(rig.file(10)).future.result(AT_MOST)
    # Then
    assert time.monotonic() - begun >= 2


def test_a_longer_retry_after_than_our_patience_is_said(rig) -> None:
    busy = error_answer(503, "SlowDown", headers="Retry-After: 3600\r\n")
    rig.line.add(Fault("answer", PUT, answer=busy, times=MANY))
    upload = rig.upload(rig.file(10))
    assert isinstance(upload.error(2), StorageBusy)


def test_an_upload_forgotten_twice_is_an_error(rig) -> None:
    rig.line.add(Fault("answer", SECOND, answer=NO_UPLOAD, times=MANY))
    upload = rig.upload(rig.file(2 * PART))
    assert isinstance(upload.error(), UploadLost)
    assert rig.storage.leftovers(rig.key) == []


def test_a_line_that_always_flips_ends_in_an_error(rig) -> None:
    # Given
    rig.line.add(Fault("flip", SECOND, at=PART // 3, times=MANY))
    # When
    upload = rig.upload(rig.file(2 * PART))
    # Then
    assert isinstance(upload.error(), ContentMismatch)
    assert rig.storage.leftovers(rig.key) == []


def test_an_abort_that_fails_is_tried_again(rig) -> None:
    # Given
    rig.line.add(
        Fault("answer", SECOND, answer=error_answer(403, "AccessDenied"), times=MANY),
        Fault("answer", ABORT, answer=error_answer(500, "InternalError"), times=3),
    )
    # When
    upload = rig.upload(rig.file(2 * PART), grace=10.0)
    # Then
    assert isinstance(upload.error(), StorageDenied)
    assert rig.line.count(ABORT) == 4
    assert rig.storage.leftovers(rig.key) == []
