"""What came out, as people read it: on the terminal, and as Markdown in docs/reliability.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.faults.grid import CASES

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.case import Case
    from tests.faults.outcome import Outcome

OURS = "ours"
BEGIN, END = "<!-- faults: begin -->", "<!-- faults: end -->"
WORDS = {
    "stored": "stored",
    "FALSE OK": "**FALSE OK**",
    "failed": "error, nothing left",
    "cancelled": "cancelled",
    "kept": "paused, then stored",
    "kept, LOST": "**paused, then lost**",
    "owed": "error, cleaned up later",
    "owed, UNPAID": "error, **never cleaned up**",
    "stored, ORPHAN": "stored, parts left",
    "failed, ORPHAN": "error, **parts left**",
    "failed, IS STORED": "error, **but is stored**",
    "failed, TORN OBJECT": "error, **wrong object left**",
    "REPLACED": "**replaced it**",
    "HANG": "**no end** in {deadline:.0f} s",
}


@dataclass
class Table:
    """Outcomes by engine and case."""

    outcomes: dict[tuple[str, str], list[tuple[str, Outcome, bool]]] = field(default_factory=dict)

    def add(self, engine: str, case: str, cell: str, outcome: Outcome, *, right: bool) -> None:
        """Keep one; `case` is its id."""
        self.outcomes.setdefault((engine, case), []).append((cell, outcome, right))

    @property
    def engines(self) -> list[str]:
        """Those that ran, ours first."""
        return sorted({engine for engine, _ in self.outcomes}, key=lambda e: (e != OURS, e))

    def wrong(self) -> list[str]:
        """Name our cells that came out wrong."""
        return [
            f"{cell}: {outcome}"
            for (engine, _), found in self.outcomes.items()
            for cell, outcome, right in found
            if engine == OURS and not right
        ]

    def summary(self) -> str:
        """Return a sentence of how much ran."""
        ours = [
            right for (e, _), found in self.outcomes.items() if e == OURS for *_, right in found
        ]
        faults = len({case for engine, case in self.outcomes if engine == OURS})
        return f"{faults} faults in {len(ours)} cells: right in {sum(ours)}."

    def markdown(self) -> str:
        """Return the table: a row a fault that peers were put to as well."""
        engines = self.engines
        lines = [f"| fault | {' | '.join(engines)} |", "|---" * (len(engines) + 1) + "|"]
        good: Counter[str] = Counter()
        rows = [case for case in CASES if case.row]
        for case in rows:
            cells = []
            for engine in engines:
                found = self.outcomes.get((engine, case.id), [])
                good[engine] += bool(found) and all(_is_right(case, o) for _, o, _ in found)
                cells.append(self._words(found))
            lines.append(f"| {case.row} | {' | '.join(cells)} |")
        counts = " | ".join(f"{good[engine]} of {len(rows)}" for engine in engines)
        return "\n".join([*lines, f"| **right** | {counts} |"])

    @staticmethod
    def _words(found: list[tuple[str, Outcome, bool]]) -> str:
        words = [WORDS[o.verdict].format(deadline=o.seconds) for _, o, _ in found]
        return ", ".join(dict.fromkeys(words)) or "-"


def _is_right(case: Case, outcome: Outcome) -> bool:
    return outcome.verdict in case.right and outcome.verdict != "REPLACED"


def write(table: Table, page: Path) -> None:
    """Put the table between the marks of `page`."""
    text = page.read_text()
    before, _, rest = text.partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n\n{table.summary()}\n\n{table.markdown()}\n\n{END}{after}")
