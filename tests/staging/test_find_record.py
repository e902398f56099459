"""Which artifact a name means."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.staging.reference import find_record
from jupyter_openeo_artifacts.state.ids import connection_id, first_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import NameAmbiguous, NoSuchRecord
from tests.state.test_ledger_index import counted, record

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord

NOON = datetime.now().astimezone().replace(hour=12, minute=0, second=0, microsecond=0)
HERE, THERE = "https://openeo.example/", "https://other.example/"


def stage(hours: float, **changes: Any) -> StagedRecord:
    """Put one on the list, so many hours from today's noon."""
    at = (NOON + timedelta(hours=hours)).astimezone(timezone.utc)
    backend = changes.get("backend", HERE)
    uri = f"s3://artifacts/me/{at:%Y/%m/%d}/{first_id(at)[:10].lower()}/fields.parquet"
    values = {"id": first_id(at), "staged_at": at, "uri": uri, "sha256": f"{hours:064}"}
    made = record(**{**values, "connection": connection_id(backend), **changes})
    Ledger().add(made)
    return made


def test_of_several_days_the_newest_is_meant() -> None:
    # Given
    stage(-54)
    newest = stage(-24)
    stage(0, name="other.parquet")
    # When / Then
    assert find_record("fields.parquet") == newest
    with pytest.raises(NameAmbiguous, match="There are 2 artifacts named"):
        find_record("fields.parquet", of_any_day=True)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"sha256": "11" * 32}, id="other content"),
        pytest.param({"sha256": ""}, id="content that nobody knows"),
        pytest.param({"sha256": "22" * 32, "account": "bob"}, id="of another account"),
        pytest.param({"sha256": "22" * 32, "provider": "s4"}, id="in another storage"),
        pytest.param({"sha256": "22" * 32, "backend": THERE}, id="at another backend"),
    ],
)
def test_different_files_of_one_day_are_told_apart_by_their_uris(changes: dict[str, Any]) -> None:
    # Given
    older = stage(-2, **{"sha256": "22" * 32, **changes})
    newer = stage(-1, sha256="22" * 32)
    # When
    with pytest.raises(NameAmbiguous) as caught:
        find_record("fields.parquet")
    # Then
    lines = caught.value.todo.splitlines()[1:]
    assert [line.split("  ")[-1] for line in lines] == [newer.uri, older.uri]
    assert [line.split("  ")[1] for line in lines] == [
        f"{NOON + timedelta(hours=hours):%Y-%m-%d %H:%M:%S}" for hours in (-1, -2)
    ]
    assert caught.value.who == "you"
    assert find_record(older.uri) == older
    if older.backend == THERE:
        assert find_record("fields.parquet", HERE) == newer
        assert find_record("fields.parquet", THERE) == older


def test_a_second_copy_of_the_same_content_is_no_other_file() -> None:
    # Given
    stage(-2, sha256="22" * 32)
    newer = stage(-1, sha256="22" * 32)
    # When / Then
    assert find_record("fields.parquet") == newer
    with pytest.raises(NameAmbiguous):
        find_record("fields.parquet", of_any_day=True)


def test_an_error_lists_no_more_than_can_be_read() -> None:
    # Given
    for number in range(30):
        stage(-number / 100)
    # When
    with pytest.raises(NameAmbiguous, match="There are 30 artifacts") as caught:
        find_record("fields.parquet")
    # Then
    assert len(caught.value.todo.splitlines()) == 22
    assert caught.value.todo.endswith("… and 10 older ones")


def test_a_name_costs_its_day_and_a_uri_what_came_since() -> None:
    # Given
    for number in range(200):
        stage(-24 * 20 - number / 100, name="old.parquet")
    wanted = stage(-1)
    # When
    with counted() as by_name:
        assert find_record("fields.parquet") == wanted
    with counted() as by_uri:
        assert find_record(wanted.uri) == wanted
    # Then
    assert by_name["open"] < 10
    assert by_uri["open"] < 10


def test_what_is_not_there_is_said_or_left_to_storage() -> None:
    stage(-1)
    assert find_record("s3://artifacts/me/2026/11/22/x/fields.parquet") is None
    assert find_record("s3://") is None
    with pytest.raises(NoSuchRecord, match="No artifact named") as caught:
        find_record("field.parquet")
    assert "'fields.parquet'" in caught.value.todo


def test_a_record_of_before_that_names_no_account_is_a_copy_of_its_like() -> None:
    first = stage(-2, sha256="22" * 32, account="")
    second = replace(stage(-1, sha256="22" * 32, account=""))
    assert find_record("fields.parquet") == second != first
