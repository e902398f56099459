"""Who has answered decides what it means: each answer, by whom, to each request, on real sockets.

The rule: a refusal is final only where it is the storage's own, by its error document or its
request id. All else passes, once the storage has shown itself; before that it is said soon.
"""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

import pytest
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.journal.journal import Journal, new_token
from jupyter_openeo_artifacts.journal.replay import SentPart
from jupyter_openeo_artifacts.s3.error_mapping import Answer as S3Answer
from jupyter_openeo_artifacts.s3.error_mapping import StorageSeen
from jupyter_openeo_artifacts.s3.exceptions import (
    AnswerUnreadable,
    FileTooLarge,
    IntermediaryAnswered,
    NetworkLoginNeeded,
    StorageUntrusted,
)
from jupyter_openeo_artifacts.s3.remote_object import ObjectStatus, RemoteObject
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from jupyter_openeo_artifacts.transfer.retry import FEW, Retrier, RetryPolicy
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults import objects
from tests.faults.answer import Answer, refusal
from tests.faults.clients import credentials_of, our_client
from tests.faults.effects import Do, Fault, Say
from tests.faults.policy import Policy
from tests.faults.stub import BUCKET, Stub
from tests.faults.tls import make_context
from tests.limits import AT_MOST
from tests.support.uploads import Observer, Renewing
from tests.transfer.uploading import wait_for_engine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

    from tests.faults.effects import Moment, Scene
    from tests.faults.request import Operation

STATUSES = (200, 301, 302, 307, 400, 401, 403, 404, 405, 407, 408, 411, 413, 418, 429)
STATUSES += (500, 501, 502, 503, 504, 511, 520)
BUSY = {408, 429, 500, 502, 503, 504, 520}
"""What is waited for whoever says it."""
Body = Literal["document", "HTML", "text", "empty", "tagged"]
BODIES: tuple[Body, ...] = ("document", "HTML", "text", "empty")
SUCCESSES: tuple[Body, ...] = (*BODIES, "tagged")
"""A page of a web server has an ETag, too, of another form."""
Meaning = Literal["final", "soon", "waited for", "bounded", "told", "too large"]
Place = Literal["first", "put", "part", "create", "complete", "head"]
OPERATIONS: dict[Place, Operation] = {
    "first": "Put",
    "put": "Put",
    "part": "UploadPart",
    "create": "Create",
    "complete": "Complete",
    "head": "Head",
}
PART = 1000
MORE_THAN_A_FEW = FEW + 2
ALWAYS = 200
PAGE = b"<!DOCTYPE html><html><form>Hotel log-in</form></html>"


def answer(status: int, body: Body) -> Answer:
    """Return it as it comes from the storage ("document") or from something in between."""
    there = {"Location": "/login"} if 300 < status < 400 else {}
    if body == "document":  # S3 says with 200, too, that something went wrong on its side
        code = "InternalError" if status in {*BUSY, 200} else "NoSuchBucket"
        named = refusal(status, code)
        return Answer(status, named.body, {**named.headers, **there}, own=False)
    content, kind = {
        "HTML": (PAGE, "text/html; charset=utf-8"),
        "text": (b"default backend - 404", "text/plain"),
        "tagged": (b"It works!", "text/plain"),
        "empty": (b"", ""),
    }[body]
    headers = {"Content-Type": kind} if kind else {}
    tag = {"ETag": '"5f3-abc"'} if body == "tagged" else {}
    return Answer(status, content, {**headers, **tag, **there}, own=False)


@dataclass(frozen=True)
class Cell:
    """One answer to one request."""

    status: int
    body: Body
    place: Place

    def __str__(self) -> str:
        return f"{self.status}-{self.body}-{self.place}"

    @property
    def meant(self) -> Meaning:
        """What is right, by the rule."""
        said = self.body == "document"
        if self.status == 200:
            return self._success
        if self.status in BUSY:
            return "waited for"
        if said and self.place == "head" and self.status == 404:
            return "told"
        if said:
            return "final"
        if self.status == 413 and self.place in ("first", "put"):  # nothing as large has gone yet
            return "too large"
        return "soon" if self.place == "first" else "waited for"

    @property
    def _success(self) -> Literal["soon", "waited for", "bounded"]:
        """What is right for a success that is none of S3's."""
        if self.place == "first":
            return "soon"
        costs_nothing = self.place in ("complete", "head")
        said = self.place == "create" and self.body == "document"
        passes = self.body == "HTML" or costs_nothing or said
        return "waited for" if passes else "bounded"


