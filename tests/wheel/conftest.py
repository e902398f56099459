"""A wheel built from this checkout, and empty environments that it is installed in."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.wheel.environment import Environment, build_wheel

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel of this checkout."""
    return build_wheel(tmp_path_factory.mktemp("dist"))


@pytest.fixture(scope="module")
def bare(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Yield an environment with the wheel and what it asks for, nothing else."""
    folder = tmp_path_factory.mktemp("bare")
    environment = Environment(folder / "venv", folder / "home")
    environment.install(str(wheel))
    yield environment
    _remove(folder)


@pytest.fixture(scope="module")
def with_lab(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Environment]:
    """Yield an environment with the wheel and JupyterLab, nothing else."""
    folder = tmp_path_factory.mktemp("lab")
    environment = Environment(folder / "venv", folder / "home")
    environment.install(str(wheel), "jupyterlab>=4.6,<5", "notebook>=7.6,<8")
    yield environment
    _remove(folder)


def _remove(folder: Path) -> None:
    """Give half a gigabyte back at once; pytest would keep it for three runs."""
    shutil.rmtree(folder, ignore_errors=True)
