"""One cell after the other, in fast time; the table at the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.fast import fast_time
from tests.faults.outcome import Outcome
from tests.faults.table import Table, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.faults.case import Case

_OUTCOME = "fault outcome"
_TABLE = Table()


@pytest.fixture
def fast() -> Iterator[None]:
    """Live in fast time."""
    with fast_time():
        yield


@pytest.fixture
def record_outcome(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Have an outcome stand in the table at the end, whichever process this test runs in."""

    def record(engine: str, case: Case, cell: str, outcome: Outcome, *, right: bool) -> None:
        record_property(_OUTCOME, [engine, case.id, cell, vars(outcome), right])

    return record


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Take the outcome of a test that ended, for the table."""
    if report.when == "call" and report.outcome != "rerun":
        for name, value in report.user_properties:
            if name == _OUTCOME:
                engine, case, cell, fields, right = value
                _TABLE.add(engine, case, cell, Outcome.of(fields), right=right)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, and write it to the page that FAULTS_PAGE names."""
    if not _TABLE.outcomes:
        return
    terminalreporter.section("faults")
    terminalreporter.write_line(_TABLE.summary())
    for line in _TABLE.wrong():
        terminalreporter.write_line(f"wrong: {line}")
    if page := os.environ.get("FAULTS_PAGE"):
        terminalreporter.write_line(_TABLE.markdown())
        write(_TABLE, Path(page))
