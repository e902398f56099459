"""What has changed since a mark, over HTTP and over a comm, and how much of it is answered."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.service import changes
from jupyter_openeo_artifacts.service.changes import UploadVersions
from jupyter_openeo_artifacts.state import ledger_index
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.ledger_index import LedgerIndex
from jupyter_openeo_artifacts.state.link_ends import LinkEnds
from jupyter_openeo_artifacts.state.record_files import RecordFiles
from jupyter_openeo_artifacts.state.staged_record import StagedRecord
from tests.service.test_conformance import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from tests.service.clients import Client, CommClient, HttpClient

MANY = 5000


def record(**more: Any) -> StagedRecord:
    made = new_id()
    told: dict[str, Any] = {
        "id": made,
        "name": "fields.parquet",
        "uri": f"s3://artifacts/ab/2026/11/28/{made}/fields.parquet",
        "backend": "https://openeo.example/",
        "connection": "elsewhere",
        "provider": "s3",
        "size": 12,
        "sha256": "00" * 32,
        "content_type": "application/octet-stream",
        "origin": "cli",
        "staged_at": datetime.now(timezone.utc),
        **more,
    }
    return StagedRecord(**told)


def fill(folder: Path, count: int) -> list[StagedRecord]:
    """Put records into a ledger's folder as older versions did, a file each."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    records = [record() for _ in range(count)]
    for each in records:
        (folder / f"{each.id}.json").write_bytes(each.to_json())
    return records


@pytest.fixture(params=["http", "comm"])
def client(
    request: pytest.FixtureRequest,
    over_http: HttpClient,
    over_comm: Callable[[], CommClient],
) -> Client:
    return over_http if request.param == "http" else over_comm()


async def test_of_five_thousand_artifacts_only_what_changed_is_answered(
    client: Client,
) -> None:
    # Given: a list that a page has read
    ledger = Ledger()
    records = await asyncio.to_thread(fill, state_folder("artifacts"), MANY)
    whole = await client.ok("listArtifacts")
    assert (len(whole["artifacts"]), whole["since"], whole["removed"]) == (200, None, [])

    # When: one comes, one goes, one gets a link, and one does all of it
    fresh, brief = record(), record()
    for each in (fresh, brief):
        ledger.add(each)
    for each in (records[17], brief):
        ledger.forget(each.id)
    now = datetime.now(timezone.utc)
    LinkEnds().note(records[-3].uri, now, now + timedelta(hours=1))
    told = await client.ok("listArtifacts", since=whole["mark"])

    # Then
    assert told["since"] == whole["mark"]
    assert [each["id"] for each in told["artifacts"]] == [fresh.id, records[-3].id]
    assert told["artifacts"][1]["link_until"] is not None
    assert set(told["removed"]) == {records[17].id, brief.id}


async def test_nothing_new_is_an_empty_answer(client: Client) -> None:
    mark = (await client.ok("listArtifacts"))["mark"]
    told = await client.ok("listArtifacts", since=mark)
    assert (told["artifacts"], told["removed"], told["since"]) == ([], [], mark)


@pytest.mark.parametrize("operation", ["listArtifacts", "listUploads"])
@pytest.mark.parametrize(
    "mark", ["", "x", f"{'0' * 26}-0", f"{'0' * 26}-0.0.0", "-1", "%D9%A3-1.1.1"]
)
async def test_a_mark_that_is_not_known_is_answered_by_the_list(
    client: Client, operation: str, mark: str
) -> None:
    told = await client.ok(operation, since=mark)
    assert told["since"] is None


async def test_an_old_mark_is_answered_by_the_list(client: Client) -> None:
    mark: str = (await client.ok("listArtifacts"))["mark"]
    rest, _, hour = mark.rpartition(".")
    told = await client.ok("listArtifacts", since=f"{rest}.{int(hour) - 1}")
    assert told["since"] is None


async def test_more_changes_than_a_page_are_answered_by_the_list(client: Client) -> None:
    mark = (await client.ok("listArtifacts"))["mark"]
    for _ in range(3):
        Ledger().add(record())
    told = await client.ok("listArtifacts", since=mark, limit=2)
    assert told["since"] is None
    assert len(told["artifacts"]) == 2


async def test_uploads_that_changed_came_or_went_are_told(
    client: Client, provider: LocalProvider
) -> None:
    # Given
    connection = await sign_in(client, provider)
    first = await client.stage("first.bin", b"1", connection=connection)
    before = await client.ok("listUploads")
    assert [each["id"] for each in before["uploads"]] == [first["id"]]
    assert (await client.ok("listUploads", since=before["mark"]))["uploads"] == []
    # When
    second = await client.stage("second.bin", b"2", connection=connection)
    await client.call("forgetUpload", upload=first["id"])
    told = await client.ok("listUploads", since=before["mark"])
    # Then
    assert [each["id"] for each in told["uploads"]] == [second["id"]]
    assert told["removed"] == [first["id"]]
    after = await client.ok("listUploads", since=told["mark"])
    assert (after["uploads"], after["removed"]) == ([], [])


def test_the_ledger_keeps_a_bounded_number_of_changes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(ledger_index, "MOST_NOTED", 4)
    ledger = Ledger(tmp_path)
    marks = [ledger.mark()]
    records = [record() for _ in range(6)]
    # When
    for each in records:
        ledger.add(each)
        marks.append(ledger.mark())
    # Then
    assert [mark and ledger.changed_since(mark) for mark in marks] == [
        None,
        None,
        *({each.id for each in records[first:]} for first in range(2, 7)),
    ]


def test_what_another_process_stages_and_forgets_is_told(tmp_path: Path) -> None:
    # Given
    ledger, old, fresh = Ledger(tmp_path), record(), record()
    ledger.add(old)
    mark = ledger.mark()
    assert mark is not None
    # When
    elsewhere = RecordFiles(tmp_path, LedgerIndex(tmp_path))  # with hints alone in common
    elsewhere.add(fresh)
    elsewhere.remove(old.id)
    # Then
    assert ledger.changed_since(mark) == {old.id, fresh.id}
    assert elsewhere.index.changed_since(mark) is None


def test_versions_of_uploads_hold_no_more_than_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setattr(changes, "MOST_REMOVED", 2)
    listed: list[Any] = []
    versions = UploadVersions(lambda: [*listed])
    listed += [View(name) for name in "abc"]
    marks = [versions.since(None).mark]
    # When: each goes in its turn
    for _ in range(3):
        listed.pop(0)
        marks.append(versions.since(None).mark)
    # Then: the first removal is forgotten
    found = [versions.since(mark) for mark in marks]
    assert [(each.partial, each.removed) for each in found] == [
        (False, []),
        (True, ["b", "c"]),
        (True, ["c"]),
        (True, []),
    ]


class View:
    def __init__(self, name: str) -> None:
        self.id = name
