"""Rounds in which each engine has its turn, and what is made of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.meter import Cost

OURS = "ours"
Round = dict[str, "Cost"]


def play(engines: Mapping[str, Callable[[], Cost]], number: int) -> Round:
    """Run each engine once, in this order in one round and the other way round in the next."""
    names = list(engines) if number % 2 == 0 else list(reversed(engines))
    done: Round = {}
    for name in names:
        done[name] = engines[name]()
        cost = done[name]
        print(
            f"  {number + 1}. {name}: {cost.seconds:.2f} s, {cost.cpu:.2f} s of CPU,"
            f" {cost.peak:.0f} MiB"
            + (f", storage {cost.storage:.2f} s of CPU" if cost.storage else ""),
            file=sys.stderr,
            flush=True,
        )
    return done


@dataclass(frozen=True)
class Measured:
    """The rounds of one row; `unit` is that of `reading`, of which there is one for each engine."""

    rounds: Sequence[Round]
    reading: Callable[[Cost], float]
    unit: str

    @property
    def names(self) -> list[str]:
        """The engines."""
        return list(self.rounds[0])

    def typical(self, name: str) -> float:
        """Return the median of one engine."""
        return median(self.reading(each[name]) for each in self.rounds)

    def ratio(self, against: Callable[[Mapping[str, float]], float]) -> tuple[float, float, float]:
        """Return median, least and most of ours divided by `against` of the same round."""
        found = []
        for each in self.rounds:
            read = {name: self.reading(cost) for name, cost in each.items()}
            found.append(read[OURS] / against(read))
        return median(found), min(found), max(found)
