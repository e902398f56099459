"""A wheel built from this checkout, and an empty environment that it is installed in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]

# What `pip` needs of the machine around it; the rest is not handed on.
_HANDED_ON = (
    "LANG",
    "PIP_CACHE_DIR",
    "PIP_CONFIG_FILE",
    "PIP_INDEX_URL",
    "REQUESTS_CA_BUNDLE",
    "SSL_CERT_FILE",
)


class Environment:
    """A virtual environment that sees its own programs only: no Node, no compiler, no git.

    Parameters
    ----------
    path
        Where it is made.
    home
        Stands in for a person's home.
    """

    def __init__(self, path: Path, home: Path) -> None:
        self.bin = path / ("Scripts" if os.name == "nt" else "bin")
        self.home = home
        self.home.mkdir()
        subprocess.run([sys.executable, "-m", "venv", str(path)], check=True)

    def install(self, *what: str) -> None:
        """Install from the registry, or a file."""
        # pip's own settings and cache are in the real home.
        home = {"HOME": os.environ.get("HOME", "")}
        self._run(["python", "-m", "pip", "install", "--quiet", *what], home)

    def run(self, program: str, *arguments: str, **variables: str) -> str:
        """Run one of its programs and return all that it says."""
        return self._run([program, *arguments], variables)

    def variables(self) -> dict[str, str]:
        """Return the environment variables that its programs see."""
        kept = {name: os.environ[name] for name in _HANDED_ON if name in os.environ}
        below = {
            "HOME": "",
            "XDG_DATA_HOME": "data",
            "OPENEO_CONFIG_HOME": "openeo",
            "JUPYTER_OPENEO_ARTIFACTS_HOME": "artifacts",
            "JUPYTER_CONFIG_DIR": "jupyter-config",
            "JUPYTER_DATA_DIR": "jupyter-data",
            "JUPYTER_RUNTIME_DIR": "jupyter-runtime",
            "IPYTHONDIR": "ipython",
        }
        own = {name: str(self.home / folder) for name, folder in below.items()}
        return kept | own | {"PATH": str(self.bin), "JUPYTER_PLATFORM_DIRS": "1"}

    def _run(self, command: list[str], variables: dict[str, str]) -> str:
        done = subprocess.run(
            [str(self.bin / command[0]), *command[1:]],
            cwd=self.home,
            env=self.variables() | variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{command} failed:\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a wheel built as a release is; the front end was built by `make setup`."""
    if not list(ROOT.glob("jupyter_openeo_artifacts/labextension/static/remoteEntry*.js")):
        pytest.fail("The front end is not built: run `make setup` first.")
    folder = tmp_path_factory.mktemp("dist")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (built,) = folder.glob("*.whl")
    return built


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
    import shutil

    shutil.rmtree(folder, ignore_errors=True)
