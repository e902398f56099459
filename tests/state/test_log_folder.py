"""Looking at a folder's time in place of the folder shows what a look at the folder would."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.state import log_folder
from jupyter_openeo_artifacts.state.append_log import AppendLog
from jupyter_openeo_artifacts.state.log_folder import logs_in

if TYPE_CHECKING:
    from pathlib import Path


class Reads:
    """Counts how often a folder is read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        self._scandir = os.scandir
        monkeypatch.setattr(log_folder.os, "scandir", self)

    def __call__(self, folder: Path) -> object:
        self.count += 1
        return self._scandir(folder)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Reads:
    return Reads(monkeypatch)


def settle(folder: Path) -> None:
    """Have the folder's time count as settled."""
    logs_in(folder)
    time.sleep(log_folder.TICK_SECONDS * 1.5)
    logs_in(folder)


def test_a_folder_that_has_not_changed_is_not_read_again(tmp_path: Path, reads: Reads) -> None:
    # Given
    path = tmp_path / "a.jsonl"
    path.touch()
    (tmp_path / "a.txt").touch()
    settle(tmp_path)
    before = reads.count
    # When
    found = [logs_in(tmp_path) for _ in range(5)]
    # Then
    assert found == [[path]] * 5
    assert reads.count == before


def test_what_comes_and_goes_is_seen_at_once(tmp_path: Path) -> None:
    settle(tmp_path)
    for number in range(20):
        path = tmp_path / f"{number}.jsonl"
        # When
        path.touch()
        # Then
        assert logs_in(tmp_path) == [path]
        # When
        path.unlink()
        # Then
        assert logs_in(tmp_path) == []


def test_times_of_whole_seconds_are_not_trusted(tmp_path: Path, reads: Reads) -> None:
    os.utime(tmp_path, (1_000_000_000, 1_000_000_000))
    settle(tmp_path)
    before = reads.count
    # When
    logs_in(tmp_path)
    # Then
    assert reads.count == before + 1


def test_what_this_process_let_go_is_shown_though_the_folder_has_not_changed(
    tmp_path: Path,
) -> None:
    log = AppendLog.create(tmp_path / "a.jsonl")
    settle(tmp_path)
    assert logs_in(tmp_path, include_own=False) == []
    assert logs_in(tmp_path) == [log.path]
    # When
    log.close()
    # Then
    assert logs_in(tmp_path, include_own=False) == [log.path]


def test_there_are_none_where_there_is_no_folder(tmp_path: Path) -> None:
    assert logs_in(tmp_path / "none") == []


def test_a_time_that_a_network_is_late_with_is_trusted_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle(tmp_path)
    before = tmp_path.stat()
    path = tmp_path / "a.jsonl"
    path.touch()
    os.utime(tmp_path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert logs_in(tmp_path) == []
    # When
    monkeypatch.setattr(log_folder, "TRUSTED_SECONDS", 0.0)
    # Then
    assert logs_in(tmp_path) == [path]
