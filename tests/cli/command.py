"""The command line in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys

COMMAND = [sys.executable, "-m", "jupyter_openeo_artifacts.cli.main"]


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    return subprocess.run(
        [*COMMAND, *words], env=os.environ, capture_output=True, text=True, timeout=300, check=False
    )
