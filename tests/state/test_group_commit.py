"""Which records are written together, and that none waits for nothing."""

from __future__ import annotations

import resource
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state import group_commit
from jupyter_openeo_artifacts.state.group_commit import GROUP_COMMIT, GroupCommit
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.record_names import MOST
from tests.state.test_ledger_index import record
from tests.state.together import add, add_together, names, under_way

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def test_no_more_than_five_are_in_one_file(tmp_path: Path) -> None:
    # When
    add_together(Ledger(tmp_path), [record() for _ in range(4 * MOST)])
    # Then
    assert [len(each) for each in names(tmp_path)] == [MOST] * 4


@pytest.mark.parametrize(
    ("count", "size", "busy"),
    [
        pytest.param(1, 0, 0.0, id="no other upload"),
        pytest.param(3, 0, 0.0, id="two more, of which one is to go on"),
        pytest.param(20, 10**7, 0.0, id="large ones, which end sometime"),
        pytest.param(20, 0, 10.0**6, id="a process that waits for the network anyway"),
    ],
)
def test_a_record_waits_for_none_that_may_not_come_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, size: int, busy: float
) -> None:
    # Given: whoever waits does so for ten minutes
    with under_way(count, size):
        monkeypatch.setattr(group_commit, "BUSY", busy)
        # When
        add(Ledger(tmp_path), made := record())
    # Then
    assert names(tmp_path) == [(made.id,)]


def test_the_thread_that_gets_ctrl_c_keeps_nobody_waiting(tmp_path: Path) -> None:
    with under_way(20):
        Ledger(tmp_path).add(made := record())
    assert names(tmp_path) == [(made.id,)]


def test_a_record_waits_no_longer_when_the_others_have_ended(tmp_path: Path) -> None:
    # Given
    ledger, made = Ledger(tmp_path), record()
    with under_way(1), ThreadPoolExecutor(1) as threads:
        with under_way(9):
            adding = threads.submit(ledger.add, made)
            while not GROUP_COMMIT.waiting:
                assert not adding.done()
        # When: they have failed, or stored what was listed before
        adding.result()
    # Then
    assert ledger.list() == [made]


def test_where_none_comes_it_is_written_all_the_same(tmp_path: Path) -> None:
    with under_way(20, seconds=0.01):
        add(Ledger(tmp_path), made := record())
    assert names(tmp_path) == [(made.id,)]


@contextmanager
def _full_disk() -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_refuses_each_of_them(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path)
    made = [record() for _ in range(MOST)]
    # When
    with _full_disk(), under_way(2 * MOST), ThreadPoolExecutor(MOST) as threads:
        refused = [each.exception() for each in [threads.submit(ledger.add, it) for it in made]]
        list(threads.map(ledger.add_or_keep, made))
    # Then
    assert [type(each) for each in refused] == [RecordsUnusable] * MOST
    assert all(isinstance(ledger.problem(each.id), RecordsUnusable) for each in made)
    assert names(tmp_path) == []
    assert ledger.list() == made[::-1]


@pytest.mark.parametrize(
    ("error", "count"), [(OSError("the name is too long"), 3), (KeyboardInterrupt(), 2)]
)
def test_where_a_common_write_fails_each_writes_alone(error: BaseException, count: int) -> None:
    # Given
    commits, written = GroupCommit(), []

    def commit(entries: dict[str, Any]) -> None:
        if len(entries) > 1:
            raise error
        written.extend(entries)

    def write(name: str) -> bool:
        try:
            commits.write("folder", name, None, commit)  # type: ignore[arg-type]
        except KeyboardInterrupt:
            return False
        return True

    with under_way(0), ExitStack() as uploads, ThreadPoolExecutor(3) as threads:
        for _ in range(6):
            uploads.enter_context(commits.expecting(0))
        # When
        went_on = list(threads.map(write, "abc"))
    # Then: only who is interrupted does not
    assert sum(went_on) == len(written) == count
