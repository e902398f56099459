"""Files of several records: who writes them, and how one of them goes."""

from __future__ import annotations

import multiprocessing
import os
import signal
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.ledger_index import LedgerIndex
from jupyter_openeo_artifacts.state.record_files import RecordFiles
from jupyter_openeo_artifacts.state.record_names import ENDING, ids_of, stem_of
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord
from tests.state.test_ledger_index import counted, record
from tests.state.together import add, five, names

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


def theirs(folder: Path) -> RecordFiles:
    """Return what another process has of a folder."""
    return RecordFiles(folder, LedgerIndex(folder))


def test_what_comes_together_is_one_file(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path)
    # When
    with counted() as seen:
        made = five(ledger)
    # Then: the file, its folder and the hints
    assert seen["open"] == 3
    assert names(tmp_path) == [tuple(each.id for each in made)]
    assert len(stem_of(each.id for each in made) + ENDING) <= 143
    assert ledger.list() == [*theirs_of(tmp_path)] == made[::-1]
    assert [ledger.get(each.id) for each in made] == made


def theirs_of(folder: Path) -> Iterator[StagedRecord]:
    """Yield all that another process sees, newest first."""
    index = LedgerIndex(folder)
    yield from map(RecordFiles(folder, index).read, index.ids())


def test_one_of_several_is_forgotten_and_the_others_stay(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path)
    made = five(ledger)
    other = LedgerIndex(tmp_path)
    before = other.state()
    # When: the one that was told last, so that another one would show
    gone = max(made, key=lambda each: (each.id == before.added, each.id))
    ledger.forget(gone.id)
    # Then
    left = [each for each in made if each != gone]
    assert names(tmp_path) == [tuple(each.id for each in left)]
    assert ledger.list() == left[::-1]
    with pytest.raises(NoSuchRecord):
        ledger.get(gone.id)
    # Then: the others hear of that one alone, and list nothing for it
    with counted() as seen:
        after = other.state()
        assert [*other.ids()] == [each.id for each in left[::-1]]
    assert (after.removed, after.added) == (gone.id, before.added)
    assert seen["os.scandir"] == 0
    # When
    for each in left:
        ledger.forget(each.id)
    # Then
    assert names(tmp_path) == []
    assert other.count() == 0


def test_a_file_that_was_renamed_meanwhile_is_found(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path)
    made = five(ledger)
    other = theirs(tmp_path)
    # When: in one that has listed them, and looks at no hint in between
    shown = ledger.records()
    assert next(shown) == made[4]
    other.remove(made[1].id)
    other.remove(made[3].id)
    # Then
    assert [*shown] == [made[2], made[0]]
    # When
    other.remove(made[0].id)
    ledger.forget(made[2].id)
    # Then
    assert [*theirs_of(tmp_path)] == [made[4]]
    with pytest.raises(NoSuchRecord):
        ledger.forget(made[1].id)


def test_a_hint_of_a_file_that_is_renamed_again_loses_none(tmp_path: Path) -> None:
    # Given: killed between renaming and telling it
    ledger = Ledger(tmp_path)
    first = record()
    add(ledger, first)
    other = LedgerIndex(tmp_path)
    other.state()
    made = five(ledger)
    (file,) = (each for each in tmp_path.glob("*.json") if made[0].id in each.name)
    rest = [name for name in ids_of(file.stem) if name != made[0].id]
    file.rename(tmp_path / f"{stem_of(rest)}{ENDING}")
    # When / Then
    assert [*other.ids()] == [*sorted(rest, reverse=True), first.id]


def test_one_of_several_is_replaced(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path)
    made = five(ledger)
    before = ledger.state()
    # When
    ledger.add(newer := replace(made[2], name="other.parquet"))
    # Then
    now = [made[4], made[3], newer, made[1], made[0]]
    assert ledger.list() == [*theirs_of(tmp_path)] == now
    assert [len(each) for each in names(tmp_path)] == [4, 1]
    assert ledger.state().version > before.version
    # When
    ledger.forget(newer.id)
    # Then
    assert [*theirs_of(tmp_path)] == [made[4], made[3], made[1], made[0]]


def test_of_two_files_with_one_record_the_newer_one_counts(tmp_path: Path) -> None:
    # Given: killed while it replaced one
    made = [each for _ in range(4) for each in five(Ledger(tmp_path))]
    newer = [replace(each, name="other.parquet") for each in made]
    for each in newer:
        (tmp_path / f"{each.id}{ENDING}").write_bytes(each.to_json())
    # When / Then: in whatever order the folder lists them
    assert [*theirs_of(tmp_path)] == newer[::-1]


@pytest.mark.parametrize("listed", ["before the kill", "after it"])
def test_a_record_in_two_files_does_not_return(tmp_path: Path, listed: str) -> None:
    # Given: one that was killed while it replaced them, and one that lives
    made = five(Ledger(tmp_path))
    living = theirs(tmp_path)
    if listed == "before the kill":
        living.index.state()
    for each in made:
        (tmp_path / f"{each.id}{ENDING}").write_bytes(each.to_json())
    # When
    for each in made[:3]:
        living.remove(each.id)
    # Then: for it, and for others
    living.index.relist()
    assert [*living.index.ids()] == [made[4].id, made[3].id]
    assert [*theirs_of(tmp_path)] == [made[4], made[3]]


