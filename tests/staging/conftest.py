"""A queue that lives as long as one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.records.ledger import Ledger
from jupyter_openeo_artifacts.staging.stager import Stager

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def stager(tmp_path: Path) -> Iterator[Stager]:
    """Yield a queue with a ledger of its own."""
    stager = Stager(Ledger(tmp_path / "ledger"))
    yield stager
    stager.close()
