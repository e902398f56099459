"""An upload that was killed is continued; one that failed leaves a true journal."""

from __future__ import annotations

import hashlib
import json
import random
import re
from dataclasses import asdict
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.errors import Cancelled, RecordsUnusable
from jupyter_openeo_artifacts.journal import journal as journal_module
from jupyter_openeo_artifacts.journal.journal import Journal, headers_in
from jupyter_openeo_artifacts.journal.replay import JournalHeader, SentPart
from jupyter_openeo_artifacts.sources.exceptions import SourceChanged
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.state.append_log import AppendLog
from jupyter_openeo_artifacts.transfer import multipart
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.limits import AT_MOST
from tests.transfer.doomed import POINTS, Graveyard, graveyard
from tests.transfer.seaweed import BUCKET, PART
from tests.transfer.uploading import ON_BOTH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.transfer.upload_context import StoredObject
    from tests.transfer.uploading import Rig

IN_FLIGHT = 4
SIZES = [
    pytest.param(1000, id="one request"),
    pytest.param(2 * PART, id="two parts"),
    pytest.param(5 * PART + 7, id="odd", marks=pytest.mark.slow),
]


@pytest.fixture(scope="module")
def yard() -> Iterator[Graveyard]:
    with graveyard() as found:
        yield found


def left_behind(rig: Rig, journals: Path | None = None) -> Journal:
    (path,) = (journals or rig.folder / "journals").iterdir()
    taken = Journal.take(path)
    assert taken is not None
    return taken


def go_on(rig: Rig, file: Path, journals: Path | None = None) -> StoredObject:
    journal = left_behind(rig, journals)
    stored = upload_object(
        rig.client,
        bucket=BUCKET,
        key=rig.key,
        source=FileSource.from_path(file),
        content_type="application/octet-stream",
        config=rig.config,
        journal=journal,
    )
    journal.remove()
    return stored


def sent_parts(rig: Rig) -> list[int]:
    return [
        int(found[1])
        for line in rig.line.requests
        if line.startswith(b"PUT") and (found := re.search(rb"partNumber=(\d+)", line))
    ]