@pytest.mark.parametrize("missed", [1, 2])
def test_a_file_that_is_renamed_while_the_folder_is_listed_is_not_missed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, missed: int
) -> None:
    # Given: the one file of the folder
    made = five(Ledger(tmp_path))
    scandir, gone = os.scandir, [each.id for each in made[:missed]]
    other = theirs(tmp_path)

    def list_while_it_is_renamed(folder: Path) -> Any:
        if not gone:
            return scandir(folder)
        other.remove(gone.pop())
        (tmp_path / "empty").mkdir(exist_ok=True)  # as POSIX allows: neither name is told
        return scandir(tmp_path / "empty")

    other.index.state()
    # When
    monkeypatch.setattr(os, "scandir", list_while_it_is_renamed)
    found = [*LedgerIndex(tmp_path).ids()]
    # Then
    assert found == [each.id for each in reversed(made[missed:])]


def test_a_damaged_file_hides_its_own_records_alone(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path)
    made, others = five(ledger), five(ledger)
    (file,) = (each for each in tmp_path.glob("*.json") if made[0].id in each.name)
    # When: one line of it
    lines = file.read_bytes().splitlines(keepends=True)
    hidden = ids_of(file.stem)[1]
    file.write_bytes(b"".join([lines[0], b"\xff[{\n", *lines[2:]]))
    # Then
    left = [each for each in made if each.id != hidden]
    assert ledger.list() == [*others[::-1], *left[::-1]]
    # When
    file.write_bytes(b"\xff\0" * 1000)
    # Then
    assert ledger.list() == others[::-1]
    ledger.forget(hidden)
    assert hidden not in LedgerIndex(tmp_path).ids()


def test_however_short_it_was_cut_each_record_is_whole_or_not_there(tmp_path: Path) -> None:
    # Given
    made = five(Ledger(tmp_path))
    (file,) = tmp_path.glob("*.json")
    content = file.read_bytes()
    whole = {each.id: each for each in made}
    order = [whole[each] for each in ids_of(file.stem)]
    # When / Then
    for end in range(0, len(content) + 1, 7):
        file.write_bytes(content[:end])
        ended = (content[:end] + b"\n").count(b"}\n")
        assert Ledger(tmp_path).list() == sorted(order[:ended], key=lambda it: it.id, reverse=True)


def _be_killed(folder: Path) -> None:
    write = os.write

    def write_half(descriptor: int, content: bytes) -> int:
        if bytes(content).count(b"}\n") < 5:
            return write(descriptor, content)
        write(descriptor, content[: len(content) // 2])
        os.kill(os.getpid(), signal.SIGKILL)
        raise AssertionError

    os.write = write_half
    five(Ledger(folder))


@pytest.mark.skipif(os.name == "nt", reason="no SIGKILL here")
def test_a_kill_while_several_are_written_leaves_whole_ones(tmp_path: Path) -> None:
    # Given
    before = five(Ledger(tmp_path))
    killed = multiprocessing.get_context("spawn").Process(target=_be_killed, args=(tmp_path,))
    # When
    killed.start()
    killed.join(60)
    # Then
    assert killed.exitcode == -signal.SIGKILL
    assert [len(each) for each in names(tmp_path)] == [5, 5]
    left = Ledger(tmp_path).list()
    assert left[-5:] == before[::-1]
    assert len(left) == 7
    # When / Then: those that are not there can be forgotten, as any can
    for each in {*names(tmp_path)[0], *names(tmp_path)[1]}:
        Ledger(tmp_path).forget(each)
    assert names(tmp_path) == []


def _forget(folder: Path, wanted: list[str], begin: Any) -> None:
    begin.wait(60)
    for each in wanted:
        Ledger(folder).forget(each)


def _add(folder: Path, found: Any, begin: Any) -> None:
    ledger = Ledger(folder)
    begin.wait(60)
    for _ in range(10):
        made = five(ledger)
        ledger.forget(made[0].id)
        found += [each.id for each in made[1:]]


def test_processes_that_add_and_forget_at_once_lose_and_revive_nothing(tmp_path: Path) -> None:
    # Given: of each file every process forgets another record, and the last one stays
    ledger = Ledger(tmp_path)
    batches = [five(ledger) for _ in range(20)]
    kept = {each[-1].id for each in batches}
    spawn = multiprocessing.get_context("spawn")
    with spawn.Manager() as manager:
        found, begin = manager.list(), spawn.Barrier(6)
        processes = [
            spawn.Process(
                target=_forget, args=(tmp_path, [each[number].id for each in batches], begin)
            )
            for number in range(4)
        ]
        processes += [spawn.Process(target=_add, args=(tmp_path, found, begin)) for _ in range(2)]
        # When
        for each in processes:
            each.start()
        while any(each.is_alive() for each in processes):
            # Then: nobody misses one because its neighbour goes
            assert kept <= {each.id for each in ledger.records()}
            assert kept <= {each.id for each in Ledger(tmp_path).anew()}
        # Then
        assert [each.exitcode for each in processes] == [0] * 6
        kept.update(found)
    assert {each.id for each in ledger.anew()} == {*LedgerIndex(tmp_path).ids()} == kept
    assert {name for each in names(tmp_path) for name in each} == kept
    assert len(kept) == 20 + 80
