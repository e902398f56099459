"""Our engine, in each cell of the grid."""

from __future__ import annotations

import pytest

from tests.faults.case import ALL_SIZES, PART, Cell
from tests.faults.grid import CELLS, SLICE
from tests.faults.ours import AT_ONCE, run_ours
from tests.faults.rig import Rig
from tests.faults.table import OURS

PARAMETERS = [
    pytest.param(cell, id=cell.id, marks=() if cell in SLICE else pytest.mark.faults)
    for cell in CELLS
]


@pytest.mark.usefixtures("fast")
@pytest.mark.parametrize("cell", PARAMETERS)
def test_cell(cell: Cell, tmp_path, record_outcome) -> None:
    case = cell.case
    # When
    with Rig(case, ALL_SIZES[cell.size], cell.kind, tmp_path, PART, AT_ONCE) as rig:
        outcome = run_ours(rig)
    # Then
    said = not outcome.error_name or not case.error or outcome.error_name in case.error
    right = (
        outcome.verdict in case.right and not outcome.wrong and outcome.seconds < case.most and said
    )
    record_outcome(OURS, case, cell.id, outcome, right=right)
    assert outcome.verdict in case.right, str(outcome)
    assert not outcome.wrong, str(outcome)
    assert outcome.seconds < case.most, str(outcome)
    assert said, str(outcome)
