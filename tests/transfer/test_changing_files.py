"""A file that changes under way is noticed, said, and not stored."""

from __future__ import annotations

import hashlib
import os
import threading
import time

import pytest

from jupyter_openeo_artifacts.sources.exceptions import SourceChanged, SourceGone, SourceTooShort
from jupyter_openeo_artifacts.sources.shared_fd import Reader, ReadSoFar
from jupyter_openeo_artifacts.sources.source import FileSource
from tests.limits import AT_MOST
from tests.transfer.changes import overwrite, overwrite_and_put_the_time_back, replace_by_rename
from tests.transfer.line import Fault
from tests.transfer.seaweed import PART, make_client
from tests.transfer.uploading import wait_for_engine

SECOND = rb"PUT .*partNumber=2"
COMPLETE = rb"POST .*uploadId="
LARGE = 4 * PART


def truncate(path) -> None:
    os.truncate(path, LARGE // 2)


CHANGES = [truncate, overwrite, overwrite_and_put_the_time_back, replace_by_rename]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_said_soon_even_when_the_line_hangs(rig, change) -> None:
    # Given: a client that would wait for long
    rig.client = make_client(rig.line.endpoint, read_timeout=10 * AT_MOST)
    path = rig.file(LARGE)
    fault = rig.line.add(Fault("stall", SECOND, at=PART // 2))
    upload = rig.upload(path, in_flight=1)  # nobody reads meanwhile
    assert fault.met.wait(AT_MOST)
    # When
    change(path)
    error = upload.error(AT_MOST)
    # Then: the part's answer has not come, nor was it given up
    assert isinstance(error, SourceChanged)
    assert (error.code, error.who) == ("file_changed", "you")
    rig.line.release()
    wait_for_engine()
    assert rig.line.count(COMPLETE) == 0
    assert rig.storage.leftovers(rig.key) == []


def test_a_change_after_the_last_part_is_noticed(rig) -> None:
    # Given
    path = rig.file(2 * PART)
    # When
    upload = rig.upload(
        path, on_progress=lambda stored: overwrite(path) if stored == 2 * PART else None
    )
    # Then
    assert isinstance(upload.error(5), SourceChanged)
    assert rig.line.count(COMPLETE) == 0
    assert rig.storage.leftovers(rig.key) == []


def test_a_change_just_before_complete_is_noticed(rig) -> None:
    # Given
    path = rig.file(2 * PART)
    # When
    upload = rig.upload(path, on_verifying=lambda: overwrite(path))
    # Then
    assert isinstance(upload.error(5), SourceChanged)
    assert rig.line.count(COMPLETE) == 0
    assert rig.storage.leftovers(rig.key) == []


def test_a_file_whose_name_vanishes_is_still_sent_whole(rig) -> None:
    # Given
    path = rig.file(LARGE)
    content = path.read_bytes()
    removed = threading.Event()

    def remove(_: int) -> None:
        if not removed.is_set():
            path.unlink()
            removed.set()

    # When
    rig.upload(path, on_progress=remove).future.result(AT_MOST)
    # Then
    assert removed.is_set()
    assert rig.storage.content(rig.key) == content


def test_a_file_that_is_not_there_costs_no_request(rig) -> None:
    assert isinstance(rig.upload(rig.folder / "none").error(5), SourceGone)
    assert rig.line.requests == []


def change_mode(path) -> None:
    path.chmod(0o600 if path.stat().st_mode & 0o044 else 0o644)


def add_a_hard_link(path) -> None:
    path.with_suffix(f".{time.monotonic_ns()}").hardlink_to(path)


def set_the_access_time(path) -> None:
    os.utime(path, ns=(1, path.stat().st_mtime_ns))


def rename_it(path) -> None:
    path.rename(path.with_suffix(".renamed"))
    path.with_suffix(".renamed").rename(path)


HARMLESS = [change_mode, add_a_hard_link, set_the_access_time, rename_it]
NAMED = {"ids": lambda change: change.__name__}


@pytest.mark.parametrize("change", HARMLESS, **NAMED)
def test_what_changes_of_a_file_but_its_content_is_no_change(rig, change) -> None:
    # Given: it happens before each part, and once more before the object is completed
    path = rig.file(LARGE)
    content = path.read_bytes()
    # When
    upload = rig.upload(path, on_progress=lambda _: change(path), on_verifying=lambda: change(path))
    upload.future.result(60)
    # Then
    assert rig.storage.content(rig.key) == content
    assert rig.line.count(COMPLETE) == 1


@pytest.mark.parametrize("change", HARMLESS, **NAMED)
def test_a_line_that_hangs_meanwhile_is_no_change_either(rig, change) -> None:
    # Given
    path = rig.file(LARGE)
    content = path.read_bytes()
    fault = rig.line.add(Fault("stall", SECOND, at=PART // 2))
    upload = rig.upload(path, in_flight=1)  # nobody reads meanwhile
    assert fault.met.wait(60)
    # When
    change(path)
    rig.line.release()
    upload.future.result(60)
    # Then
    assert rig.storage.content(rig.key) == content


@pytest.mark.parametrize("change", HARMLESS, **NAMED)
@pytest.mark.parametrize("where", [0, 3 * PART], ids=["what was sent", "what comes"])
def test_a_change_beside_a_harmless_one_is_a_change(rig, change, where) -> None:
    # Given: the content is written to while the times are as before
    path = rig.file(LARGE)
    fault = rig.line.add(Fault("stall", SECOND, at=PART // 2))
    upload = rig.upload(path, in_flight=1)
    assert fault.met.wait(60)
    seen = path.stat()
    with path.open("r+b") as file:
        file.seek(where)
        file.write(b"another")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    change(path)
    # When
    rig.line.release()
    # Then: what was read before is refused; what had not been read yet is of one state all the same
    if where == 0:
        assert isinstance(upload.error(60), SourceChanged)
        assert rig.line.count(COMPLETE) == 0
    else:
        upload.future.result(60)
        assert rig.storage.content(rig.key) == path.read_bytes()


def test_what_was_still_being_hashed_is_compared_at_the_end(tmp_path) -> None:
    # Given: a part that was read, and is in nobody's digest yet
    path = tmp_path / "a.bin"
    path.write_bytes(b"a" * 10 + b"b" * 10)
    source, read = FileSource.from_path(path), [ReadSoFar()]
    source.read_by(Reader(lambda: read[-1]))
    first = source.read(0, 10)
    read.append(ReadSoFar(10, hashlib.sha256(first).hexdigest()))
    second = source.read(10, 10)
    # When: it is written to behind the reader, and the times are put back
    seen = path.stat()
    with path.open("r+b") as file:
        file.seek(10)
        file.write(b"c")
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))
    source.check_unchanged()  # of the first part, nothing has changed
    read.append(ReadSoFar(20, hashlib.sha256(first + second).hexdigest()))
    # Then
    with pytest.raises(SourceChanged):
        source.check_unchanged()


class ShortSource:
    """Ends before its size, and does not say so: a file in /proc, a lying file system."""

    def __init__(self, size: int, end: int) -> None:
        self.size = size
        self.identity = ["short"]
        self.reclaimed_bytes = 0
        self._end = end

    def wait_for(self, end: int, cancel) -> None:
        pass

    def read_into(self, buffer: memoryview, offset: int, cancel=None) -> int:
        return max(0, min(len(buffer), self._end - offset))

    def acknowledged(self, offset: int) -> None:
        pass

    def forgotten(self) -> None:
        pass

    def check_unchanged(self) -> None:
        pass

    def read_by(self, reader) -> None:
        pass

    def close(self) -> None:
        pass


@pytest.mark.parametrize(("size", "end"), [(10, 9), (3 * PART, 2 * PART), (3 * PART, PART + 1)])
def test_a_source_that_ends_early_is_an_error(rig, size, end) -> None:
    upload = rig.upload(ShortSource(size, end))
    assert isinstance(upload.error(5), SourceTooShort)
    assert rig.storage.leftovers(rig.key) == []


class BrokenSource(ShortSource):
    def read_into(self, buffer: memoryview, offset: int, cancel=None) -> int:
        if offset >= PART:
            raise RuntimeError("a bug")
        return super().read_into(buffer, offset)


def test_a_bug_in_a_source_is_not_hidden_and_leaves_nothing(rig) -> None:
    upload = rig.upload(BrokenSource(3 * PART, 3 * PART))
    assert isinstance(upload.error(5), RuntimeError)
    assert rig.storage.leftovers(rig.key) == []


def test_a_bug_in_a_listener_is_not_hidden_and_leaves_nothing(rig) -> None:
    def broken(_: int) -> None:
        raise RuntimeError("a bug")

    upload = rig.upload(rig.file(3 * PART), on_progress=broken)
    assert isinstance(upload.error(5), RuntimeError)
    assert rig.storage.leftovers(rig.key) == []
