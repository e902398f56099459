"""A file that changes under way is noticed, said, and not stored."""

from __future__ import annotations

import os
import threading
import time

import pytest

from jupyter_openeo_artifacts.transfer.exceptions import (
    SourceChanged,
    SourceGone,
    SourceTooShort,
)
from tests.transfer.line import Fault
from tests.transfer.seaweed import PART, make_client
from tests.transfer.uploading import wait_for_engine

SECOND = rb"PUT .*partNumber=2"
COMPLETE = rb"POST .*uploadId="
LARGE = 4 * PART


def truncate(path) -> None:
    os.truncate(path, LARGE // 2)


def overwrite(path) -> None:
    with path.open("r+b") as file:
        file.write(b"same size")


def overwrite_and_put_the_time_back(path) -> None:
    seen = path.stat()
    overwrite(path)
    os.utime(path, ns=(seen.st_atime_ns, seen.st_mtime_ns))


def replace_by_rename(path) -> None:
    other = path.with_suffix(".new")
    other.write_bytes(path.read_bytes())
    other.replace(path)


CHANGES = [truncate, overwrite, overwrite_and_put_the_time_back, replace_by_rename]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_said_soon_even_when_the_line_hangs(rig, change) -> None:
    # Given: a client that would wait for long
    rig.client = make_client(rig.line.endpoint, read_timeout=20)
    path = rig.file(LARGE)
    fault = rig.line.add(Fault("stall", SECOND, at=PART // 2))
    upload = rig.upload(path, in_flight=1)  # nobody reads meanwhile
    assert fault.met.wait(10)
    # When
    begun = time.monotonic()
    change(path)
    error = upload.error(5)
    # Then
    assert time.monotonic() - begun < 5
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
    rig.upload(path, on_progress=remove).future.result(20)
    # Then
    assert removed.is_set()
    assert rig.storage.content(rig.key) == content


def test_a_file_that_is_not_there_costs_no_request(rig) -> None:
    assert isinstance(rig.upload(rig.folder / "none").error(5), SourceGone)
    assert rig.line.requests == []


class ShortSource:
    """Ends before its size, and does not say so: a file in /proc, a lying file system."""

    def __init__(self, size: int, end: int) -> None:
        self.size = size
        self.identity = ["short"]
        self.gone = 0
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
