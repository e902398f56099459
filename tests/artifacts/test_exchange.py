"""Answers without an end end here: in bytes, in time, and by a cancel."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ConnectionClosedError, ReadTimeoutError
from botocore.parsers import ResponseParserError
from urllib3.util.ssltransport import SSLTransport

from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactsException,
    StorageLoginUnreachable,
)
from jupyter_openeo_artifacts.artifacts.sts import STSSessions
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled, OpenEOArtifactsError
from jupyter_openeo_artifacts.s3 import exchange as bounds
from jupyter_openeo_artifacts.s3.client import s3_client
from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from jupyter_openeo_artifacts.s3.request_body import body
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.s3.settings import Storage
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.artifacts import held_storage as answers
from tests.artifacts.held_storage import Held, HeldStorage, answer, held_storage
from tests.artifacts.login_service import TokenHolder
from tests.faults.tls import make_context
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MIB = 1024 * 1024
CREATED = "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
COMPLETED = "<CompleteMultipartUploadResult><ETag>x</ETag></CompleteMultipartUploadResult>"
HUNG = 60.0  # seconds, against hanging only


def storage(address: str, **flags: bool) -> Storage:
    return Storage(address, address, "", "r", "b", flags, "us-east-1", 900, "stub")


def client(address: str, clock: ServerClock | None = None, **flags: bool) -> Any:
    now = datetime.now(timezone.utc)
    session = Session("a", "s", "t", "me", now, now + timedelta(hours=12))
    return s3_client(
        storage(address, **flags), Credentials(lambda: session), clock or ServerClock()
    )


def sts(address: str) -> STSSessions:
    return STSSessions(storage(address), TokenHolder(lambda: "token"), ServerClock())


CALLS: dict[str, Callable[[str], Any]] = {
    "part": lambda address: client(address).upload_part(
        Bucket="b", Key="k", UploadId="u", PartNumber=1, Body=body(memoryview(b"x"), CancelToken())
    ),
    "small file": lambda address: client(address).put_object(Bucket="b", Key="k", Body=b"x"),
    "part with trailers": lambda address: client(
        address, **{"checksum-via-trailers": True}
    ).upload_part(Bucket="b", Key="k", UploadId="u", PartNumber=1, Body=b"x"),
    "create": lambda address: client(address).create_multipart_upload(Bucket="b", Key="k"),
    "complete": lambda address: client(address).complete_multipart_upload(
        Bucket="b", Key="k", UploadId="u", MultipartUpload={"Parts": []}
    ),
    "list": lambda address: client(address).list_objects_v2(Bucket="b"),
    "sts": lambda address: sts(address).obtain(),
}


@pytest.mark.parametrize("endless", ["endless_body", "endless_chunks", "announced_body"])
@pytest.mark.parametrize("call", CALLS)
def test_no_answer_is_read_beyond_its_size(call: str, endless: str) -> None:
    with held_storage(lambda *_: getattr(answers, endless)()) as server:
        # When
        with pytest.raises((ResponseParserError, ArtifactsException)):
            CALLS[call](server.address)
        # Then: what the systems' own buffers hold is all that came beyond it
        assert server.left.acquire(timeout=HUNG)
        assert server.sent < 32 * MIB


@pytest.mark.parametrize(
    "endless", ["trickling_head", "trickling_body", "endless_interim"], ids=lambda name: name
)
@pytest.mark.parametrize("call", CALLS)
def test_no_answer_takes_longer_than_its_time(
    monkeypatch: pytest.MonkeyPatch, call: str, endless: str
) -> None:
    # Given: each look at the clock finds it a second later
    now = iter(range(10**9))
    monkeypatch.setattr(bounds, "time", SimpleNamespace(monotonic=lambda: float(next(now))))
    with held_storage(lambda *_: getattr(answers, endless)()) as server:
        # When
        with pytest.raises((ReadTimeoutError, ConnectionClosedError, StorageLoginUnreachable)):
            CALLS[call](server.address)
        # Then
        assert server.left.acquire(timeout=HUNG)


def slow(status: str = "200 OK", pieces: int = 0, piece: bytes = b" ") -> Iterator[bytes]:
    """Yield an answer of which each piece has to be waited for."""
    yield f"HTTP/1.1 {status}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
    for each in [b'<?xml version="1.0"?>', *[piece] * pieces, COMPLETED.encode()]:
        yield b"%x\r\n%s\r\n" % (len(each), each)
    yield b"0\r\n\r\n"


@pytest.mark.parametrize(
    ("call", "status", "step", "pieces", "piece", "heard"),
    [
        ("complete", "200 OK", 40.0, 10, b" ", True),
        ("complete", "200 OK", 40.0, 10, b"\r\n\t", True),
        ("complete", "200 OK", 40.0, 100, b" ", False),  # at the end of its 15 min
        ("complete", "200 OK", 70.0, 10, b" ", False),
        ("complete", "200 OK", 40.0, 10, b"<!-- -->", False),
        ("complete", "500 Internal Server Error", 40.0, 10, b" ", False),
        ("create", "200 OK", 40.0, 10, b" ", False),
        ("list", "200 OK", 40.0, 10, b" ", False),
    ],
)
def test_white_space_keeps_the_answer_to_a_complete_alive(
    monkeypatch: pytest.MonkeyPatch,
    *,
    call: str,
    status: str,
    step: float,
    pieces: int,
    piece: bytes,
    heard: bool,
) -> None:
    # Given: each piece is sent once the one before was taken; white space is waited for
    clock = FakeClock()
    monkeypatch.setattr(bounds, "time", clock)
    waits = iter([0.0, *[step] * pieces, *[0.0] * 99])
    taken, took = threading.Semaphore(0), bounds.Exchange.took

    def take(exchange: bounds.Exchange, came: Any) -> None:
        took(exchange, came)
        clock.seconds += next(waits)
        taken.release()

    monkeypatch.setattr(bounds.Exchange, "took", take)

    def one_by_one(*_: str) -> Iterator[bytes]:
        for each in slow(status, pieces, piece):
            yield each
            assert taken.acquire(timeout=HUNG)

    with held_storage(one_by_one) as server:
        # When / Then
        if heard:
            assert CALLS[call](server.address)["ETag"] == "x"
        else:
            with pytest.raises(ReadTimeoutError):
                CALLS[call](server.address)
            taken.release(pieces)  # the rest finds nobody


def test_an_answer_in_time_may_come_byte_by_byte() -> None:
    whole = answer(body=CREATED)
    with held_storage(lambda *_: (whole[i : i + 1] for i in range(len(whole)))) as server:
        # When
        created = client(server.address).create_multipart_upload(Bucket="b", Key="k")
    # Then
    assert created["UploadId"] == "u"


@pytest.mark.parametrize("coding", ["gzip", "x-gzip"])
def test_a_compressed_answer_is_read_though_nobody_asked_for_one(coding: str) -> None:
    packed = gzip.compress(CREATED.encode())
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {coding}\r\nContent-Length: {len(packed)}\r\n\r\n"
    with held_storage(lambda *_: head.encode() + packed) as server:
        # When
        created = client(server.address).create_multipart_upload(Bucket="b", Key="k")
    # Then
    assert created["UploadId"] == "u"


@pytest.mark.parametrize("call", ["part", "create", "sts"])
def test_no_answer_unpacks_to_more_than_its_size(call: str) -> None:
    packed = gzip.compress(bytes(64 * MIB))
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(packed)}\r\n\r\n"
    with (
        held_storage(lambda *_: head.encode() + packed) as server,
        pytest.raises((ResponseParserError, ArtifactsException)),
    ):
        CALLS[call](server.address)


def rule(held: str) -> Callable[[str, str], Any]:
    """Return the rules of a storage that says nothing to the request named `held`."""

    def answered(method: str, path: str) -> Any:
        what = {
            "POST": "complete" if "uploadId" in path else "create",
            "PUT": "part" if "partNumber" in path else "small file",
        }.get(method, method)
        if what == held:
            return Held()
        if what == "HEAD":
            return b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
        if what == "DELETE":
            return answer("204 No Content")
        body = CREATED if what == "create" else ""
        return answer(body=body, ETag='"x"', x_amz_request_id="1")

    return answered


@pytest.mark.parametrize("held", ["small file", "create", "part", "complete"])
def test_a_cancel_ends_what_would_never_be_answered(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, held: str
) -> None:
    # Given
    monkeypatch.setattr(bounds, "PENDING_ANSWER_SECONDS", 0.1)
    path = tmp_path / "fields.tif"
    path.write_bytes(bytes(MIB if held == "small file" else 11 * MIB))
    cancel, ended = CancelToken(), []

    def upload(server: HeldStorage) -> None:
        source = FileSource.from_path(path)
        try:
            upload_object(
                client(server.address),
                bucket="b",
                key="k",
                source=source,
                content_type="image/tiff",
                cancel=cancel,
                config=TransferConfig(grace=HUNG, cleanup_patience=0.0),
            )
        except OpenEOArtifactsError as error:
            ended.append(error)
        finally:
            source.close()

    with held_storage(rule(held)) as server:
        uploading = threading.Thread(target=upload, args=[server], daemon=True)
        uploading.start()
        assert server.held.acquire(timeout=HUNG)
        before = len(server.asked)
        # When
        cancel.cancel()
        uploading.join(HUNG)
        # Then: the line is shut, and all is cleaned up that is there by now
        assert not uploading.is_alive()
        assert server.left.acquire(timeout=HUNG)
        assert [type(each) for each in ended] == [Cancelled]
        assert not ended[0].settled
        cleaned = {method for method, _ in server.asked[before:]}
        assert cleaned & {"DELETE", "HEAD", "GET"}


def test_a_cancel_ends_an_sts_that_never_answers() -> None:
    cancel, ended = CancelToken(), []

    def ask(server: HeldStorage) -> None:
        try:
            with cancel.cover():
                sts(server.address).obtain()
        except Cancelled as error:
            ended.append(error)

    with held_storage(lambda *_: Held()) as server:
        asking = threading.Thread(target=ask, args=[server], daemon=True)
        asking.start()
        assert server.held.acquire(timeout=HUNG)
        # When
        cancel.cancel()
        asking.join(HUNG)
        # Then: at once, without another try
        assert len(ended) == len(server.asked) == 1


def test_an_answer_that_is_on_its_way_is_heard_in_spite_of_a_cancel() -> None:
    """What was done is known then, and need not be looked for."""
    cancel = CancelToken()

    def answered(*_: str) -> bytes:
        cancel.cancel()
        return answer(ETag='"x"')

    with held_storage(answered) as server, cancel.cover():
        assert client(server.address).put_object(Bucket="b", Key="k", Body=b"x")["ETag"] == '"x"'


def test_a_cancel_does_not_shut_the_line_of_the_next_request() -> None:
    cancel = CancelToken()
    with held_storage(lambda *_: answer(ETag='"x"')) as server:
        made = client(server.address)
        with cancel.cover():
            made.put_object(Bucket="b", Key="k", Body=b"x")
        # When
        cancel.cancel()
        # Then
        assert made.put_object(Bucket="b", Key="k", Body=b"x")["ETag"] == '"x"'


def test_a_cancel_shuts_a_line_with_tls_in_tls(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As urllib3 has it to a storage behind an https proxy."""
    # Given
    monkeypatch.setattr(bounds, "LAST_WORD_SECONDS", 0.0)
    serving, public = make_context(tmp_path)
    trusting = ssl.create_default_context(cafile=str(public))
    cancel, (ours, theirs) = CancelToken(), socket.socketpair()
    greeted, ended = threading.Event(), threading.Event()
    answering = SimpleNamespace(
        wrap_bio=lambda *both, **_: serving.wrap_bio(*both, server_side=True)
    )

    def serve() -> None:
        with (
            suppress(OSError),
            serving.wrap_socket(theirs, server_side=True) as proxy,
            SSLTransport(proxy, cast("Any", answering)) as storage,
        ):
            greeted.set()
            storage.recv(1)
        ended.set()

    threading.Thread(target=serve, daemon=True).start()
    with trusting.wrap_socket(ours, server_hostname="localhost") as outer, cancel.cover():
        line = SSLTransport(outer, trusting, server_hostname="localhost")
        assert greeted.wait(HUNG)
        exchange = bounds.Exchange()
        exchange.uses(line)
        bounds.hooked(exchange)
        # When
        cancel.cancel()
        # Then: whoever reads from it is woken
        line.settimeout(HUNG)
        with suppress(ConnectionError, ssl.SSLError):
            assert not line.recv(1)
        assert ended.wait(HUNG)


def test_a_cancel_shuts_the_line_at_once_where_no_thread_can_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    def fail(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    cancel, (ours, theirs) = CancelToken(), socket.socketpair()
    with ours, theirs, cancel.cover(), monkeypatch.context() as patched:
        exchange = bounds.Exchange()
        exchange.uses(ours)
        bounds.hooked(exchange)
        patched.setattr(threading.Thread, "start", fail)
        # When
        cancel.cancel()
        # Then
        theirs.settimeout(HUNG)
        assert theirs.recv(1) == b""
        exchange.over()
