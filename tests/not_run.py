"""Says at the end of a run which tests were skipped, and why: a pytest plugin."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pytest


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reasons = Counter(
        report.longrepr[2].removeprefix("Skipped: ") if isinstance(report.longrepr, tuple) else ""
        for report in terminalreporter.stats.get("skipped", [])
    )
    if not reasons:
        return
    terminalreporter.section(f"{reasons.total()} not run", yellow=True, bold=True)
    for reason, count in reasons.most_common():
        tests = "test was" if count == 1 else "tests were"
        terminalreporter.line(f"{count} {tests} not run: {reason or 'no reason given'}")
