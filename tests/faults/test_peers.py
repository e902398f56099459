"""boto3 on the same faults: where it is known to fail it must fail here, or the grid is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.grid import CASES
from tests.faults.peers import AT_ONCE, PART, RETRIES, run_boto3
from tests.faults.rig import Rig

if TYPE_CHECKING:
    from tests.faults.case import Case

QUICK = {
    "UploadPart: a flipped bit always",
    "UploadPart: ExpiredToken once",
    "UploadPart: skew once",
    "Complete applied, answer lost, MinIO",
    "an object is there already",
}
"""Part of each run of the tests, by boto3's defaults."""
ROWS = [case for case in CASES if case.row or case.boto3]
PAIRS = [
    pytest.param(
        case,
        engine,
        marks=() if case.id in QUICK and engine == "boto3" else pytest.mark.faults,
        id=f"{case.slug}-{engine.replace(' ', '_')}",
    )
    for case in ROWS
    for engine in RETRIES
]


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize(("case", "engine"), PAIRS)
def test_peer(case: Case, engine: str, tmp_path, record_outcome) -> None:
    # Given
    bad = case.boto3 if engine == "boto3" else case.standard
    size = case.peer_parts * PART + 7
    # When
    with Rig(case, size, "file", tmp_path, PART, AT_ONCE) as rig:
        outcome = run_boto3(rig, engine)
    # Then
    record_outcome(engine, case, case.slug, outcome, right=outcome.verdict in case.right)
    assert not bad or outcome.verdict in bad, f"{outcome}: the harness is broken"
