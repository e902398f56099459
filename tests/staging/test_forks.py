"""A queue that worked before a fork: the child's has its own uploads, threads and locks."""

from __future__ import annotations

import faulthandler
import os
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.notebook.default_manager import default_upload_manager
from jupyter_openeo_artifacts.sources import shared_fd
from jupyter_openeo_artifacts.sources.shared_fd import Descriptor
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.login.test_forks import in_a_thread
from tests.servers.provider import connected
from tests.support.locks import holding, locks_made

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    # From 3.12 on, Python warns of what this is about.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]

HANGS = 60  # seconds, after which a child says where it is


def is_so_in_a_fork(call: Callable[[], bool]) -> bool:
    """Tell whether `call` returns true in a forked process."""
    child = os.fork()
    if not child:
        so = False
        faulthandler.dump_traceback_later(HANGS, exit=True, file=sys.__stderr__)
        try:
            so = call()
        finally:
            os._exit(0 if so else 1)
    return os.waitpid(child, 0)[1] == 0


def staged(upload_manager: UploadManager, target: ConnectionTarget, path: Path) -> UploadView:
    """Stage a file of random bytes, and return its upload at the end."""
    path.write_bytes(os.urandom(1000))
    opener = partial(FileSource.from_path, path)
    upload = upload_manager.stage(target, opener, name=path.name, size=1000, origin="api")
    return upload_manager.wait(upload.id, HANGS / 2)


@pytest.fixture
def locks() -> Iterator[list[Any]]:
    """Yield all locks of what is made after it."""
    with locks_made() as found:
        default_upload_manager.reset_after_fork()
        shared_fd.RESTING.reset_after_fork()
        yield found


@pytest.fixture
def kernels_queue() -> Iterator[UploadManager]:
    """Yield the queue that this process has, as a kernel has one."""
    default_upload_manager.forget()
    made = default_upload_manager()
    yield made
    default_upload_manager.forget()
    made.close()


def test_a_queue_that_worked_before_a_fork_works_in_the_child(
    upload_manager: UploadManager, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: threads of the parent's that are idle
    target = ConnectionTarget(connected(provider))
    first = staged(upload_manager, target, tmp_path / "first.bin")
    assert first.state == "staged"

    def again() -> bool:
        alone = not upload_manager.uploads()  # the parent's uploads are the parent's
        return alone and staged(upload_manager, target, tmp_path / "child.bin").state == "staged"

    # When / Then
    assert is_so_in_a_fork(again)
    assert staged(upload_manager, target, tmp_path / "parent.bin").state == "staged"
    names = {each.name for each in Ledger(tmp_path / "ledger").list()}
    assert names == {"first.bin", "child.bin", "parent.bin"}


def test_a_child_has_a_kernels_queue_of_its_own(
    kernels_queue: UploadManager, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    target = ConnectionTarget(connected(provider))
    assert staged(kernels_queue, target, tmp_path / "first.bin").state == "staged"

    def again() -> bool:
        own = default_upload_manager()
        ended = staged(own, target, tmp_path / "child.bin").state
        return own is not kernels_queue and ended == "staged"

    # When / Then
    assert is_so_in_a_fork(again)
    assert default_upload_manager() is kernels_queue
    assert staged(kernels_queue, target, tmp_path / "parent.bin").state == "staged"


def test_what_waits_for_the_parents_threads_is_left_to_the_parent() -> None:
    # Given: a pool whose one thread is busy, and a call that waits for it
    pool, begun, gate, ran = DaemonPool(1, "pool"), threading.Event(), threading.Event(), []

    def busy() -> None:
        begun.set()
        gate.wait(HANGS)

    first = pool.submit(busy)
    assert begun.wait(HANGS)
    second = pool.submit(ran.append, "waiting")
    # When / Then
    assert is_so_in_a_fork(lambda: pool.submit(lambda: not ran).result(HANGS / 2))
    gate.set()
    first.result(HANGS)
    second.result(HANGS)
    assert ran == ["waiting"]
    pool.shutdown()


def test_a_fork_while_others_use_queue_pool_and_files_keeps_nobody_waiting(
    locks: list[Any],
    upload_manager: UploadManager,
    kernels_queue: UploadManager,
    tmp_path: Path,
) -> None:
    # Given: a thread that holds every lock there is
    path = tmp_path / "a.bin"
    path.write_bytes(b"a")
    pool = DaemonPool(1, "pool")
    descriptor = Descriptor(os.open(path, os.O_RDONLY), path)
    assert len(locks) >= 5

    def use_each() -> bool:
        with descriptor.use() as fd:
            read = os.pread(fd, 1, 0)
        descriptor.close()
        own = default_upload_manager() is not kernels_queue
        return own and read == b"a" and not upload_manager.uploads() and pool.submit(bool).done

    with in_a_thread(holding(locks)):
        # When / Then
        assert is_so_in_a_fork(lambda: bool(use_each()))
    descriptor.close()
    pool.shutdown()
