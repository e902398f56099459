"""The ledger's index: what it costs, and that nothing is missed for it."""

from __future__ import annotations

import multiprocessing
import os
import sys
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.state import ledger_index, record_names
from jupyter_openeo_artifacts.state.ids import first_id, new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.ledger_index import LedgerIndex
from jupyter_openeo_artifacts.state.record_names import HINTS, HintsFile
from jupyter_openeo_artifacts.state.staged_record import StagedRecord
from tests.login.test_forks import in_a_thread
from tests.support.locks import holding, locks_made

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MANY = 100_000
_seen: Counter[str] | None = None


def _count(event: str, args: tuple[Any, ...]) -> None:
    if _seen is not None and event in ("open", "os.scandir", "os.listdir"):
        _seen[event] += 1


sys.addaudithook(_count)


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """Count the files opened and the folders listed meanwhile."""
    global _seen  # noqa: PLW0603  an audit hook stays for ever
    _seen = found = Counter()
    try:
        yield found
    finally:
        _seen = None


def record(**changes: Any) -> StagedRecord:
    values: dict[str, Any] = {
        "id": new_id(),
        "name": "fields.parquet",
        "uri": "s3://artifacts/ab/2026/11/22/x/fields.parquet",
        "backend": "https://openeo.example/",
        "connection": "here",
        "provider": "s3",
        "size": 12,
        "sha256": "00" * 32,
        "content_type": "application/octet-stream",
        "origin": "magic",
        "staged_at": datetime.now(timezone.utc),
    }
    return StagedRecord(**{**values, **changes})


def fill(folder: Path, count: int, day: datetime | None = None) -> None:
    """Write records as an older version of this package has left them; of today if not given."""
    model = record(name="other.bin")
    content = model.to_json()
    for number in range(count):
        name = new_id() if day is None else first_id(day + timedelta(milliseconds=number))
        fd = os.open(folder / f"{name}.json", os.O_WRONLY | os.O_CREAT, 0o600)
        os.write(fd, content.replace(model.id.encode(), name.encode()))
        os.close(fd)


def stage(ledger: Ledger) -> None:
    """Do with the ledger what staging one file does."""
    assert ledger.find("here", "fields.parquet", 12) == []
    ledger.add(record(size=13))
    ledger.state()


