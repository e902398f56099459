"""Who has answered decides what it means: each answer, by whom, to each request, on real sockets.

The rule: a refusal is final only where it is the storage's own, by its error document or its
request id. All else passes, once the storage has shown itself; before that it is said soon."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

import pytest
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.journal.journal import Journal, new_token
from jupyter_openeo_artifacts.journal.replay import SentPart
from jupyter_openeo_artifacts.s3.error_mapping import S3Refusal, StorageSeen
from jupyter_openeo_artifacts.s3.exceptions import (
    AnswerUnreadable,
    FileTooLarge,
    IntermediaryAnswered,
    NetworkLoginNeeded,
    StorageUntrusted,
)
from jupyter_openeo_artifacts.s3.remote_object import ObjectStatus, RemoteObject
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.transfer.config import RetryPolicy
from jupyter_openeo_artifacts.transfer.retry import FEW, Retrier
from tests.faults import objects
from tests.faults.answer import Answer
from tests.faults.clients import credentials_of, our_client
from tests.faults.effects import Do, Fault, Say
from tests.faults.policy import Policy
from tests.faults.stub import BUCKET, Stub
from tests.faults.tls import make_context
from tests.support.uploads import Observer, Renewing
from tests.transfer.uploading import wait_for_engine

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mypy_boto3_s3 import S3Client

from tests.faults.attempt import (
    ALWAYS,
    CELLS,
    FAILING,
    MORE_THAN_A_FEW,
    OPERATIONS,
    PART,
    Body,
    Cell,
    Place,
    Try,
    answer,
)


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
    assert secure.stub.impostures == 0


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
    answered = S3Refusal.of(caught.value)
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
