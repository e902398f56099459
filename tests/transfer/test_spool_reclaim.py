"""What storage has is given back to the disk while later bytes still arrive."""

from __future__ import annotations

import errno
import os
import threading
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.sources import spool_file as front
from jupyter_openeo_artifacts.sources.exceptions import BytesGone, SpoolFull
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.state import files as blocks
from tests.limits import AT_MOST
from tests.support.uploads import digest_of
from tests.transfer.line import until
from tests.transfer.seaweed import BUCKET, PART

if TYPE_CHECKING:
    from pathlib import Path

    from tests.transfer.uploading import Rig

BLOCK = 256 * 1024


def room_used(file: Path) -> int:
    return file.stat().st_blocks * 512


@pytest.fixture
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every file count as a large one."""
    monkeypatch.setattr(front, "RECLAIM_ABOVE", 0)


def filled(folder: Path, content: bytes, size: int) -> Spool:
    made = Spool(folder / "spool", size)
    made.append(content)
    return made


DIGEST = 8 * 1024**2


def chained(spool: Spool) -> list[tuple[int, str]]:
    noted: list[tuple[int, str]] = []
    spool.chain.note = lambda end, digest: noted.append((end, digest))
    return noted


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("received", [DIGEST, DIGEST + 5, 2 * DIGEST, 2 * DIGEST + BLOCK])
def test_a_successor_knows_the_digest_of_what_is_not_here_any_more(
    tmp_path: Path, received: int
) -> None:
    # Given: storage has whole blocks, and they were given back to the disk
    content = os.urandom(3 * DIGEST)
    spool = Spool(tmp_path / "spool", len(content))
    noted = chained(spool)
    for start in range(0, received, 1_000_003):
        spool.append(content[start : min(start + 1_000_003, received)])
    stored = received - received % DIGEST
    spool.note_stored(stored)
    assert spool.reclaimed_bytes == stored
    spool.detach()
    # When
    again = Spool.reopen(spool.path, spool.size, reclaimed_bytes=stored, digests=noted)
    # Then
    assert again is not None
    assert again.digest() == (received, digest_of(content[:received]))
    again.append(content[received:])
    assert again.digest() == (len(content), digest_of(content))


@pytest.mark.usefixtures("large")
def test_a_digest_that_nobody_kept_is_not_made_up(tmp_path: Path) -> None:
    # Given
    content = os.urandom(2 * DIGEST)
    spool = filled(tmp_path, content[: DIGEST + 5], len(content))
    spool.note_stored(DIGEST)
    spool.detach()
    # When
    again = Spool.reopen(spool.path, spool.size, reclaimed_bytes=DIGEST)
    # Then
    assert again is not None
    assert again.digest() == (DIGEST + 5, None)
    again.append(content[DIGEST + 5 :])
    assert again.digest() == (len(content), None)


def test_what_is_all_here_is_read_again_for_its_digest(tmp_path: Path) -> None:
    content = os.urandom(DIGEST + 5)
    spool = filled(tmp_path, content, 2 * DIGEST)
    spool.detach()
    again = Spool.reopen(spool.path, spool.size)
    assert again is not None
    assert again.append(b"abc") == len(content) + 3
    assert again.digest() == (len(content) + 3, digest_of(content + b"abc"))


def begin(rig: Rig, source) -> Journal:
    folder = rig.folder / "journals"
    folder.mkdir(exist_ok=True)
    header = JournalHeader("host", BUCKET, rig.key, "text/plain", source.size, source.identity, {})
    return Journal.begin(folder, header)


def taken(rig: Rig) -> Journal:
    (path,) = (rig.folder / "journals").iterdir()
    found = Journal.take(path)
    assert found is not None
    return found


@pytest.mark.usefixtures("large")
def test_acknowledged_bytes_leave_the_disk(tmp_path: Path) -> None:
    # Given
    content = os.urandom(1_000_000)
    made = filled(tmp_path, content, 2_000_000)
    source = SpoolSource(made)
    # When
    source.acknowledged(700_000)
    # Then
    assert 690_000 < made.reclaimed_bytes <= 700_000
    assert source.reclaimed_bytes == made.reclaimed_bytes
    assert room_used(made.path) <= 1_000_000 - 690_000 + 4096
    assert made.received == 1_000_000
    assert source.read(700_000, 300_000) == content[700_000:]
    with pytest.raises(BytesGone) as caught:
        source.read(made.reclaimed_bytes - 1, 10)
    assert (caught.value.code, caught.value.who) == ("bytes_gone", "you")
    # When: an earlier part's answer is late
    before = made.reclaimed_bytes
    source.acknowledged(10)
    assert made.reclaimed_bytes == before
    made.remove()


def test_a_small_file_is_kept_until_the_disk_is_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    content = os.urandom(1_000_000)
    made = filled(tmp_path, content, 2_000_000)
    SpoolSource(made).acknowledged(700_000)
    assert made.reclaimed_bytes == 0
    # When: there is room only for as much as is given back
    real = os.pwrite

    def pwrite(fd: int, chunk, offset: int) -> int:
        if offset + len(chunk) > 1_000_000 + made.reclaimed_bytes:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, chunk, offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    assert made.append(content[:600_000]) == 1_600_000
    # When: nothing more is acknowledged
    with pytest.raises(SpoolFull):
        made.append(bytes(400_000))
    # Then
    assert made.received == 1_600_000
    SpoolSource(made).acknowledged(1_500_000)
    assert made.reclaimed_bytes > 1_490_000
    assert made.append(bytes(400_000)) == 2_000_000
    assert SpoolSource(made).read(1_500_000, 100_000) == content[500_000:600_000]
    made.remove()


@pytest.mark.usefixtures("large")
def test_more_given_back_than_is_vouched_for_is_no_use(tmp_path: Path) -> None:
    """Its zeros would be taken for content."""
    # Given
    made = filled(tmp_path, os.urandom(300_000), 400_000)
    made.note_stored(100_000)
    gone = made.reclaimed_bytes
    made.detach()
    # When / Then
    assert gone > 90_000
    assert Spool.reopen(made.path, 400_000, reclaimed_bytes=gone - 1) is None
    again = Spool.reopen(made.path, 400_000, reclaimed_bytes=gone)
    assert again is not None
    assert again.reclaimed_bytes == gone
    again.remove()


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("why", ["no call", "refused", "no modes"])
def test_where_files_have_no_holes_all_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, why: str
) -> None:
    # Given
    calls: list[int] = []

    def refuse(*_: int) -> int:
        calls.append(1)
        return -1

    monkeypatch.setattr(blocks, "_fallocate", lambda: None if why == "no call" else refuse)
    if why == "no modes":
        monkeypatch.setattr(os, "fchmod", lambda *_: None)
    content = os.urandom(100_000)
    made = filled(tmp_path, content, 200_000)
    # When
    for _ in range(3):
        SpoolSource(made).acknowledged(90_000)
    # Then
    assert made.reclaimed_bytes == 0
    assert SpoolSource(made).read(0, 100_000) == content
    assert len(calls) == (1 if why == "refused" else 0)
    made.remove()


@pytest.mark.usefixtures("large")
def test_a_closed_view_gives_nothing_back(tmp_path: Path) -> None:
    """A part of an earlier try may be answered when the next try is under way."""
    made = filled(tmp_path, bytes(100_000), 200_000)
    old = SpoolSource(made)
    old.close()
    old.acknowledged(90_000)
    assert made.reclaimed_bytes == 0
    SpoolSource(made).acknowledged(90_000)
    old.forgotten()
    assert not made.failed
    made.remove()


@pytest.mark.usefixtures("large")
def test_nobody_reads_zeros_for_content(tmp_path: Path) -> None:
    # Given
    made = Spool(tmp_path / "spool", 64 * BLOCK)
    content = b"\x01" * BLOCK
    for _ in range(60):
        made.append(content)
    wrong: list[int] = []

    def read() -> None:
        with suppress(BytesGone):
            for offset in range(0, 60 * BLOCK, BLOCK):
                found = SpoolSource(made).read(offset, BLOCK)
                wrong.extend([offset] * (found != content))

    # When
    for end in range(1, 60):
        thread = threading.Thread(target=read)
        thread.start()
        SpoolSource(made).acknowledged(end * BLOCK)
        thread.join()
    # Then
    assert wrong == []
    made.remove()


def test_what_storage_forgot_is_no_loss_while_it_is_here(tmp_path: Path) -> None:
    made = filled(tmp_path, b"a" * 100_000, 200_000)
    SpoolSource(made).acknowledged(90_000)
    SpoolSource(made).forgotten()
    assert not made.failed
    assert SpoolSource(made).read(0, 5) == b"aaaaa"
    made.remove()


@pytest.mark.usefixtures("large")
def test_what_storage_forgot_and_is_gone_here_is_given_up(tmp_path: Path) -> None:
    made = filled(tmp_path, bytes(100_000), 200_000)
    SpoolSource(made).acknowledged(90_000)
    SpoolSource(made).forgotten()
    assert made.failed
    with pytest.raises(BytesGone):
        made.append(b"more")
    made.remove()


@pytest.mark.usefixtures("large")
def test_room_is_given_back_while_bytes_arrive(rig: Rig) -> None:
    # Given
    content = os.urandom(6 * PART + 99)
    made = Spool(rig.folder / "spool", len(content))
    upload = rig.upload(SpoolSource(made))
    most = 0
    # When
    for offset in range(0, len(content), BLOCK):
        if offset % PART == 0 and offset:
            until(lambda offset=offset: upload.told[-1:] == [offset])
        made.append(content[offset : offset + BLOCK])
        most = max(most, room_used(made.path))
    # Then
    stored = upload.future.result(AT_MOST)
    assert stored.sha256 == sha256(content).hexdigest()
    assert sha256(rig.storage.content(rig.key)).digest() == sha256(content).digest()
    assert most <= 2 * PART
    made.remove()


@pytest.mark.usefixtures("large")
def test_an_interrupted_upload_goes_on_without_what_is_gone(rig: Rig) -> None:
    # Given
    content = os.urandom(6 * PART + 99)
    made = filled(rig.folder, content, len(content))
    source = SpoolSource(made)

    def enough(stored: int) -> None:
        if stored >= 3 * PART:
            upload.cancel.suspend()

    upload = rig.upload(source, journal=begin(rig, source), on_progress=enough, in_flight=2)
    assert isinstance(upload.error(), Cancelled)
    source.close()
    assert made.reclaimed_bytes >= PART
    made.detach()
    # When
    journal = taken(rig)
    again = Spool.reopen(made.path, made.size, reclaimed_bytes=made.reclaimed_bytes)
    assert again is not None
    assert again.reclaimed_bytes == made.reclaimed_bytes
    sent, known = len(rig.line.requests), len(journal.parts)
    stored = rig.upload(SpoolSource(again), journal=journal).future.result(AT_MOST)
    # Then
    assert (stored.sha256, stored.size, stored.verified) == ("", len(content), "etag")
    assert sha256(rig.storage.content(rig.key)).digest() == sha256(content).digest()
    assert rig.storage.leftovers(rig.key) == [f"object {rig.key}"]
    parts = [line for line in rig.line.requests[sent:] if b"partNumber" in line]
    assert len(parts) == 7 - known
    again.remove()


@pytest.mark.usefixtures("large")
def test_an_upload_that_storage_forgot_cannot_begin_again_without_its_bytes(rig: Rig) -> None:
    # Given
    content = os.urandom(6 * PART)
    made = Spool(rig.folder / "spool", len(content))
    source = SpoolSource(made)
    journal = begin(rig, source)
    upload = rig.upload(source, journal=journal)
    made.append(content[: 2 * PART])
    until(lambda: made.reclaimed_bytes == 2 * PART)
    # When
    assert journal.upload_id is not None
    rig.storage.client.abort_multipart_upload(
        Bucket=BUCKET, Key=rig.key, UploadId=journal.upload_id
    )
    made.append(content[2 * PART :])
    # Then
    assert isinstance(upload.error(), BytesGone)
    assert made.failed
    assert rig.storage.leftovers(rig.key) == []
    assert list((rig.folder / "journals").iterdir()) == []
    made.remove()


@pytest.mark.usefixtures("large")
@pytest.mark.parametrize("kept", [True, False], ids=["journal", "no journal"])
def test_only_a_journal_can_go_on_after_a_failure(rig: Rig, *, kept: bool) -> None:
    # Given
    content = os.urandom(4 * PART)
    made = Spool(rig.folder / "spool", len(content))
    source = SpoolSource(made)
    journal = begin(rig, source) if kept else Journal.none()
    upload = rig.upload(source, journal=journal, patience=0.5, cleanup_patience=0.2, grace=5.0)
    made.append(content[: 2 * PART])
    until(lambda: made.reclaimed_bytes == 2 * PART)
    # When
    rig.line.cut()
    made.append(content[2 * PART :])
    assert getattr(upload.error(), "code", "") == "storage_unreachable"
    source.close()
    # Then
    assert made.failed is not kept
    rig.line.mend()
    if kept:
        stored = rig.upload(SpoolSource(made), journal=taken(rig)).future.result(AT_MOST)
        assert (stored.size, stored.sha256) == (len(content), "")
        assert sha256(rig.storage.content(rig.key)).digest() == sha256(content).digest()
    made.remove()


@pytest.mark.usefixtures("large")
def test_what_the_journal_does_not_say_is_not_given_back(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a disk that is full for the journal, from its third part on
    content = os.urandom(6 * PART)
    made = Spool(rig.folder / "spool", len(content))
    source = SpoolSource(made)
    journal = begin(rig, source)
    real, full = os.write, threading.Event()

    def write(fd: int, line: bytes) -> int:
        if full.is_set() and line.startswith(b'{"part"'):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, line)

    monkeypatch.setattr(os, "write", write)
    upload = rig.upload(source, journal=journal, in_flight=1)
    made.append(content[: 2 * PART])
    until(lambda: made.reclaimed_bytes == 2 * PART)
    # When
    full.set()
    made.append(content[2 * PART : 4 * PART])
    until(lambda: upload.told[-1:] == [4 * PART])
    # Then
    assert made.reclaimed_bytes == 2 * PART
    assert not journal.whole
    # When there is room again
    full.clear()
    made.append(content[4 * PART : 5 * PART])
    # Then
    until(lambda: made.reclaimed_bytes == 5 * PART)
    upload.cancel.suspend()
    assert isinstance(upload.error(), Cancelled)
    assert sorted(taken(rig).parts) == [1, 2, 3, 4, 5]
    made.remove()


@pytest.mark.usefixtures("large")
def test_nothing_is_given_back_before_there_is_a_journal(
    rig: Rig, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a disk that is full when the upload begins
    content = os.urandom(4 * PART)
    made = Spool(rig.folder / "spool", len(content))
    source = SpoolSource(made)
    real, full = os.open, threading.Event()
    full.set()

    def opened(path: Any, *rest: Any, **more: Any) -> int:
        if full.is_set() and "journals" in str(path):
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(path, *rest, **more)

    monkeypatch.setattr(os, "open", opened)
    upload = rig.upload(source, journal=begin(rig, source), in_flight=1)
    # When
    made.append(content[: 2 * PART])
    until(lambda: upload.told[-1:] == [2 * PART])
    # Then
    assert made.reclaimed_bytes == 0
    # When there is room again
    full.clear()
    made.append(content[2 * PART : 3 * PART])
    # Then
    until(lambda: made.reclaimed_bytes == 3 * PART)
    upload.cancel.suspend()
    assert isinstance(upload.error(), Cancelled)
    assert sorted(taken(rig).parts) == [1, 2, 3]
    made.remove()
