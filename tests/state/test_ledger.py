"""The ledger of staged artifacts."""

from __future__ import annotations

import json
import multiprocessing
import stat
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state import record_files
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import connection_id, new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord, StagedRecord

if TYPE_CHECKING:
    from pathlib import Path


def record(**changes: object) -> StagedRecord:
    values = {
        "id": new_id(),
        "name": "fields 😀 <b>.parquet",
        "uri": "s3://artifacts/ab/2026/11/22/x/fields.parquet",
        "backend": "https://openeo.example/",
        "connection": connection_id("https://openeo.example/"),
        "provider": "s3",
        "size": 12,
        "sha256": "00" * 32,
        "content_type": "application/octet-stream",
        "origin": "magic",
        "staged_at": datetime.now(timezone.utc),
    }
    return StagedRecord(**{**values, **changes})  # type: ignore[arg-type]


def test_what_was_added_comes_back_newest_first(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path / "artifacts")
    older, newer = record(id="0" * 26), record(id="1" * 26, connection="other")
    # When
    ledger.add(newer)
    ledger.add(older)
    # Then
    assert ledger.list() == [newer, older]
    assert ledger.list("other") == [newer]
    assert ledger.get(older.id) == older


def test_a_file_of_an_older_version_is_read(tmp_path: Path) -> None:
    # Given
    ledger, kept = Ledger(tmp_path), record(verified="size", account="Alice")
    ledger.add(kept)
    older = json.loads(record(id="0" * 26).to_json())
    del older["verified"], older["account"]
    # When
    (tmp_path / f"{older['id']}.json").write_text(json.dumps(older))
    # Then
    assert [each.verified for each in ledger.list()] == ["size", "etag"]
    assert [each.account for each in ledger.list()] == ["Alice", ""]


def test_files_are_private_and_whole(tmp_path: Path) -> None:
    # Given
    ledger = Ledger(tmp_path / "artifacts")
    # When
    ledger.add(record())
    # Then
    hints, file = sorted((tmp_path / "artifacts").iterdir())
    assert hints.name == ".changes"
    assert stat.S_IMODE(hints.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700


def test_forgetting_takes_it_off(tmp_path: Path) -> None:
    # Given
    ledger, kept = Ledger(tmp_path), record()
    ledger.add(kept)
    # When
    before = ledger.state()
    ledger.forget(kept.id)
    # Then
    assert ledger.list() == []
    assert ledger.state() != before
    with pytest.raises(NoSuchRecord):
        ledger.forget(kept.id)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"[]",
        b'{"id": 1}',
        b"\xff\xfe",
        json.dumps({**json.loads(record().to_json()), "origin": "elsewhere"}).encode(),
        json.dumps({**json.loads(record().to_json()), "size": "12"}).encode(),
        json.dumps({**json.loads(record().to_json()), "staged_at": "soon"}).encode(),
        json.dumps({**json.loads(record().to_json()), "verified": "maybe"}).encode(),
        json.dumps({**json.loads(record().to_json()), "verified": None}).encode(),
        json.dumps({**json.loads(record().to_json()), "verified": ["size"]}).encode(),
        json.dumps({**json.loads(record().to_json()), "staged_at": 1763832000}).encode(),
    ],
)
def test_a_damaged_file_hides_no_other(tmp_path: Path, content: bytes) -> None:
    # Given
    ledger, kept = Ledger(tmp_path), record()
    ledger.add(kept)
    # When
    (tmp_path / "zzz.json").write_bytes(content)
    # Then
    assert ledger.list() == [kept]
    with pytest.raises(NoSuchRecord):
        ledger.get("zzz")


@pytest.mark.parametrize("name", ["../secret", "a/b", "", ".", "a\0b", "ä"])
def test_an_id_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    # Given
    (tmp_path / "secret.json").write_bytes(record().to_json())
    # When / Then
    with pytest.raises(NoSuchRecord):
        Ledger(tmp_path / "artifacts").get(name)
    with pytest.raises(NoSuchRecord):
        Ledger(tmp_path / "artifacts").forget(name)
    assert (tmp_path / "secret.json").exists()


def _add_many(folder: Path, count: int) -> None:
    for _ in range(count):
        Ledger(folder).add(record())


def test_processes_share_it(tmp_path: Path) -> None:
    # Given
    spawn = multiprocessing.get_context("spawn")
    workers = [spawn.Process(target=_add_many, args=(tmp_path, 20)) for _ in range(3)]
    # When
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    # Then
    assert len(Ledger(tmp_path).list()) == 60


def test_the_folder_may_be_given_below_the_home_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: as in a container's ENV, where no shell puts the home folder in
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", "~/artifacts")
    # When / Then
    assert state_folder("spool") == tmp_path / "artifacts" / "spool"
    assert stat.S_IMODE((tmp_path / "artifacts").stat().st_mode) == 0o700


def test_a_folder_that_cannot_be_made_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", str(tmp_path / "file" / "below"))
    # When / Then
    with pytest.raises(RecordsUnusable, match="JUPYTER_OPENEO_ARTIFACTS_HOME"):
        Ledger().list()


def test_ids_sort_as_they_were_made(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    made = [new_id() for _ in range(1000)]
    # When: the clock is set back
    monkeypatch.setattr(time, "time_ns", lambda: 0)
    made += [new_id() for _ in range(10)]
    # Then
    assert made == sorted(set(made))
    assert {len(each) for each in made} == {26}


def test_connections_go_by_address() -> None:
    assert connection_id("HTTPS://openEO.example/1.2/") == connection_id(
        "https://openeo.example/1.2"
    )
    assert connection_id("https://openeo.example/a") != connection_id("https://openeo.example/A")


def test_what_could_not_be_written_has_its_place_among_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    def full(*_: object) -> None:
        raise RecordsUnusable("The disk is full.")

    ledger = Ledger(tmp_path / "artifacts")
    unlisted = record(id="3" * 26)
    with monkeypatch.context() as broken:
        broken.setattr(record_files, "create_private", full)
        ledger.add_or_keep(unlisted)
    for digit in "12456":
        ledger.add(record(id=digit * 26))
    # When
    pages, before, more = [], None, True
    while more:
        found, more = ledger.page(2, before)
        pages += [each.id[0] for each in found]
        before = found[-1].id
    # Then: each once, newest first
    assert "".join(pages) == "654321"
    assert "".join(each.id[0] for each in ledger.find(None, unlisted.name, 12)) == "654321"
    # When: one that was written after all
    (tmp_path / "artifacts" / f"{unlisted.id}.json").write_bytes(unlisted.to_json())
    # Then
    assert "".join(each.id[0] for each in Ledger(tmp_path / "artifacts").anew()) == "654321"
