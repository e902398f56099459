"""Locks between processes, and what was used last."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.state.backends import last_backend, remember_backend
from jupyter_openeo_artifacts.state.files import write_private
from jupyter_openeo_artifacts.state.locks import locked
from jupyter_openeo_artifacts.state.staged_record import RecordsBusy

if TYPE_CHECKING:
    from pathlib import Path

HOLD = """
import sys, pathlib
from jupyter_openeo_artifacts.state.locks import locked
with locked(pathlib.Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_waits_and_is_told(tmp_path: Path) -> None:
    # Given
    path = tmp_path / "store.json"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        # When / Then
        with pytest.raises(RecordsBusy, match=r"store\.json"), locked(path, timeout=0.2):
            pass
        holder.communicate("")
    with locked(path, timeout=5):
        pass


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    path = tmp_path / "kept"
    write_private(path, b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    # When
    with pytest.raises(RecordsUnusable, match="No space left"):
        write_private(path, b"new")
    # Then
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_last_backend_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", str(tmp_path / "home"))
    # When / Then
    assert last_backend() is None
    remember_backend("https://openeo.example")
    assert last_backend() == "https://openeo.example"
