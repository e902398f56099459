"""Threads and memory are bounded, whatever the size; a line's credentials are renewed once."""

from __future__ import annotations

import threading
import time

from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.transfer.buffer_pool import BUFFER_POOL
from tests.limits import AT_MOST
from tests.support.uploads import Renewing
from tests.transfer.line import Fault, error_answer, until
from tests.transfer.seaweed import PART
from tests.transfer.uploading import engine_threads


class CountedSource:
    size = 6 * PART

    def __init__(self) -> None:
        self.told: list[int] = []
        self.reads: list[int] = []
        self.held: list[int] = []
        self.identity = ["counted"]
        self.reclaimed_bytes = 0

    def wait_for(self, end: int, cancel) -> None:
        pass

    def read_into(self, buffer: memoryview, offset: int, cancel=None) -> int:
        self.reads.append(offset)
        self.held.append(BUFFER_POOL.held)
        return len(buffer)

    def acknowledged(self, offset: int) -> None:
        self.told.append(offset)

    def forgotten(self) -> None:
        pass

    def check_unchanged(self) -> None:
        pass

    def read_by(self, reader) -> None:
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
    upload.future.result(AT_MOST)
    # Then
    assert max(source.held) <= 3 * PART
    assert BUFFER_POOL.held == 0
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
    upload.future.result(AT_MOST)
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
    rig.upload(path, credentials=Renewing(refresh)).future.result(AT_MOST)
    # Then
    assert renewed == [1]
    assert rig.storage.content(rig.key) == path.read_bytes()


def workers_at_once(rig, change, expected: tuple[int, int]) -> list[int]:
    """Return how many parts were under way together, before and after `change` in the middle.

    Each part is held until as many as expected are, or no further one can come: however slow the
    machine is, too few are seen only where there are too few.
    """
    parts, under_way, begun = 20, 0, []
    seen = ([], [])
    moved, turned = threading.Condition(), threading.Event()

    class HeldSource(CountedSource):
        def __init__(self) -> None:
            super().__init__()
            self.size = parts * PART

    def hold(request, **_) -> None:
        nonlocal under_way
        with moved:
            phase, first = turned.is_set(), len(begun)
            under_way += 1
            begun.append(under_way)
            seen[phase].append(under_way)
            moved.notify_all()
            moved.wait_for(
                lambda: (
                    max(begun[first:]) >= expected[phase]
                    or len(begun) == parts
                    or turned.is_set() != phase
                ),
                AT_MOST,
            )
            turns = len(seen[0]) >= 8 and not turned.is_set()
            if turns:
                turned.set()
                moved.notify_all()
        if turns:
            change()
        time.sleep(0.1)  # for those that should not come
        with moved:
            under_way -= 1

    rig.client.meta.events.register("before-send.s3.UploadPart", hold)
    try:
        rig.upload(HeldSource(), in_flight=4, watch_every=0.02).future.result(AT_MOST)
    finally:
        rig.client.meta.events.unregister("before-send.s3.UploadPart", hold)
    return [max(each[-6:]) for each in seen]


def test_many_uploads_have_fewer_parts_in_flight_each(rig) -> None:
    # Given
    for _ in range(7):
        BUFFER_POOL.join()

    def leave() -> None:
        for _ in range(7):
            BUFFER_POOL.leave()

    # When / Then
    assert workers_at_once(rig, leave, (1, 4)) == [1, 4]


def test_an_upload_makes_way_for_others_that_come(rig) -> None:
    def join() -> None:
        for _ in range(7):
            BUFFER_POOL.join()

    try:
        assert workers_at_once(rig, join, (4, 1)) == [4, 1]
    finally:
        for _ in range(7):
            BUFFER_POOL.leave()


def test_uploads_that_wait_for_their_bytes_are_in_nobodys_way(rig) -> None:
    # Given
    spools = [Spool(rig.folder / f"{n}", 3 * PART) for n in range(7)]
    key = rig.key
    waiting = []
    for spool in spools:
        rig.key = f"{key}/{spool.path.name}"
        waiting.append(rig.upload(SpoolSource(spool)))
    try:
        until(lambda: len(engine_threads()) >= 14 and BUFFER_POOL.users == 0)
        assert len(engine_threads()) == 7 * 2  # one that conducts, one that waits
        # When
        rig.key = key
        found = workers_at_once(rig, lambda: None, (4, 4))
        # Then
        assert found == [4, 4]
    finally:  # else their threads are in the way of every test behind this one
        for spool in spools:
            spool.remove()
    assert all(upload.error() is not None for upload in waiting)
    assert BUFFER_POOL.users == 0
