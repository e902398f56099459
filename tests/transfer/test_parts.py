"""Parts cover the file, once, within the limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_openeo_artifacts.s3.exceptions import StorageRefused
from jupyter_openeo_artifacts.transfer.config import (
    MAX_OBJECT,
    MAX_PART,
    MAX_PARTS,
    MIB,
    MIN_PART,
    PartPlan,
    TransferConfig,
)

sizes = st.one_of(
    st.integers(0, 100 * MIB),
    st.integers(0, MAX_OBJECT),
    st.integers(-2, 2).map(lambda off: 8 * MIB * MAX_PARTS + off),
    st.sampled_from([MIN_PART - 1, MIN_PART, MIN_PART + 1, MAX_OBJECT]),
)


@given(size=sizes, wish=st.integers(MIN_PART, 512 * MIB))
def test_a_plan_keeps_the_limits(size, wish) -> None:
    plan = PartPlan.for_size(size, wish)
    assert MIN_PART <= plan.part_size <= MAX_PART
    assert 1 <= plan.count <= MAX_PARTS
    assert plan.part_size >= wish
    assert (plan.count - 1) * plan.part_size < size or plan.count == 1
    assert plan.count * plan.part_size >= size


@given(size=st.integers(0, 2000 * MIB), wish=st.integers(MIN_PART, 100 * MIB))
def test_parts_cover_the_file_once(size, wish) -> None:
    # Given
    plan = PartPlan.for_size(size, wish)
    # When
    parts = list(plan)
    # Then
    assert [part.number for part in parts] == list(range(1, plan.count + 1))
    assert sum(part.length for part in parts) == size
    end = 0
    for part in parts:
        assert part.offset == end
        end += part.length
    assert all(part.length == plan.part_size for part in parts[:-1])


def test_a_file_no_storage_takes_is_refused_before_it_is_read() -> None:
    with pytest.raises(StorageRefused, match="5 TiB"):
        PartPlan.for_size(MAX_OBJECT + 1, 8 * MIB)


@given(part=st.integers(MIN_PART, MAX_PART), count=st.integers(1, MAX_PARTS))
def test_buffers_stay_within_their_bound(part, count) -> None:
    # Given
    config = TransferConfig()
    # When
    at_once = config.parts_at_once(part, count)
    # Then
    assert 1 <= at_once <= min(config.in_flight, count)
    assert at_once == 1 or at_once * part <= config.buffer_bytes


@pytest.mark.parametrize("wrong", [{"part_size": MIN_PART - 1}, {"in_flight": 0}])
def test_a_config_that_cannot_work_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="must be at least"):
        TransferConfig(**wrong)
