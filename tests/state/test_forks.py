"""What this process alone knows of the list, in a process that is forked from it."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.state.group_commit import GroupCommit
from jupyter_openeo_artifacts.state.staged_record import UnlistedRecords
from tests.login.test_forks import done_in_a_fork, in_a_thread

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
    unlisted = UnlistedRecords()

    def read(begun: threading.Event, gate: threading.Event) -> None:
        with unlisted._lock:
            begun.set()
            gate.wait(60)

    with in_a_thread(read):
        # When / Then
        assert done_in_a_fork(lambda: unlisted.of("a ledger"))


def test_a_fork_while_another_thread_gathers_keeps_nobody_waiting(tmp_path: Path) -> None:
    # Given
    commits, written = GroupCommit(), []

    def hold(begun: threading.Event, gate: threading.Event) -> None:
        with commits._lock, commits.expecting(None):
            commits._expected = 20
            begun.set()
            gate.wait(60)

    def write() -> None:
        with ThreadPoolExecutor(1) as thread:
            thread.submit(commits.write, tmp_path, "a", None, written.extend).result()
        assert (written, commits._expected) == (["a"], 0)

    with in_a_thread(hold):
        # When / Then
        assert done_in_a_fork(write)
