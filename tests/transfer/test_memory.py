"""What uploads cost a process in memory and threads, whatever is sent and how much at a time."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.transfer.weighed import MIB, sink, weighed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

GIB = 1024 * MIB

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="only Linux says how much memory a process has had"
)


@pytest.fixture
def ask() -> Iterator[Callable[[int, int], dict[str, int]]]:
    with sink() as endpoint, weighed(endpoint) as found:
        yield found


@pytest.mark.slow
def test_twenty_uploads_at_once_stay_within_64_mib(ask) -> None:
    # When
    first, second = ask(20, 64 * MIB), ask(20, 64 * MIB)
    # Then
    for found in (first, second):
        assert found["failed"] == 0
        assert found["peak"] < 64 * MIB, found
        assert found["after"] < 16 * MIB, found
        # 20 that ask and 20 that conduct are among them
        assert found["threads"] <= 64, found


def test_memory_does_not_grow_with_the_file(ask) -> None:
    small, large = ask(1, 128 * MIB), ask(1, 512 * MIB)
    assert (small["failed"], large["failed"]) == (0, 0)
    assert large["peak"] < small["peak"] + 4 * MIB, (small, large)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_20_gib_cost_no_more_memory_than_1_gib(ask) -> None:
    small, large = ask(1, GIB), ask(1, 20 * GIB)
    assert (small["failed"], large["failed"]) == (0, 0)
    assert large["peak"] <= small["peak"] + 8 * MIB, (small, large)
