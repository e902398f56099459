"""Threads and memory are bounded, whatever the size; a line's credentials are renewed once."""

from __future__ import annotations

from jupyter_openeo_artifacts.transfer.buffers import BUFFERS
from tests.transfer.line import Fault, error_answer
from tests.transfer.seaweed import PART
from tests.transfer.uploading import engine_threads


class CountedSource:
    size = 6 * PART

    def __init__(self) -> None:
        self.told: list[int] = []
        self.reads: list[int] = []
        self.held: list[int] = []
        self.identity = ["counted"]
        self.gone = 0

    def wait_for(self, end: int, cancel) -> None:
        pass

    def read_into(self, buffer: memoryview, offset: int, cancel=None) -> int:
        self.reads.append(offset)
        self.held.append(BUFFERS.held)
        return len(buffer)

    def acknowledged(self, offset: int) -> None:
        self.told.append(offset)

    def forgotten(self) -> None:
        pass

    def check_unchanged(self) -> None:
        pass

    def close(self) -> None:
        pass


def test_buffers_and_threads_are_bounded(rig) -> None:
    # Given
    source = CountedSource()
    threads: list[int] = []
    # When
    upload = rig.upload(
        source, in_flight=3, on_progress=lambda _: threads.append(len(engine_threads()))
    )
    upload.future.result(30)
    # Then
    assert max(source.held) <= 3 * PART
    assert BUFFERS.held == 0
    assert max(threads) <= 3 + 1
    assert source.reads == [n * PART for n in range(6)]  # once, in order
    assert max(source.told) == source.size
    assert all(offset % PART == 0 for offset in source.told)


def test_only_what_is_stored_from_the_start_is_acknowledged(rig) -> None:
    # Given: the first part fails for a while, the others do not
    source = CountedSource()
    busy = error_answer(503, "SlowDown")
    rig.line.add(Fault("answer", rb"PUT .*partNumber=1\b", answer=busy, times=3))
    seen: list[tuple[int, int]] = []
    # When
    upload = rig.upload(
        source, on_progress=lambda stored: seen.append((max(source.told, default=0), stored))
    )
    upload.future.result(30)
    # Then
    assert all(offset <= stored for offset, stored in seen)
    assert seen[0] == (0, PART)
    assert upload.told == [n * PART for n in range(1, 7)]


def test_several_parts_that_find_the_session_expired_renew_it_once(rig) -> None:
    # Given
    expired = error_answer(400, "ExpiredToken")
    fault = rig.line.add(Fault("answer", rb"PUT .*partNumber=", answer=expired, times=99))
    renewed: list[int] = []
    path = rig.file(4 * PART)

    def refresh() -> None:
        renewed.append(1)
        fault.times = 0

    # When
    rig.upload(path, refresh=refresh).future.result(20)
    # Then
    assert renewed == [1]
    assert rig.storage.content(rig.key) == path.read_bytes()