def test_the_100_001st_file_costs_what_the_first_did(tmp_path: Path) -> None:
    # Given
    few, many = tmp_path / "few", tmp_path / "many"
    for folder in (few, many):
        folder.mkdir()
        count, old = (MANY, MANY * 9 // 10) if folder is many else (10, 9)
        fill(folder, count - old)
        fill(folder, old, datetime.now(timezone.utc) - timedelta(days=3))
        stage(Ledger(folder))  # each process reads each file once
    # When
    with counted() as first:
        stage(Ledger(few))
    with counted() as last:
        stage(Ledger(many))
    # Then
    assert last == first
    assert last["os.scandir"] == 0
    assert last["open"] <= 6


def test_a_record_of_today_is_not_looked_at_with_each_that_is_added(tmp_path: Path) -> None:
    # Given: none of them can be over yet
    ledger = Ledger(tmp_path)
    fill(tmp_path, 10)
    stage(ledger)
    # When
    with counted() as seen:
        stage(ledger)
    # Then: the record and its folder
    assert seen["open"] == 2


def test_a_page_reads_its_own_records_alone(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path)
    records = [record(size=number) for number in range(500)]
    for each in records:
        ledger.add(each)
    newest = sorted(records, key=lambda each: each.id, reverse=True)
    # When
    with counted() as seen:
        page = ledger.page(20)
    # Then
    assert (page.records, page.more) == (newest[:20], True)
    assert seen["open"] == 21
    assert ledger.page(20, before=newest[479].id).records == newest[480:]
    assert not ledger.page(20, before=newest[479].id).more


def test_a_page_of_one_connection_reads_the_others_once(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path)
    mine = record(connection="mine")
    ledger.add(mine)
    fill(tmp_path, 300)
    # When
    found = ledger.page(10, connections={"mine"})
    with counted() as again:
        same = ledger.page(10, connections={"mine"})
    # Then
    assert found.records == same.records == [mine]
    assert again["open"] == 1


def _add(folder: Path, found: list[str]) -> None:
    made = [record() for _ in range(20)]
    for each in made:
        Ledger(folder).add(each)
    found += [each.id for each in made]


def test_what_another_process_stages_or_forgets_is_noticed_without_a_listing(
    tmp_path: Path,
) -> None:
    # Given
    ledger = Ledger(tmp_path)
    ledger.add(record())
    before = ledger.state()
    with multiprocessing.get_context("spawn").Manager() as manager:
        theirs = manager.list()
        other = multiprocessing.get_context("spawn").Process(target=_add, args=(tmp_path, theirs))
        other.start()
        other.join(60)
        newest = max(theirs)
    # When
    with counted() as seen:
        after = ledger.state()
        found = ledger.find("here", "fields.parquet", 12)
    # Then
    assert after.version > before.version
    assert after.added == newest
    assert len(found) == 21
    assert seen["os.scandir"] == 0
    # When
    other_process = LedgerIndex(tmp_path)
    (tmp_path / f"{newest}.json").unlink()
    other_process.state()
    other_process.removed(newest)
    # Then
    assert ledger.state().removed == newest
    assert len(ledger.find("here", "fields.parquet", 12)) == 20


@pytest.mark.parametrize(
    "lost", ["no hint at all", "a torn hint", "hints of another program", "hints begun anew"]
)
def test_a_record_without_its_hint_is_found_by_the_next_listing(
    tmp_path: Path, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    ledger = Ledger(tmp_path)
    ledger.add(record())
    ledger.state()
    found = record()
    (tmp_path / f"{found.id}.json").write_bytes(found.to_json())  # killed before its hint
    hints = tmp_path / HINTS
    match lost:
        case "a torn hint":
            hints.write_bytes(hints.read_bytes() + found.id[:5].encode())
        case "hints of another program":
            hints.write_bytes(hints.read_bytes() + b"\xff\0../../etc/passwd\n{}\n")
        case "hints begun anew":
            hints.with_name("draft").write_bytes(b"")
            hints.with_name("draft").replace(hints)
    # When
    monkeypatch.setattr(ledger_index, "LIST_SECONDS", 0.0)
    # Then
    assert ledger.get(found.id) == found
    assert found in ledger.list()
    assert found in [*ledger.since(found.staged_at - timedelta(minutes=1))]


def test_a_torn_hint_spoils_no_later_one(tmp_path: Path) -> None:
    # Given
    ledger, other = Ledger(tmp_path), LedgerIndex(tmp_path)
    ledger.add(record())
    before = other.state()
    with (tmp_path / HINTS).open("ab") as file:
        file.write(b"01ktorn")
    # When
    ledger.add(added := record())
    # Then
    assert other.state().added == added.id
    assert before.added != added.id


def test_hints_do_not_grow_for_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(record_names, "LONGEST_HINTS", 100)
    ledger, other = Ledger(tmp_path), LedgerIndex(tmp_path)
    # When
    for _ in range(20):
        ledger.add(record())
        other.state()
    # Then
    assert (tmp_path / HINTS).stat().st_size <= 200
    assert len([*other.ids()]) == len(ledger.list()) == 20
    assert [each.name for each in tmp_path.glob(".changes?*")] == []


@pytest.mark.parametrize("lost", ["started again", "removed"])
def test_a_hint_goes_where_the_others_look(tmp_path: Path, lost: str) -> None:
    # Given: two that have written hints, as two processes
    ours, theirs = Ledger(tmp_path), LedgerIndex(tmp_path)
    ours.add(record())
    theirs.state()
    # When
    if lost == "removed":
        (tmp_path / HINTS).unlink()
    else:
        HintsFile(tmp_path).begin_anew()
    theirs.state()
    ours.add(added := record())
    # Then
    assert added.id in (tmp_path / HINTS).read_text()
    with counted() as cost:
        assert added.id in theirs.ids()
    assert cost["os.scandir"] <= 3 * (lost == "removed")  # it has changed just now


def test_a_record_is_replaced_by_another_of_its_id(tmp_path: Path) -> None:
    ledger, first = Ledger(tmp_path), record()
    ledger.add(first)
    # When
    ledger.add(replace(first, name="other.parquet"))
    # Then
    assert [each.name for each in ledger.list()] == ["other.parquet"]


def test_a_folder_that_cannot_be_written_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    fill(tmp_path, 3)
    monkeypatch.setattr(record_names.os, "open", _refuse)
    ledger = Ledger(tmp_path)
    # When
    index = LedgerIndex(tmp_path)
    index.removed(new_id())
    # Then
    assert len(ledger.list()) == len([*index.ids()]) == 3


def _refuse(*_: Any, **__: Any) -> int:
    raise PermissionError(13, "Permission denied")


def test_records_past_their_retention_are_dropped(tmp_path: Path) -> None:
    # Given
    ledger, now = Ledger(tmp_path), datetime.now(timezone.utc)
    over = [
        record(kept_until=now - timedelta(days=2), id=first_id(now - timedelta(days=9 - number)))
        for number in range(3)
    ]
    kept = [
        record(kept_until=now - timedelta(hours=2)),
        record(kept_until=now + timedelta(days=2)),
        record(),
    ]
    # When
    for each in [*over, *kept]:
        ledger.add(each)
    # Then
    assert ledger.list() == kept[::-1]
    # When
    for _ in range(8):
        ledger.add(record())
    # Then
    left = {path.stem for path in tmp_path.glob("*.json")}
    assert left.isdisjoint({each.id for each in over})
    assert {each.id for each in kept} <= left


def test_only_the_day_is_looked_through_for_the_same_file(tmp_path: Path) -> None:
    # Given
    ledger, now = Ledger(tmp_path), datetime.now(timezone.utc)
    ledger.add(record(id=first_id(now - timedelta(days=1))))
    ledger.add(today := record())
    ledger.add(replace(record(), name="other"))
    # When / Then
    assert ledger.find("here", "fields.parquet", 12) == [today]
    ledger.forget(today.id)
    assert ledger.find("here", "fields.parquet", 12) == []


def _find_in_child(folder: Path, answer: Any) -> None:
    answer.put(len(Ledger(folder).list()))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_a_forked_process_begins_anew(tmp_path: Path) -> None:
    # Given
    with locks_made() as locks:
        ledger = Ledger(tmp_path)
        ledger.add(record())
    assert locks
    fork = multiprocessing.get_context("fork")
    answer = fork.SimpleQueue()
    # When
    with in_a_thread(holding(locks)):
        child = fork.Process(target=_find_in_child, args=(tmp_path, answer))
        child.start()
        child.join(60)
    # Then
    assert answer.get() == 1
