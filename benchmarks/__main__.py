"""`make bench`, or `make bench BENCH=many-files`: measure, print, and keep it in the page."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime, timezone
from pathlib import Path

from benchmarks import machine, peers
from benchmarks.rows import ROWS

PAGE = Path(__file__).parents[1] / "docs" / "performance.md"


def main() -> None:
    """Run the rows that were asked for."""
    names = [row.name for row in ROWS]
    parser = argparse.ArgumentParser(prog="make bench BENCH=…")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(names)}")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--wait", type=float, default=0.0, help="seconds to wait for a calm machine"
    )
    parser.add_argument("--trial", action="store_true", help="do not keep what is measured")
    wanted = parser.parse_args()
    if unknown := set(wanted.rows) - set(names):
        parser.error(f"there is no {', '.join(unknown)}; there is {', '.join(names)}")
    peers.python()
    for row in ROWS:
        if wanted.rows and row.name not in wanted.rows:
            continue
        before = machine.wait_for_calm(wanted.wait)
        print(f"{row.name} (load {before:.1f})", file=sys.stderr, flush=True)
        rounds = row.play(wanted.rounds)
        when = (
            f"{datetime.now(timezone.utc):%Y-%m-%d}, {len(rounds)} rounds, load before {before:.1f}"
        )
        lines = row.lines(rounds, when)
        print(*lines, sep="\n", end="\n\n", flush=True)
        if not wanted.trial:
            _keep(row.name, lines)
            _keep("machine", [machine.describe()])


def _keep(name: str, lines: list[str]) -> None:
    """Put them between the marks of that name."""
    begin, end = f"<!-- bench {name}: begin -->", f"<!-- bench {name}: end -->"
    text = PAGE.read_text("utf-8")
    before, found, rest = text.partition(begin)
    _, closed, after = rest.partition(end)
    if not (found and closed):
        raise RuntimeError(f"{PAGE.name} has no place for {name}")
    PAGE.write_text("\n".join([before + begin, "", *lines, "", end]) + after, "utf-8")


if __name__ == "__main__":
    main()
