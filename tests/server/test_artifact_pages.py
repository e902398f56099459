"""The list of artifacts by pages, written off the loop."""

from __future__ import annotations

import threading
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.staged_record import StagedRecord

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def staged(extension: Any) -> Callable[..., list[str]]:
    """Put records on the ledger and return their ids, newest first."""

    def stage(count: int, connection: str = "elsewhere") -> list[str]:
        ids = [new_id() for _ in range(count)]
        for each in ids:
            extension.ledger.add(
                StagedRecord(
                    id=each,
                    name="fields.parquet",
                    uri=f"s3://artifacts/ab/2026/11/27/{each}/fields.parquet",
                    backend="https://openeo.example/",
                    connection=connection,
                    provider="s3",
                    size=12,
                    sha256="00" * 32,
                    content_type="application/octet-stream",
                    origin="cli",
                    staged_at=datetime.now(timezone.utc),
                )
            )
        return ids[::-1]

    return stage


async def test_a_page_is_200_long_and_names_the_one_that_follows(api: Any, staged: Any) -> None:
    # Given
    ids = staged(205)
    # When
    first = (await api("GET", "/artifacts")).json
    second = (await api("GET", f"/artifacts?before={first['next']}")).json
    # Then
    assert [each["id"] for each in first["artifacts"]] == ids[:200]
    assert first["next"] == ids[199]
    assert [each["id"] for each in second["artifacts"]] == ids[200:]
    assert second["next"] is None


async def test_a_page_of_a_connection_holds_nothing_else(
    api: Any, staged: Any, connect: Any
) -> None:
    # Given
    connection = await connect()
    mine = staged(3, connection)
    staged(4)
    mine = staged(2, connection) + mine
    # When
    first = (await api("GET", f"/artifacts?connection={connection}&limit=4")).json
    last = (
        await api("GET", f"/artifacts?connection={connection}&limit=4&before={first['next']}")
    ).json
    # Then
    assert [each["id"] for each in first["artifacts"] + last["artifacts"]] == mine
    assert last["next"] is None


@pytest.mark.parametrize("limit", ["0", "-1", "1001", "many", "1e2", "٣", ""])
async def test_an_odd_limit_is_refused(api: Any, limit: str) -> None:
    # When
    answer = await api("GET", f"/artifacts?limit={limit}")
    # Then
    assert answer.status == 400
    assert answer.code == "request_invalid"


@pytest.mark.parametrize("before", ["0", "zzz", "../x", "٣"])
async def test_an_unknown_place_to_begin_is_a_page_all_the_same(
    api: Any, staged: Any, before: str
) -> None:
    # Given
    ids = staged(2)
    # When
    answer = await api("GET", f"/artifacts?before={before}")
    # Then
    assert {each["id"] for each in answer.json["artifacts"]} <= set(ids)


async def test_the_list_is_built_and_written_off_the_loop(
    api: Any, staged: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    staged(2)
    threads = set()
    artifacts = wire.artifacts

    def noted(records: list[StagedRecord]) -> list[dict[str, Any]]:
        threads.add(threading.current_thread())
        return artifacts(records)

    monkeypatch.setattr(wire, "artifacts", noted)
    # When
    await api("GET", "/artifacts")
    # Then
    assert threads
    assert threading.main_thread() not in threads


async def test_the_list_is_answered_where_no_end_of_a_link_can_be_kept(
    api: Any, staged: Any, own_home: Path
) -> None:
    # Given
    ids = staged(2)
    (own_home / "jupyter_openeo_artifacts_home" / "links").write_bytes(b"")
    # When
    found = (await api("GET", "/artifacts")).json["artifacts"]
    one = (await api("GET", f"/artifacts/{ids[0]}")).json
    # Then
    assert [each["id"] for each in found] == ids
    assert [each["link_until"] for each in [*found, one]] == [None, None, None]
