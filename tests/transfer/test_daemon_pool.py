"""Threads that do not keep Python from ending."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.concurrency import process_end
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.errors import MachineExhausted
from jupyter_openeo_artifacts.journal.journal import Journal
from jupyter_openeo_artifacts.journal.replay import JournalHeader
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.upload_registry import UploadPools
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.faults import objects
from tests.faults.clients import credentials_of, our_client
from tests.faults.stub import BUCKET, Stub
from tests.login.test_forks import done_in_a_fork

if TYPE_CHECKING:
    from pathlib import Path


def test_it_has_no_more_threads_than_it_may() -> None:
    # Given
    pool, gate, names = DaemonPool(2, "pool"), threading.Event(), set()

    def work() -> None:
        names.add(threading.current_thread().name)
        gate.wait(60)

    # When
    futures = [pool.submit(work) for _ in range(5)]
    end = time.monotonic() + 60
    while len(names) < 2 and time.monotonic() < end:
        time.sleep(0.001)
    gate.set()
    for each in futures:
        each.result(60)
    # Then
    assert names == {"pool_0", "pool_1"}
    pool.shutdown()
    assert pool.join(0)


def test_a_thread_that_is_idle_is_used_again() -> None:
    # Given
    pool = DaemonPool(8, "pool")
    # When
    names = {pool.submit(lambda: threading.current_thread().name).result(60) for _ in range(50)}
    # Then
    assert len(names) <= 2  # the second one where the first was not quite idle yet


def test_what_waits_is_cancelled_on_demand_and_what_runs_is_not() -> None:
    # Given
    pool, gate, begun = DaemonPool(1, "pool"), threading.Event(), threading.Event()
    running = pool.submit(lambda: (begun.set(), gate.wait(60)))
    waiting = pool.submit(lambda: None)
    assert begun.wait(60)
    # When
    pool.shutdown(wait=False, cancel_futures=True)
    # Then
    assert waiting.cancelled()
    assert not pool.join(0)
    gate.set()
    assert running.result(60)
    assert pool.join(60)
    with pytest.raises(RuntimeError):
        pool.submit(lambda: None)


def test_an_error_is_the_outcome() -> None:
    # Given
    pool = DaemonPool(1, "pool")
    # When / Then
    with pytest.raises(ZeroDivisionError):
        pool.submit(lambda: 1 / 0).result(60)
    assert pool.submit(lambda: 1).result(60) == 1


_SCRIPT = """
import sys, threading
from jupyter_openeo_artifacts.concurrency import process_end
from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool

process_end.LIMIT_SECONDS = 0.2
begun = threading.Event()

class Work:
    def close(self):
        print("closed")
        stop.set()

class Broken:
    def close(self):
        raise ValueError("secret")