@ON_BOTH
@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("point", POINTS)
def test_an_upload_killed_at_any_point_goes_on(
    rig: Rig, yard: Graveyard, point: str, size: int
) -> None:
    # Given
    file = rig.file(size)
    parts = max(1, -(-size // PART))
    key, at = rig.key, 0
    while True:
        rig.key = f"{key}/{at}"
        rig.line.requests.clear()
        # When
        journals = rig.folder / "journals"
        if not yard.send(rig.line.endpoint, rig.key, file, journals, point=point, at=at):
            break
        check_what_is_left(rig, file, parts, journals)
        at += 1
    # Then: the point was met as often as it comes
    assert at >= (1 if parts == 1 else parts + 2)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_hundred_kills_at_random(rig: Rig, yard: Graveyard) -> None:
    # Given
    file = rig.file(9 * PART + 1)
    key, died = rig.key, 0
    for at in range(100):
        rig.key = f"{key}/{at}"
        rig.line.requests.clear()
        # When
        journals, moment = rig.folder / f"journals {at}", random.uniform(0, 1.0)
        if yard.send(rig.line.endpoint, rig.key, file, journals, point="a time", at=moment):
            died += 1
        # Then
        if list(journals.iterdir()):
            check_what_is_left(rig, file, 10, journals)
        rig.storage.client.delete_object(Bucket=BUCKET, Key=rig.key)
    assert died > 20


def check_what_is_left(rig: Rig, file: Path, parts: int, journals: Path) -> None:
    (path,) = journals.iterdir()
    if path.stat().st_size == 0:  # killed before the first line: nothing was asked of storage
        assert Journal.take(path) is None
        assert (rig.storage.leftovers(rig.key), path.exists()) == ([], False)
    else:
        check_it_goes_on(rig, file, parts, journals)


def check_it_goes_on(rig: Rig, file: Path, parts: int, journals: Path | None = None) -> None:
    first = len(sent_parts(rig))
    stored = go_on(rig, file, journals)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert stored.sha256 == digest
    assert hashlib.sha256(rig.storage.content(rig.key)).hexdigest() == digest
    assert rig.storage.leftovers(rig.key) == [f"object {rig.key}"]
    assert len(sent_parts(rig)) - parts <= min(first, IN_FLIGHT)


def interrupted(rig: Rig, file: Path, parts: int) -> Journal:
    """Send until some parts are there, then stop as a process that ends in good order does."""
    folder = rig.folder / "journals"
    folder.mkdir(exist_ok=True)
    source = FileSource.from_path(file)
    about = {"upload": "1"}
    header = JournalHeader(
        "host", BUCKET, rig.key, "text/plain", source.size, source.identity, about
    )
    journal = Journal.begin(folder, header)

    def enough(stored: int) -> None:
        if stored >= parts * PART:
            upload.cancel.suspend()

    upload = rig.upload(source, on_progress=enough, in_flight=2, journal=journal)
    assert isinstance(upload.error(), Cancelled)
    return left_behind(rig)


@ON_BOTH
def test_a_suspended_upload_leaves_all_for_the_next_one(rig: Rig) -> None:
    # Given
    file = rig.file(6 * PART)
    # When
    journal = interrupted(rig, file, 3)
    # Then
    assert journal.header is not None
    assert (journal.header.key, journal.header.about) == (rig.key, {"upload": "1"})
    assert 3 <= len(journal.parts) <= 5
    sent = len(sent_parts(rig))
    journal.close()
    assert go_on(rig, file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert len(sent_parts(rig)) - sent == 6 - len(journal.parts)


@ON_BOTH
def test_a_part_that_is_no_longer_what_was_sent_is_sent_again(rig: Rig) -> None:
    # Given
    file = rig.file(4 * PART)
    journal = interrupted(rig, file, 2)
    journal.close()
    with file.open("r+b") as changed:
        changed.seek(PART + 5)
        changed.write(b"other bytes")
    # When
    stored = go_on(rig, file)
    # Then
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    assert stored.sha256 == digest
    assert hashlib.sha256(rig.storage.content(rig.key)).hexdigest() == digest
    assert 2 in sent_parts(rig)[len(journal.parts) :]


@pytest.mark.parametrize("older", [False, True])
def test_what_is_skipped_is_hashed_once(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, older: bool
) -> None:
    """By the SHA-256 of the whole, or by their MD5s where the journal is of an older version."""
    # Given
    file = rig.file(6 * PART)
    journal = interrupted(rig, file, 3)
    kept = len(journal.parts)
    journal.close()
    (path,) = (rig.folder / "journals").iterdir()
    assert path.read_bytes().count(b'"through":"') == kept
    if older:
        path.write_bytes(re.sub(rb',"through":"[0-9a-f]{64}"', b"", path.read_bytes()))
    hashed: list[int] = []

    def content_md5(content: memoryview) -> str:
        hashed.append(len(content))
        return hashlib.md5(content, usedforsecurity=False).hexdigest()

    monkeypatch.setattr(multipart, "content_md5", content_md5)
    sent = len(sent_parts(rig))
    # When
    stored = go_on(rig, file)
    # Then
    assert stored.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert stored.verified == "etag"
    assert len(sent_parts(rig)) - sent == 6 - kept
    assert len(hashed) == (6 if older else 6 - kept)


@ON_BOTH
def test_an_upload_that_storage_forgot_begins_again(rig: Rig) -> None:
    # Given
    file = rig.file(4 * PART)
    journal = interrupted(rig, file, 2)
    journal.close()
    assert journal.upload_id is not None
    rig.storage.client.abort_multipart_upload(
        Bucket=BUCKET, Key=rig.key, UploadId=journal.upload_id
    )
    # When
    stored = go_on(rig, file)
    # Then
    assert stored.sha256 == hashlib.sha256(rig.storage.content(rig.key)).hexdigest()
    assert rig.storage.leftovers(rig.key) == [f"object {rig.key}"]


@ON_BOTH
def test_what_storage_cannot_be_asked_for_is_kept(rig: Rig) -> None:
    """Out of patience is not out of hope: what was sent stays, and the journal knows of it."""
    # Given
    file = rig.file(4 * PART)
    folder = rig.folder / "journals"
    folder.mkdir()
    source = FileSource.from_path(file)
    header = JournalHeader("host", BUCKET, rig.key, "text/plain", source.size, source.identity, {})
    journal = Journal.begin(folder, header)

    def cut(stored: int) -> None:
        if stored >= PART:
            rig.line.cut()

    # When
    upload = rig.upload(source, on_progress=cut, in_flight=1, patience=0.5, journal=journal)
    error = upload.error()
    # Then
    assert getattr(error, "code", "") == "storage_unreachable"
    kept = left_behind(rig)
    assert (list(kept.parts), kept.owed) == ([1], False)
    kept.close()
    rig.line.mend()
    assert go_on(rig, file).sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@ON_BOTH
@pytest.mark.parametrize("reason", ["cancelled", "changed"])
def test_an_abort_that_fails_is_owed(rig: Rig, reason: str) -> None:
    # Given
    file = rig.file(4 * PART)
    folder = rig.folder / "journals"
    folder.mkdir()
    source = FileSource.from_path(file)
    header = JournalHeader("host", BUCKET, rig.key, "text/plain", source.size, source.identity, {})
    journal = Journal.begin(folder, header)

    def stop(stored: int) -> None:
        if stored < PART:
            return
        rig.line.cut()
        if reason == "cancelled":
            upload.cancel.cancel()
        else:
            file.write_bytes(b"changed")

    # When
    upload = rig.upload(
        source, on_progress=stop, in_flight=1, cleanup_patience=0.3, grace=5.0, journal=journal
    )
    error = upload.error()
    # Then
    assert isinstance(error, Cancelled if reason == "cancelled" else SourceChanged)
    assert f"may be left at s3://{BUCKET}/{rig.key}; it is no artifact, and is taken" in str(error)
    owed = left_behind(rig)
    assert owed.owed
    assert owed.upload_id in "".join(rig.storage.leftovers(rig.key))


@ON_BOTH
def test_what_was_cleaned_up_needs_no_journal(rig: Rig) -> None:
    # Given
    file = rig.file(3 * PART)
    folder = rig.folder / "journals"
    folder.mkdir()
    source = FileSource.from_path(file)
    header = JournalHeader("host", BUCKET, rig.key, "text/plain", source.size, source.identity, {})
    # When
    upload = rig.upload(
        source,
        on_progress=lambda _: upload.cancel.cancel(),
        journal=Journal.begin(folder, header),
    )
    # Then
    assert isinstance(upload.error(), Cancelled)
    assert list(folder.iterdir()) == []
    assert rig.storage.leftovers(rig.key) == []


def test_the_line_of_a_part_has_room() -> None:
    """What is set aside for it has to last on a full disk."""
    digest, biggest = "f" * 64, 5 * 1024**3
    part = SentPart(10_000, biggest, digest[:32], f'"{digest[:32]}"', digest)
    line = json.dumps({"part": asdict(part)}, separators=(",", ":"))
    assert len(line) < journal_module.LINE


def test_a_journal_says_nothing_that_is_secret(rig: Rig) -> None:
    file = rig.file(3 * PART)
    interrupted(rig, file, 1).close()
    ((path, header),) = headers_in(rig.folder / "journals")
    lines = [json.loads(line) for line in path.read_bytes().splitlines()]
    assert header.key == rig.key
    assert [next(iter(line)) for line in lines[:4]] == ["version", "plan", "creating", "upload"]
    assert b"SKTEST" not in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_disk_without_room_for_a_journal_stops_nothing(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    file = rig.file(3 * PART)
    source = FileSource.from_path(file)
    header = JournalHeader("host", BUCKET, rig.key, "text/plain", source.size, source.identity, {})
    journal = Journal.begin(rig.folder / "there is no such folder", header)
    assert not journal.kept
    # When
    stored = rig.upload(source, journal=journal).future.result(AT_MOST)
    # Then
    assert stored.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()


@pytest.mark.parametrize("durable", [True, False])
def test_a_journal_that_cannot_be_written_leaves_no_file(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, *, durable: bool
) -> None:
    # Given
    folder = rig.folder / "journals"
    folder.mkdir(exist_ok=True)
    before = set(folder.iterdir())
    header = JournalHeader("host", BUCKET, rig.key, "text/plain", PART, ["file", 1], {})

    def full(*_: object, **__: object) -> None:
        raise RecordsUnusable("full", todo="")

    monkeypatch.setattr(AppendLog, "append", full)
    # When
    journal = Journal.begin(folder, header, part_size=PART, durable=durable)
    # Then
    assert not journal.kept
    assert journal.begun
    assert set(folder.iterdir()) == before
