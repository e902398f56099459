"""Files of short logs are used again, and none is left when the last one ends."""

from __future__ import annotations

import gc
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.append_log import AppendLog, read_log
from jupyter_openeo_artifacts.state.log_folder import SpareLogs

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def spare() -> SpareLogs:
    return SpareLogs()


def test_a_file_is_used_again_while_there_are_others(spare: SpareLogs, tmp_path: Path) -> None:
    # Given
    other, ended = spare.take(tmp_path), spare.take(tmp_path)
    ended.append({"first": 1}, durable=False)
    # When
    spare.give_back(ended)
    # Then: it tells nothing, and nobody else can have it
    assert read_log(ended.path) == []
    assert AppendLog.take(ended.path) is None
    # When
    again = spare.take(tmp_path)
    again.append({"second": 2}, durable=False)
    # Then
    assert again.path == ended.path
    assert read_log(again.path) == again.entries == [{"second": 2}]
    spare.give_back(again)
    spare.give_back(other)
    assert list(tmp_path.iterdir()) == []


def test_each_folder_has_its_own(spare: SpareLogs, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    first, _held = spare.take(one), spare.take(one)
    spare.give_back(first)
    # When
    found = spare.take(two)
    # Then
    assert found.path.parent == two


def test_what_is_let_go_stays_for_whoever_takes_it_over(spare: SpareLogs, tmp_path: Path) -> None:
    # Given
    left, ended = spare.take(tmp_path), spare.take(tmp_path)
    left.append({"first": 1}, durable=False)
    spare.give_back(ended)
    # When
    spare.let_go(left)
    # Then
    assert list(tmp_path.iterdir()) == [left.path]
    taken = AppendLog.take(left.path)
    assert taken is not None
    assert taken.entries == [{"first": 1}]
    taken.close()
    assert spare.take(tmp_path).path != left.path


def test_one_that_cannot_be_emptied_is_removed(
    spare: SpareLogs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other, ended = spare.take(tmp_path), spare.take(tmp_path)
    ended.append({"first": 1}, durable=False)
    monkeypatch.setattr(AppendLog, "clear", lambda _: False)
    # When
    spare.give_back(ended)
    # Then
    assert list(tmp_path.iterdir()) == [other.path]


def test_one_that_somebody_forgot_keeps_none(spare: SpareLogs, tmp_path: Path) -> None:
    spare.take(tmp_path)  # and forgotten
    gc.collect()
    ended = spare.take(tmp_path)
    # When
    spare.give_back(ended)
    # Then
    assert not ended.path.exists()


def test_no_folder_is_said(spare: SpareLogs, tmp_path: Path) -> None:
    with pytest.raises(RecordsUnusable):
        spare.take(tmp_path / "none")


def test_two_threads_never_have_the_same(spare: SpareLogs, tmp_path: Path) -> None:
    def live(number: int) -> None:
        log = spare.take(tmp_path)
        log.append({"number": number}, durable=False)
        log.append({"again": number}, durable=False)
        assert read_log(log.path) == [{"number": number}, {"again": number}]
        spare.give_back(log)

    # When
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(live, range(400)))
    # Then
    assert list(tmp_path.iterdir()) == []


def test_one_whose_file_was_removed_is_not_used_again(spare: SpareLogs, tmp_path: Path) -> None:
    _other, ended = spare.take(tmp_path), spare.take(tmp_path)
    ended.path.unlink()
    # When
    spare.give_back(ended)
    # Then
    assert spare.take(tmp_path).path.exists()


def test_a_forked_process_has_none_of_its_parents(spare: SpareLogs, tmp_path: Path) -> None:
    _other, ended = spare.take(tmp_path), spare.take(tmp_path)
    spare.give_back(ended)
    # When
    spare.forget()
    # Then
    assert spare.take(tmp_path).path != ended.path


@pytest.mark.parametrize("elsewhere", [True, False])
def test_none_is_kept_for_others_that_are_elsewhere_or_closed(
    spare: SpareLogs, tmp_path: Path, *, elsewhere: bool
) -> None:
    # Given
    folder = tmp_path / "here"
    folder.mkdir()
    other = spare.take(tmp_path if elsewhere else folder)
    if not elsewhere:
        other.close()
    ended = spare.take(folder)
    # When
    spare.give_back(ended)
    # Then
    assert not ended.path.exists()