stop = threading.Event()
broken, work = Broken(), Work()
process_end.close_at_end(broken)
process_end.close_at_end(work)
cleaning = DaemonPool(1, "cleaning", finish=True)
cleaning.submit(lambda: (stop.wait(60), print("cleaned up")))
silent = DaemonPool(1, "silent", finish={finish})
silent.submit(lambda: (begun.set(), threading.Event().wait()))
begun.wait(60)
cleaning.shutdown(wait=False)
silent.shutdown(wait=False)
{way}
"""


@pytest.mark.parametrize("finish", [True, False])
@pytest.mark.parametrize(
    "way", ["", "sys.exit(0)", "raise KeyboardInterrupt", "raise RuntimeError('end')"]
)
def test_a_process_ends_whatever_its_threads_wait_for(way: str, finish: bool) -> None:  # noqa: FBT001
    # Given
    script = _SCRIPT.format(way=way, finish=finish)
    # When
    ended = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=120, check=False
    )
    # Then
    assert ended.stdout.splitlines() == ["closed", "cleaned up"]
    assert "secret" not in ended.stderr


def let_begin(monkeypatch: pytest.MonkeyPatch, most: int, name: str) -> None:
    """Let the system give threads of that name only so many times, as its limits do."""
    real, begun = threading.Thread.start, [0]

    def start(thread: threading.Thread) -> None:
        if thread.name.startswith(name):
            begun[0] += 1
            if begun[0] > most:
                raise RuntimeError("can't start new thread")
        real(thread)

    monkeypatch.setattr(threading.Thread, "start", start)


def test_where_no_thread_begins_any_more_those_there_are_do_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    let_begin(monkeypatch, 1, "pool")
    pool, gate = DaemonPool(3, "pool"), threading.Event()
    # When
    futures = [pool.submit(gate.wait, 60), *(pool.submit(lambda: 1) for _ in range(5))]
    gate.set()
    # Then
    assert [each.result(60) for each in futures] == [True, 1, 1, 1, 1, 1]
    pool.shutdown()
    assert pool.join(60)


def test_a_thread_is_made_again_where_the_system_gives_one(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given: a call has waited in line
    pool = DaemonPool(3, "pool")
    with monkeypatch.context() as patched:
        let_begin(patched, 1, "pool")
        futures = [pool.submit(int), pool.submit(int), pool.submit(int)]
        for each in futures:
            each.result(60)
    # When: more calls hang than there was a thread for
    met = threading.Barrier(4)
    hanging = [pool.submit(met.wait, 60) for _ in range(3)]
    # Then: all run at once
    met.wait(60)
    for each in hanging:
        each.result(60)
    pool.shutdown()


@pytest.mark.parametrize(("own_threads", "most"), [(False, 0), (True, 0), (True, 1)])
def test_what_no_thread_will_do_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    own_threads: bool,  # noqa: FBT001
    most: int,
) -> None:
    # Given
    let_begin(monkeypatch, most, "pool")
    pool, gate, called = DaemonPool(3, "pool", own_threads=own_threads), threading.Event(), []
    running = [pool.submit(gate.wait, 60) for _ in range(most)]
    # When
    with pytest.raises(MachineExhausted, match="limit of threads") as caught:
        pool.submit(called.append, 1)
    # Then
    assert caught.value.todo
    gate.set()
    assert all(each.result(60) for each in running)
    pool.shutdown()
    assert pool.join(60)
    assert called == []


@pytest.mark.parametrize("most", [0, 1, 2])
def test_an_upload_takes_the_threads_there_are(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, most: int
) -> None:
    """With none, or none beside the one that conducts, it is kept for later."""
    # Given
    monkeypatch.setattr(objects, "MIN_PART", 1)
    let_begin(monkeypatch, most, "artifact-upload")
    path, folder, clock = tmp_path / "field.tif", tmp_path / "journals", ServerClock()
    path.write_bytes(bytes(range(250)))
    folder.mkdir()
    source = FileSource.from_path(path)
    header = JournalHeader("host", BUCKET, "me/a", "a/b", 250, source.identity, {})
    with Stub() as storage:
        client = our_client(storage, credentials_of(storage, clock), clock)

        def upload() -> None:
            upload_object(
                client,
                bucket=BUCKET,
                key="me/a",
                source=source,
                content_type="a/b",
                config=TransferConfig(watch_every=60.0),
                journal=Journal.begin(folder, header, part_size=50),
            )

        # When
        if most < 2:
            with pytest.raises(MachineExhausted, match="limit of threads"):
                upload()
        else:
            upload()
        # Then
        assert ("me/a" in storage.objects.objects) == (most == 2)
        kept = list(folder.iterdir())
        assert len(kept) == 1 or most == 2
        assert all((Journal.take(each) is not None) for each in kept if most < 2)
    source.close()


def test_an_upload_for_which_there_is_no_thread_fails_and_can_be_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    told: list[tuple[str, object]] = []

    class Upload:
        has_arrived, begin = True, staticmethod(lambda: True)

        def move(self, state: str, *, problem: object) -> None:
            told.append((state, problem))

    let_begin(monkeypatch, 0, "openeo-artifacts-disk")
    executors = UploadPools(2, lambda _: None)
    # When
    executors.start(Upload())  # type: ignore[arg-type]
    executors.do(lambda: None)
    executors.close()
    # Then
    ((state, problem),) = told
    assert state == "failed"
    assert isinstance(problem, MachineExhausted)


def test_a_call_for_which_there_is_no_thread_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    let_begin(monkeypatch, 0, "openeo-artifacts-waiting")
    with pytest.raises(MachineExhausted, match="limit of threads"):
        CancelToken().run(int)


class Unjoinable:
    """What is waited for at the end, and cannot be."""

    def join(self, timeout: float) -> bool:
        raise RuntimeError("cannot join thread before it is started")


class Joined:
    """What is waited for at the end."""

    asked = False

    def join(self, timeout: float) -> bool:
        self.asked = True
        return True


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning")
def test_what_cannot_be_waited_for_keeps_nobody_else_from_it() -> None:
    # Given
    broken, others = [Unjoinable() for _ in range(5)], [Joined() for _ in range(5)]

    def end() -> None:
        for each in (*broken, *others):
            process_end.join_at_end(each)
        # When
        process_end.end()
        # Then
        assert all(each.asked for each in others)

    assert done_in_a_fork(end)  # a process of its own, as it ends
