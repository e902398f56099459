"""An empty environment for a wheel: its own programs, its own home."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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
    python
        The interpreter that makes it; the one that runs the tests if not given.
    """

    def __init__(self, path: Path, home: Path, python: str = sys.executable) -> None:
        self.bin = path / ("Scripts" if os.name == "nt" else "bin")
        self.home = home
        self.home.mkdir()
        subprocess.run([python, "-m", "venv", str(path)], check=True)

    def install(self, *what: str) -> None:
        """Install from the registry, or a file."""
        # pip's own settings and cache are in the real home.
        home = {"HOME": os.environ.get("HOME", "")}
        self._run(["python", "-m", "pip", "install", "--quiet", "--no-compile", *what], home)

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


def build_wheel(folder: Path) -> Path:
    """Build a wheel as a release is; the front end was built by `make setup`."""
    if not list(ROOT.glob("jupyter_openeo_artifacts/labextension/static/remoteEntry*.js")):
        raise FileNotFoundError("The front end is not built: run `make setup` first.")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)],
        check=True,
        stdout=subprocess.DEVNULL,
    )
    (built,) = folder.glob("*.whl")
    return built
