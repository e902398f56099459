"""Bytes that arrive in one thread while another one sends them."""

from __future__ import annotations

import errno
import os
import stat
import subprocess
import sys
import threading
import time

import pytest

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.sources.exceptions import (
    BytesGone,
    SourceTooShort,
    SpoolClosed,
    SpoolError,
    SpoolFull,
    SpoolOverrun,
)
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.staging.recovery import remove_abandoned
from tests.limits import AT_MOST


def reading(spool: Spool, offset: int, length: int, cancel: CancelToken | None = None):
    """Read in a thread; return what says how that ended."""
    ended: list[object] = []

    def read() -> None:
        try:
            ended.append(SpoolSource(spool).read(offset, length, cancel))
        except Exception as error:  # noqa: BLE001
            ended.append(error)

    thread = threading.Thread(target=read)
    thread.start()
    time.sleep(0.05)

    def outcome() -> object:
        thread.join(AT_MOST)
        assert not thread.is_alive()
        return ended[0]

    return thread, outcome


def test_what_was_appended_can_be_read(spool) -> None:
    assert (spool.received, spool.complete, SpoolSource(spool).size) == (0, False, 100)
    assert spool.append(b"a" * 60) == 60
    assert spool.append(memoryview(b"b" * 40)) == 100
    assert (spool.received, spool.complete) == (100, True)
    assert SpoolSource(spool).read(50, 20) == b"a" * 10 + b"b" * 10
    assert SpoolSource(spool).read(90, 20) == b"b" * 10  # short only at the end
    assert SpoolSource(spool).read(100, 20) == b""
    SpoolSource(spool).check_unchanged()


def test_only_its_owner_may_read_the_file(spool) -> None:
    assert not spool.path.exists()
    spool.append(b"x")
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600


def test_what_a_killed_process_left_is_removed_and_nothing_else(spool, tmp_path) -> None:
    # Given
    spool.append(b"in use")
    script = """
import os, pathlib, signal, sys
from jupyter_openeo_artifacts.sources.spool import Spool
Spool(pathlib.Path(sys.argv[1]), 3).append(b"abc")
os.kill(os.getpid(), signal.SIGKILL)
"""
    left = tmp_path / "left"
    subprocess.run([sys.executable, "-c", script, str(left)], check=False)
    assert left.read_bytes() == b"abc"
    # When
    remove_abandoned(tmp_path)
    # Then
    assert list(tmp_path.iterdir()) == [spool.path]
    assert spool.append(b"!") == 7


def test_a_file_that_is_there_is_not_taken(tmp_path) -> None:
    # Given
    (tmp_path / "spool").write_bytes(b"of somebody else")
    spool = Spool(tmp_path / "spool", 3)
    # When / Then
    with pytest.raises(SpoolError, match="cannot keep"):
        spool.append(b"abc")
    spool.remove()
    assert (tmp_path / "spool").read_bytes() == b"of somebody else"


def test_nothing_needs_no_file(tmp_path) -> None:
    spool = Spool(tmp_path / "spool", 0)
    assert spool.complete
    assert SpoolSource(spool).read(0, 0) == b""
    spool.remove()
    assert not spool.path.exists()


def test_a_reader_waits_for_its_bytes(spool) -> None:
    # Given
    thread, outcome = reading(spool, 0, 50)
    spool.append(b"a" * 49)
    time.sleep(0.05)
    assert thread.is_alive()
    # When
    spool.append(b"b")
    # Then
    assert outcome() == b"a" * 49 + b"b"


def test_a_cancelled_reader_wakes(spool) -> None:
    # Given
    cancel = CancelToken()
    thread, outcome = reading(spool, 0, 50, cancel)
    assert thread.is_alive()
    # When
    cancel.cancel()
    # Then
    assert isinstance(outcome(), Cancelled)


def test_a_failed_spool_wakes_its_reader(spool) -> None:
    # Given
    problem = SpoolError("The browser went away.")
    _, outcome = reading(spool, 0, 50)
    # When
    spool.fail(problem)
    # Then
    assert outcome() is problem
    with pytest.raises(SpoolError, match="went away"):
        spool.append(b"late")
    with pytest.raises(SpoolError, match="went away"):
        SpoolSource(spool).check_unchanged()


def test_failing_a_complete_spool_does_nothing(spool) -> None:
    spool.append(b"a" * 100)
    spool.fail(SpoolError("The browser went away."))
    assert SpoolSource(spool).read(0, 1) == b"a"


def test_a_removed_spool_wakes_its_reader_and_leaves_no_file(spool) -> None:
    # Given
    spool.append(b"a")
    _, outcome = reading(spool, 0, 50)
    # When
    spool.remove()
    spool.remove()
    # Then
    assert isinstance(outcome(), SpoolClosed)
    assert not spool.path.exists()
    with pytest.raises(SpoolClosed):
        spool.append(b"late")


def test_more_than_was_announced_is_refused(spool) -> None:
    spool.append(b"a" * 60)
    with pytest.raises(SpoolOverrun) as caught:
        spool.append(b"b" * 41)
    assert caught.value.code == "too_many_bytes"
    assert spool.received == 60
    assert spool.append(b"c" * 40) == 100


