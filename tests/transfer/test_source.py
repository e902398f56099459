"""A file is sent as it was when it was opened, or not at all."""

from __future__ import annotations

import errno
import os
import threading
from pathlib import Path

import pytest

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled, MachineExhausted
from jupyter_openeo_artifacts.sources.exceptions import SourceChanged, SourceGone, SourceUnreadable
from jupyter_openeo_artifacts.sources.source import FileSource
from tests.limits import AT_MOST
from tests.transfer.changes import overwrite, overwrite_and_put_the_time_back, replace_by_rename


@pytest.fixture
def path(tmp_path):
    made = tmp_path / "field.tif"
    made.write_bytes(bytes(range(256)) * 8)
    os.utime(made, ns=(1, 1))  # so that every write below is at another time
    return made


def truncate(path) -> None:
    os.truncate(path, 100)


def grow(path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def replace_one_of_two_names(path) -> None:
    os.link(path, path.with_suffix(".second"))
    replace_by_rename(path)


CHANGES = [
    truncate,
    grow,
    overwrite,
    overwrite_and_put_the_time_back,
    replace_by_rename,
    replace_one_of_two_names,
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
def test_a_change_is_noticed(path, change) -> None:
    # Given
    source = FileSource.from_path(path)
    assert source.read(0, 10) == bytes(range(10))
    source.check_unchanged()
    # When
    change(path)
    # Then
    with pytest.raises(SourceChanged, match=r"field\.tif"):
        source.check_unchanged()
    with pytest.raises(SourceChanged):
        source.read(10, 10)
    source.close()


def test_a_change_during_a_read_is_noticed(path, monkeypatch) -> None:
    # Given
    source = FileSource.from_path(path)
    assert source.size == 2048
    real = os.preadv

    def preadv(fd: int, buffers: list[memoryview], offset: int) -> int:
        content = real(fd, buffers, offset)
        overwrite(path)
        return content

    monkeypatch.setattr(os, "preadv", preadv)
    # When / Then
    with pytest.raises(SourceChanged):
        source.read(0, 100)
    source.close()


def test_a_file_whose_name_is_removed_is_read_to_its_end(path) -> None:
    # Given
    source = FileSource.from_path(path)
    source.read(0, 10)
    # When
    path.unlink()
    # Then
    source.check_unchanged()
    assert source.read(2000, 100) == (bytes(range(256)) * 8)[2000:]
    source.check_unchanged()
    source.close()


def test_a_file_written_to_after_its_name_was_removed_has_changed(path) -> None:
    # Given
    with path.open("r+b") as writer:
        source = FileSource.from_path(path)
        source.read(0, 10)
        path.unlink()
        source.check_unchanged()
        # When
        writer.write(b"new")
        writer.flush()
        os.utime(writer.fileno(), ns=(1, 1))
        # Then
        with pytest.raises(SourceChanged):
            source.check_unchanged()
    source.close()


def test_a_file_that_is_not_there(tmp_path) -> None:
    source = FileSource.from_path(tmp_path / "none.tif")  # nothing is opened yet
    with pytest.raises(SourceGone, match=r"none\.tif") as caught:
        _ = source.size
    assert (caught.value.code, caught.value.who) == ("file_vanished", "you")
    source.close()


def test_what_is_not_a_file(tmp_path) -> None:
    # Given
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # When / Then
    with pytest.raises(SourceUnreadable, match="a folder"):
        _ = FileSource.from_path(tmp_path).size
    with pytest.raises(SourceUnreadable, match="not a regular file"):
        _ = FileSource.from_path(pipe).size


def test_a_file_that_may_not_be_read() -> None:
    def opener() -> int:
        raise PermissionError(13, "Permission denied")

    with pytest.raises(SourceUnreadable, match="Permission denied"):
        _ = FileSource(opener, "secret.tif").size


def test_a_system_without_descriptors_is_no_fault_of_the_file() -> None:
    def opener() -> int:
        raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))

    with pytest.raises(MachineExhausted, match="limit of open files"):
        _ = FileSource(opener, "field.tif").size


def test_a_closed_source_is_read_no_more(path) -> None:
    source = FileSource.from_path(path)
    assert source.size == 2048
    source.close()
    source.close()
    with pytest.raises(Cancelled):
        source.read(0, 1)


def test_closing_waits_for_the_read_under_way(path, monkeypatch) -> None:
    # Given: a read that hangs
    source = FileSource.from_path(path)
    assert source.size == 2048
    real, hanging, go_on = os.preadv, threading.Event(), threading.Event()
    fds = []

    def preadv(fd: int, buffers: list[memoryview], offset: int) -> int:
        fds.append(fd)
        hanging.set()
        go_on.wait(AT_MOST)
        return real(fd, buffers, offset)

    monkeypatch.setattr(os, "preadv", preadv)
    got = []
    reader = threading.Thread(target=lambda: got.append(source.read(0, 3)))
    reader.start()
    hanging.wait(AT_MOST)
    # When
    source.close()
    # Then: its descriptor was not given to somebody else
    os.fstat(fds[0])
    go_on.set()
    reader.join(AT_MOST)
    assert got == [bytes(range(3))]
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(fds[0])


def test_a_cancelled_read_does_not_begin(path) -> None:
    # Given
    token = CancelToken()
    token.cancel()
    # When / Then
    source = FileSource.from_path(path)
    with pytest.raises(Cancelled):
        source.read(0, 1, token)
    source.close()


PROC = Path("/proc/self/status")


@pytest.mark.skipif(not PROC.exists(), reason="needs Linux's /proc")
def test_a_file_that_says_no_bytes_and_has_some_is_refused() -> None:
    # Given
    assert PROC.stat().st_size == 0
    # When / Then
    with pytest.raises(SourceUnreadable, match="longer than the 0 bytes") as caught:
        _ = FileSource.from_path(PROC).size
    assert "Copy it" in caught.value.todo


@pytest.mark.parametrize("told", [0, 3], ids=["no bytes", "some bytes"])
def test_a_file_that_tells_too_few_bytes_is_refused_and_closed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, told: int
) -> None:
    # Given: a mount that does not know the size
    path = tmp_path / "a.bin"
    path.write_bytes(b"four")
    fstat = os.fstat

    def lying(fd: int) -> os.stat_result:
        seen = list(fstat(fd))
        seen[6] = told
        return os.stat_result(seen, {"st_mtime_ns": 1, "st_ctime_ns": 1})

    monkeypatch.setattr(os, "fstat", lying)
    opened: list[int] = []
    source = FileSource(lambda: opened.append(fd := os.open(path, os.O_RDONLY)) or fd, "a.bin")
    # When / Then
    with pytest.raises(SourceUnreadable, match=f"longer than the {told} bytes"):
        source.read(0, 1)
    with pytest.raises(OSError, match="descriptor"):
        fstat(opened[0])


def test_a_file_that_grows_while_it_is_opened_has_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(b"a")
    told = iter([path.stat()])
    fstat = os.fstat
    monkeypatch.setattr(os, "fstat", lambda fd: next(told, None) or fstat(fd))
    path.write_bytes(b"ab")
    with pytest.raises(SourceChanged):
        _ = FileSource.from_path(path).size
