"""One cell after the other, in fast time; the table at the end."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.faults.fast import fast_time
from tests.faults.table import Table, write

if TYPE_CHECKING:
    from collections.abc import Iterator

_TABLE = pytest.StashKey[Table]()


@pytest.fixture
def fast() -> Iterator[None]:
    """Live in fast time."""
    with fast_time():
        yield


@pytest.fixture
def table(pytestconfig: pytest.Config) -> Table:
    """Where outcomes are kept."""
    return pytestconfig.stash.setdefault(_TABLE, Table())


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table, and write it to the page that FAULTS_PAGE names."""
    found = config.stash.get(_TABLE, None)
    if found is None or not found.outcomes:
        return
    terminalreporter.section("faults")
    terminalreporter.write_line(found.summary())
    for line in found.wrong():
        terminalreporter.write_line(f"wrong: {line}")
    if page := os.environ.get("FAULTS_PAGE"):
        terminalreporter.write_line(found.markdown())
        write(found, Path(page))
