"""A queue that lives as long as one test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def upload_manager(tmp_path: Path) -> Iterator[UploadManager]:
    """Yield a queue with a ledger of its own."""
    upload_manager = UploadManager(Ledger(tmp_path / "ledger"))
    yield upload_manager
    upload_manager.close()