CELLS = [
    Cell(status, body, place)
    for status in STATUSES
    for body in (SUCCESSES if status == 200 else BODIES)
    for place in OPERATIONS
]
FAILING = [cell for cell in CELLS if cell.meant != "told"]


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with Stub() as made, pytest.MonkeyPatch.context() as patched:
        patched.setattr(objects, "MIN_PART", 1)
        yield made


@pytest.fixture(scope="module")
def client(stub: Stub) -> S3Client:
    clock = ServerClock()
    return our_client(stub, credentials_of(stub, clock), clock)


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Try again at once: what counts is how often, not for how long."""
    monkeypatch.setattr(CancelToken, "wait", lambda self, _: self.cancelled)


@dataclass(frozen=True)
class SayLater(Say):
    """Answer this once something has happened."""

    then: threading.Event = field(kw_only=True)

    def at(self, moment: Moment, scene: Scene) -> Answer | None:
        if moment == self.moment:
            assert self.then.wait(AT_MOST)
        return super().at(moment, scene)


@dataclass
class Try:
    """One upload to the stub, and how often the storage was asked for what fails."""

    stub: Stub
    client: S3Client
    path: Path
    contact: StorageSeen
    key: str
    refresh: Callable[[], None] | None = None
    stored: threading.Event = field(default_factory=threading.Event)
    """Set when the first bytes are known to be stored."""

    def send(self, size: int, journal: Journal | None = None) -> None:
        """Upload so many bytes, in parts of `PART`."""
        self.path.write_bytes(os.urandom(size))
        source = FileSource.from_path(self.path)
        if journal is None:
            journal = Journal.none()
            journal.note_plan(new_token(), PART)
        observer = Observer(on_progress=lambda _: self.stored.set())
        try:
            upload_object(
                self.client,
                bucket=BUCKET,
                key=self.key,
                source=source,
                content_type="image/tiff",
                observer=observer,
                config=TransferConfig(watch_every=60.0),
                credentials=None if self.refresh is None else Renewing(self.refresh),
                journal=journal,
                contact=self.contact,
            )
        finally:
            source.close()

    def look(self) -> ObjectStatus:
        """Look for the object, as an upload does."""
        remote = RemoteObject(self.client, BUCKET, self.key, new_token(), self.contact)
        retrier = Retrier(remote.host, RetryPolicy(), CancelToken(), self.contact)
        return retrier.run("look for it", lambda: remote.find(1, None))

    def run(self, place: Place) -> None:
        """Do what meets the fault."""
        if place == "head":
            self.look()
        else:
            self.send(PART if place in ("first", "put") else 3 * PART)

    def meet(self, cell: Cell, times: int) -> None:
        """Have it met by an answer so many times."""
        self.stub.seen.clear()
        part = 2 if cell.place == "part" else None
        said = Say(answer(cell.status, cell.body))
        if part:
            said = SayLater(said.said, then=self.stored)
        self.stub.add(Fault(OPERATIONS[cell.place], said, times, 0, part))

    def asked(self, cell: Cell) -> int:
        """Return how often the request was made that `meet` is about."""
        part = 2 if cell.place == "part" else 0
        wanted = (OPERATIONS[cell.place], part)
        return sum((each.operation, each.part) == wanted for each in self.stub.seen)


@pytest.fixture
def attempt(stub: Stub, client: S3Client, tmp_path: Path) -> Iterator[Try]:
    key = f"me/{stub.now():%Y/%m/%d}/{new_token()[:10]}/field.tif"
    yield Try(stub, client, tmp_path / "field.tif", StorageSeen(), key)
    stub.faults.clear()
    wait_for_engine(60.0)  # what is cleaned up in the background meets nobody else's faults


@pytest.mark.parametrize(
    "cell",
    [
        pytest.param(cell, id=str(cell), marks=() if number % 3 == 0 else pytest.mark.faults)
        for number, cell in enumerate(FAILING)
    ],
)
def test_an_answer_means_what_it_may(attempt: Try, cell: Cell) -> None:
    # Given: a storage that has shown itself, or not
    if cell.place != "first":
        attempt.contact.note()
    waited_for = cell.meant == "waited for"
    attempt.meet(cell, MORE_THAN_A_FEW if waited_for else ALWAYS)
    # When
    error: BaseException | None = None
    try:
        attempt.run(cell.place)
    except OpenEOArtifactsError as raised:
        error = raised
    # Then
    asked = attempt.asked(cell)
    if waited_for:
        assert error is None
        assert asked >= MORE_THAN_A_FEW + 1
        return
    assert error is not None
    if cell.meant == "too large":
        assert isinstance(error, FileTooLarge)
        assert asked == FEW + 1
        return
    if cell.meant == "final":
        assert asked == 1
    else:  # of three parts twice their bytes are sent again at most
        assert asked <= (9 if cell.place == "part" else FEW + 1)
    between = isinstance(error, IntermediaryAnswered | AnswerUnreadable | NetworkLoginNeeded)
    own_word = cell.meant == "final" and not isinstance(error, NetworkLoginNeeded)
    assert between != own_word


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.meant == "told"], ids=str)
def test_a_storage_may_say_that_nothing_is_there(attempt: Try, cell: Cell) -> None:
    attempt.meet(cell, 1)
    assert attempt.look() is ObjectStatus.ABSENT


def test_what_was_as_large_in_an_earlier_try_is_not_too_large(attempt: Try) -> None:
    # Given: an upload that is gone on with, of which storage has a part
    attempt.contact.note()
    begun = attempt.client.create_multipart_upload(Bucket=BUCKET, Key=attempt.key)
    journal = Journal.none()
    journal.note_plan(new_token(), PART)
    journal.note_upload(begun["UploadId"])
    journal.note_part(SentPart(1, PART, "0" * 32, "0" * 32))
    # When: from the first part on, all are too large for a proxy
    said = Say(answer(413, "HTML"))
    attempt.stub.add(Fault("UploadPart", said, 3 * MORE_THAN_A_FEW))
    attempt.send(3 * PART, journal)
    # Then
    assert attempt.stub.objects.objects[attempt.key].size == 3 * PART


@pytest.mark.parametrize("body", ["text", "tagged"])
@pytest.mark.parametrize("place", ["put", "part", "complete"])
def test_only_the_storage_is_believed_to_have_stored(
    attempt: Try, place: Place, body: Body
) -> None:
    # Given
    attempt.contact.note()
    attempt.meet(Cell(200, body, place), 1)
    # When
    attempt.run(place)
    # Then
    assert attempt.stub.objects.objects[attempt.key].size == attempt.path.stat().st_size
    assert attempt.stub.count("Abort") == 0


@pytest.mark.parametrize("etags", ["kms", "opaque"])
def test_a_small_file_is_looked_for_where_its_etag_says_nothing(
    attempt: Try, stub: Stub, monkeypatch: pytest.MonkeyPatch, etags: Literal["kms", "opaque"]
) -> None:
    # Given
    monkeypatch.setattr(stub.objects, "policy", Policy(etags=etags))
    stub.seen.clear()
    # When
    attempt.run("put")
    # Then
    assert (stub.count("Put"), stub.count("Head")) == (1, 1)


@pytest.mark.parametrize("place", ["put", "part"])
def test_bytes_are_sent_again_twice_at_most_for_answers_that_cannot_be_read(
    attempt: Try, place: Place
) -> None:
    # Given: parts are answered 200 without an ETag, for ever
    attempt.contact.note()
    size = PART if place == "put" else 3 * PART
    attempt.stub.add(Fault(OPERATIONS[place], Say(Answer(200)), ALWAYS))
    # When
    with pytest.raises(AnswerUnreadable):
        attempt.send(size)
    # Then
    received = attempt.stub.objects.received
    sent = sum(count for (key, _), count in received.items() if key == attempt.key)
    assert size < sent <= 3 * size


@pytest.mark.parametrize("place", ["put", "part"])
def test_few_bodies_are_sent_to_what_stands_in_the_storages_place(
    attempt: Try, place: Place
) -> None:
    # Given: it takes the storage's place for a long time
    attempt.contact.note()
    attempt.stub.seen.clear()
    said = Say(answer(404, "text"))
    attempt.stub.add(Fault(OPERATIONS[place], said, ALWAYS), Fault("Head", said, MORE_THAN_A_FEW))

    def leave(_: object) -> None:
        attempt.stub.faults.clear()

    attempt.stub.add(Fault("Head", Do(leave)))
    # When
    attempt.run(place)
    # Then: it was asked by requests without a body, and each part was sent a few times only
    parts = 1 if place == "put" else 3
    assert attempt.stub.count(OPERATIONS[place]) <= parts * (FEW + 2)
    assert attempt.stub.count("Head") > MORE_THAN_A_FEW


@pytest.mark.parametrize("place", ["put", "part"])
def test_a_session_that_ended_meanwhile_is_renewed_before_another_body_is_sent(
    attempt: Try, place: Place
) -> None:
    # Given: something stands in the storage's place; when it goes, the session has ended
    attempt.contact.note()
    attempt.stub.seen.clear()
    between = Fault(OPERATIONS[place], Say(answer(404, "text")), ALWAYS)
    attempt.stub.add(between, Fault("Head", Say(Answer(401)), ALWAYS))
    attempt.refresh = attempt.stub.faults.clear
    # When
    attempt.run(place)
    # Then
    parts = 1 if place == "put" else 3
    assert attempt.stub.count(OPERATIONS[place]) <= parts * (FEW + 2)


@pytest.mark.parametrize("place", ["put", "part"])
def test_a_storage_that_refuses_a_look_alone_is_sent_the_body(attempt: Try, place: Place) -> None:
    # Given
    attempt.contact.note()
    said = Say(answer(404, "text"))
    attempt.stub.add(Fault(OPERATIONS[place], said, MORE_THAN_A_FEW))
    attempt.stub.add(Fault("Head", Say(Answer(403)), ALWAYS))
    # When / Then
    attempt.run(place)


def test_few_uploads_are_begun_for_answers_that_cannot_be_read(attempt: Try) -> None:
    # Given: Create is carried out, and answered by what no XML parser reads
    attempt.contact.note()
    gzipped = Answer(200, b"\x1f\x8b\x08\x00", {"Content-Type": "application/xml"})
    attempt.stub.add(Fault("Create", Say(gzipped, "done"), ALWAYS))
    before = attempt.stub.count("Create")
    # When
    with pytest.raises(AnswerUnreadable):
        attempt.send(3 * PART)
    # Then: and what was begun was found and taken away
    assert attempt.stub.count("Create") - before == FEW + 1
    assert not [each for each in attempt.stub.objects.uploads.values() if each.key == attempt.key]


@dataclass(frozen=True)
class Secure:
    """A stub that speaks https, and the certificate of something else."""

    stub: Stub
    client: S3Client
    impostor: object


@pytest.fixture
def secure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Secure]:
    (tmp_path / "own").mkdir()
    (tmp_path / "other").mkdir()
    own, certificate = make_context(tmp_path / "own")
    other, _ = make_context(tmp_path / "other")
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    monkeypatch.setattr(objects, "MIN_PART", 1)
    with Stub(tls=own) as stub:
        clock = ServerClock()
        yield Secure(stub, our_client(stub, credentials_of(stub, clock), clock), other)


@pytest.mark.parametrize("place", [place for place in OPERATIONS if place != "first"])
def test_another_certificate_for_a_while_is_ridden_out(
    secure: Secure, tmp_path: Path, place: Place
) -> None:
    # Given: all connections meet it from the request on
    key = f"me/{secure.stub.now():%Y/%m/%d}/0123456789/field.tif"
    attempt = Try(secure.stub, secure.client, tmp_path / "field.tif", StorageSeen(seen=True), key)
    secure.stub.be_replaced(secure.impostor, MORE_THAN_A_FEW)  # type: ignore[arg-type]
    # When / Then
    attempt.run(place)
    assert secure.stub._impostures == 0


def test_another_certificate_at_first_is_said_at_once(secure: Secure, tmp_path: Path) -> None:
    attempt = Try(secure.stub, secure.client, tmp_path / "field.tif", StorageSeen(), "me/field.tif")
    secure.stub.be_replaced(secure.impostor, ALWAYS)  # type: ignore[arg-type]
    with pytest.raises(StorageUntrusted):
        attempt.run("put")
    assert not attempt.contact.seen


def test_what_answers_in_between_is_told_while_it_is_waited_for(attempt: Try) -> None:
    # Given
    attempt.contact.note()
    told: list[OpenEOArtifactsError | None] = []
    policy, observer = RetryPolicy(report_after=0.0), Observer(on_retrying=told.append)
    attempt.meet(Cell(404, "text", "head"), 1)
    retrier = Retrier("s3.example.org", policy, CancelToken(), attempt.contact, observer=observer)
    # When
    remote = RemoteObject(attempt.client, BUCKET, attempt.key, new_token(), attempt.contact)
    assert retrier.run("look for it", lambda: remote.find(1, None)) is ObjectStatus.ABSENT
    # Then
    first, second = told
    assert isinstance(first, IntermediaryAnswered)
    assert "something between here and s3.example.org answers in its place (404)" in first.message
    assert "network wants a login" in first.todo
    assert second is None


GLUED = (
    b"404 page not found\n"
    b'<?xml version="1.0" encoding="UTF-8"?>\n'
    b"<Error><Code>InternalError</Code><Message>We encountered an internal error.</Message>"
    b"<RequestId>REQ42</RequestId><HostId></HostId></Error>"
)
"""What fakes3pp answers to an operation that it does not have."""


def test_a_document_that_is_glued_to_a_line_of_text_is_the_storages_word(attempt: Try) -> None:
    attempt.stub.add(
        Fault("Delete", Say(Answer(404, GLUED, {"Content-Type": "text/plain"}, own=False)))
    )
    with pytest.raises(ClientError) as caught:
        attempt.client.delete_object(Bucket=BUCKET, Key=attempt.key)
    answered = S3Answer.of(caught.value)
    assert answered.response.own
    assert answered.response.request_id == "REQ42"
    assert answered.row.meaning == "cannot_delete"


def test_credentials_are_renewed_once_for_a_403_of_nobody(attempt: Try) -> None:
    # Given: a gateway before the storage, which says no more of a session that is over
    attempt.contact.note()
    renewed: list[int] = []
    retrier = Retrier(
        "s3.example.org",
        RetryPolicy(),
        CancelToken(),
        attempt.contact,
        credentials=Renewing(lambda: renewed.append(1)),
    )
    remote = RemoteObject(attempt.client, BUCKET, attempt.key, new_token(), attempt.contact)
    retrier.run("look for it", lambda: remote.find(1, None))
    attempt.meet(Cell(HTTPStatus.FORBIDDEN, "empty", "head"), MORE_THAN_A_FEW)
    # When / Then
    assert retrier.run("look for it", lambda: remote.find(1, None)) is ObjectStatus.ABSENT
    assert renewed == [1]


@pytest.mark.parametrize("place", ["put", "part"])
@pytest.mark.parametrize("header", ["Retry-After", "Date"])
def test_a_time_that_nobody_can_read_undoes_nothing(
    attempt: Try, place: Place, header: str
) -> None:
    # Given
    absurd = {header: "Mon, 01 Jan 2020 99999999999999999999:00:00 GMT"}
    attempt.contact.note()
    attempt.stub.seen.clear()
    attempt.stub.add(Fault(OPERATIONS[place], Say(Answer(503, headers=absurd))))
    # When
    attempt.run(place)
    # Then
    assert attempt.stub.count(OPERATIONS[place]) == (2 if place == "put" else 4)
    assert attempt.stub.count("Abort") == 0


def test_a_number_that_is_none_is_no_answer_of_s3(attempt: Try) -> None:
    attempt.contact.note()
    odd = Answer(200, headers={"ETag": f'"{"0" * 32}"', "x-amz-missing-meta": "many"}, own=False)
    attempt.stub.add(Fault("Head", Say(odd)))
    assert attempt.look() is ObjectStatus.ABSENT
