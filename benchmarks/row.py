"""A row of the table: what is measured, against whom, and what was to be reached."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from benchmarks.rounds import Measured

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from benchmarks.meter import Cost
    from benchmarks.rounds import Round


@dataclass(frozen=True)
class Target:
    """At most `most` times `against`, which is named `peer`, of the same round."""

    peer: str
    against: Callable[[Mapping[str, float]], float]
    most: float

    @classmethod
    def of(cls, peer: str, most: float) -> Target:
        """Against one peer."""
        return cls(peer, lambda read: read[peer], most)


@dataclass(frozen=True)
class Row:
    """What `make bench BENCH=name` measures.

    Parameters
    ----------
    play
        Plays so many rounds.
    reading
        The number that counts of what a run has cost, in `unit`.
    """

    name: str
    title: str
    play: Callable[[int], Sequence[Round]]
    targets: Sequence[Target]
    reading: Callable[[Cost], float] = field(default=lambda cost: cost.seconds)
    unit: str = "s"

    def lines(self, rounds: Sequence[Round], remark: str) -> list[str]:
        """Return Markdown of the outcome."""
        measured = Measured(rounds, self.reading, self.unit)
        lines = [f"**{self.title}** ({remark})", "", "| | median |", "|---|---|"]
        lines += [
            f"| {name} | {_number(measured.typical(name))} {self.unit} |" for name in measured.names
        ]
        lines += ["", "| against | ratio (least to most) | to reach | |", "|---|---|---|---|"]
        for target in self.targets:
            middle, least, most = measured.ratio(target.against)
            verdict = "reached" if middle <= target.most else "**missed**"
            spread = f"{middle:.2f} ({least:.2f} to {most:.2f})"
            lines.append(f"| {target.peer} | {spread} | ≤ {target.most:g} | {verdict} |")
        return lines


def _number(value: float) -> str:
    return f"{value:.2f}" if value < 100 else f"{value:.0f}"  # noqa: PLR2004
