"""Threads that do not keep Python from ending."""

from __future__ import annotations

import subprocess
import sys
import threading

import pytest

from jupyter_openeo_artifacts.transfer.daemon_pool import DaemonPool


def test_it_has_no_more_threads_than_it_may() -> None:
    # Given
    pool, gate, names = DaemonPool(2, "pool"), threading.Event(), set()

    def work() -> None:
        names.add(threading.current_thread().name)
        gate.wait(60)

    # When
    futures = [pool.submit(work) for _ in range(5)]
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
from jupyter_openeo_artifacts.transfer import process_end
from jupyter_openeo_artifacts.transfer.daemon_pool import DaemonPool

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
