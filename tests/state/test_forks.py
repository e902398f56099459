"""What this process alone knows of the list, in a process that is forked from it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.state.group_commit import GroupCommit
from jupyter_openeo_artifacts.state.staged_record import UnlistedRecords
from tests.login.test_forks import done_in_a_fork, in_a_thread
from tests.support.locks import holding, locks_made

if TYPE_CHECKING:
    import threading
    from pathlib import Path

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here"),
    # From 3.12 on, Python warns of what this is about.
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*fork:DeprecationWarning"),
]


def test_a_fork_while_another_thread_reads_them_keeps_nobody_waiting() -> None:
    # Given
    with locks_made() as locks:
        unlisted = UnlistedRecords()
    assert locks
    with in_a_thread(holding(locks)):
        # When / Then
        assert done_in_a_fork(lambda: unlisted.of("a ledger"))


def test_a_fork_while_another_thread_gathers_keeps_nobody_waiting(tmp_path: Path) -> None:
    # Given
    with locks_made() as locks:
        commits, written = GroupCommit(), []
    assert locks

    def hold(begun: threading.Event, gate: threading.Event) -> None:
        with ExitStack() as uploads:
            for _ in range(20):
                uploads.enter_context(commits.expecting(0))
            holding(locks)(begun, gate)

    def write() -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(commits.write, tmp_path, "a", None, written.extend).result()
        assert written == ["a"]

    with in_a_thread(hold):
        # When / Then
        assert done_in_a_fork(write)
