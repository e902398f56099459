"""What is told of the ledger's changes, in the order in which a list is to show them."""

from __future__ import annotations

import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.service.changes import Throttle, ledger_changes
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import StagedRecord

if TYPE_CHECKING:
    from pathlib import Path


def record() -> StagedRecord:
    return StagedRecord(
        id=new_id(),
        name="fields.parquet",
        uri="s3://artifacts/ab/2026/11/22/x/fields.parquet",
        backend="https://openeo.example/",
        connection="here",
        provider="s3",
        size=12,
        sha256="00" * 32,
        content_type="application/octet-stream",
        origin="magic",
        staged_at=datetime.now(timezone.utc),
    )


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        ("+b", ["b staged"]),
        ("-a", ["a forgotten"]),
        ("+b -a", ["b staged", "a forgotten"]),  # in its place
        ("-a +b", ["b staged", "a forgotten"]),  # at no time is there none of both
        ("+b -b", ["b forgotten"]),  # gone before anybody looked
        ("-a +a", ["a staged"]),  # taken off the list, and staged again from what storage has
        ("-a +a -a", ["a forgotten"]),
    ],
)
def test_what_came_and_went_between_two_looks_is_told_as_it_is_now(
    tmp_path: Path, steps: str, told: list[str]
) -> None:
    # Given
    ledger, watched = Ledger(tmp_path), Ledger(tmp_path)
    records = {"a": record(), "b": record()}
    names = {each.id: name for name, each in records.items()}
    ledger.add(records["a"])
    seen = watched.state()
    # When
    for step in steps.split():
        if step[0] == "+":
            ledger.add(records[step[1]])
        else:
            ledger.forget(records[step[1]].id)
    found = watched.state()
    # Then
    changes = ledger_changes(watched, seen, found)
    assert [f"{names[each]} {state}" for each, state in changes] == told


def test_what_happened_first_is_told_first() -> None:
    # Given: progress was told just now, and the next one has to wait
    throttle, now = Throttle(), time.monotonic()
    throttle.note("uploads", "u", "uploading")
    throttle.due(now)
    throttle.note("uploads", "u", "uploading")
    assert throttle.due(now)[0] == []
    # When: it ends meanwhile, after what came of it was noted
    throttle.note("artifacts", "a", "staged")
    throttle.note("uploads", "u", "staged")
    # Then
    assert throttle.due(now)[0] == [("artifacts", "a", "staged"), ("uploads", "u", "staged")]
