"""Which backend was used last."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.backends import forget_backend, last_backend, remember_backend

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_that_cannot_be_used_knows_of_none(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", "/dev/null/artifacts")
    # When / Then
    assert last_backend() is None
    forget_backend("https://openeo.example")
    with pytest.raises(RecordsUnusable):
        remember_backend("https://openeo.example")


def test_a_file_that_is_none_of_ours_knows_of_none(own_home: Path) -> None:
    # Given
    remember_backend("https://openeo.example")
    assert last_backend() == "https://openeo.example"
    # When
    (own_home / "jupyter_openeo_artifacts_home" / "last-backend").write_bytes(b"\xff")
    # Then
    assert last_backend() is None