def test_a_full_disk_keeps_what_arrived(spool, monkeypatch) -> None:
    # Given: room for 10 bytes more
    real = os.pwrite

    def pwrite(fd: int, content, offset: int) -> int:
        if offset >= 10:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, content[: 10 - offset], offset)

    monkeypatch.setattr(os, "pwrite", pwrite)
    # When
    with pytest.raises(SpoolFull) as caught:
        spool.append(bytes(range(30)))
    # Then
    assert (caught.value.code, caught.value.who) == ("disk_full", "you")
    assert spool.received == 10
    # When there is room again
    monkeypatch.undo()
    spool.append(bytes(range(10, 30)))
    # Then
    assert SpoolSource(spool).read(0, 30) == bytes(range(30))


def test_a_file_cut_short_behind_our_back_is_noticed(spool) -> None:
    spool.append(b"a" * 100)
    os.truncate(spool.path, 50)
    with pytest.raises(SourceTooShort):
        SpoolSource(spool).read(0, 100)


def test_writers_in_several_threads_do_not_tear(tmp_path) -> None:
    # Given
    spool = Spool(tmp_path / "spool", 8 * 200 * 10)
    # When
    threads = [
        threading.Thread(target=lambda n=n: [spool.append(bytes([n]) * 10) for _ in range(200)])
        for n in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    content = SpoolSource(spool).read(0, spool.size)
    blocks = [content[i : i + 10] for i in range(0, len(content), 10)]
    assert all(len(set(block)) == 1 for block in blocks)
    assert sorted({block[0] for block in blocks}) == list(range(8))
    spool.remove()


def left_by_the_dead(path, content: bytes, size: int) -> None:
    script = """
import os, pathlib, signal, sys
from jupyter_openeo_artifacts.sources.spool import Spool
Spool(pathlib.Path(sys.argv[1]), int(sys.argv[2])).append(sys.stdin.buffer.read())
os.kill(os.getpid(), signal.SIGKILL)
"""
    command = [sys.executable, "-c", script, str(path), str(size)]
    subprocess.run(command, input=content, check=False)
    assert path.read_bytes() == content


def test_what_a_killed_process_received_goes_on(tmp_path) -> None:
    # Given
    left_by_the_dead(tmp_path / "spool", b"abc", 5)
    # When
    spool = Spool.reopen(tmp_path / "spool", 5)
    # Then
    assert spool is not None
    assert (spool.received, spool.reclaimed_bytes) == (3, 0)
    assert spool.append(b"de") == 5
    assert SpoolSource(spool).read(0, 5) == b"abcde"
    assert SpoolSource(spool).identity == ["spool", "spool"]
    remove_abandoned(tmp_path)
    assert spool.path.exists()
    spool.remove()
    assert not spool.path.exists()


@pytest.mark.parametrize(
    ("reclaimed_bytes", "trusted", "marked", "expected"),
    [
        pytest.param(0, None, False, (8, 0), id="nothing was sent"),
        pytest.param(4, None, False, (8, 0), id="what was sent is all here"),
        pytest.param(4, None, True, (8, 4), id="what was sent was given back"),
        pytest.param(0, 5, False, (5, 0), id="the end is not trusted"),
        pytest.param(0, 20, False, (8, 0), id="more is trusted than there is"),
        pytest.param(4, 6, False, (6, 4), id="after a power cut what was sent is not read"),
        pytest.param(6, 3, False, (6, 6), id="storage has more than is trusted"),
        pytest.param(9, None, False, (9, 9), id="storage has more than there is"),
    ],
)
def test_how_much_is_taken_over(tmp_path, reclaimed_bytes, trusted, marked, expected) -> None:
    # Given
    (tmp_path / "spool").write_bytes(b"abcdefgh")
    (tmp_path / "spool").chmod(0o700 if marked else 0o600)
    # When
    spool = Spool.reopen(tmp_path / "spool", 10, reclaimed_bytes=reclaimed_bytes, trusted=trusted)
    # Then
    assert spool is not None
    received, gone = expected
    assert (spool.received, spool.reclaimed_bytes, SpoolSource(spool).reclaimed_bytes) == (
        received,
        gone,
        gone,
    )
    assert spool.path.stat().st_size == received
    assert spool.append(b"!") == received + 1
    assert SpoolSource(spool).read(received, 1) == b"!"
    if gone:
        with pytest.raises(BytesGone):
            SpoolSource(spool).read(gone - 1, 1)
    spool.remove()


def test_what_is_no_use_is_not_taken_over(tmp_path, spool) -> None:
    # Given
    spool.append(b"in use")
    (tmp_path / "longer").write_bytes(b"12345678901")
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "longer")
    # When / Then
    assert Spool.reopen(spool.path, 100) is None
    for name in ("longer", "folder", "link", "missing"):
        assert Spool.reopen(tmp_path / name, 10) is None
    assert spool.append(b"!") == 7
    assert (tmp_path / "longer").read_bytes() == b"12345678901"


def test_a_detached_spool_is_kept_for_the_next_process(spool) -> None:
    # Given
    spool.append(b"a" * 10)
    _, outcome = reading(spool, 0, 50)
    # When
    spool.detach()
    spool.detach()
    # Then
    assert isinstance(outcome(), SpoolClosed)
    with pytest.raises(SpoolClosed, match="kept"):
        spool.append(b"late")
    spool.remove()
    assert spool.path.read_bytes() == b"a" * 10
    successor = Spool.reopen(spool.path, 100)
    assert successor is not None
    assert successor.received == 10
    successor.remove()
