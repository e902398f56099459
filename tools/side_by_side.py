"""Run pytest in two processes, each on its half of the folders, as the machine has two cores.

    python tools/side_by_side.py ARGUMENTS

The first one's output is shown as it comes, the second one's when both have ended. Tests may run
twice at once, so they may also run beside each other.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

TESTS = Path(__file__).parents[1] / "tests"
FIRST = ("answers", "artifacts", "cli", "demo", "docs", "faults", "wheel")
"""What takes about half of the time; all other folders and files are the second half's."""


def main() -> int:
    """Run both; return 0 if both did."""
    halves = ([], [])
    for path in sorted(TESTS.iterdir()):
        if path.name == "servers" or path.name.startswith((".", "_")):
            continue
        if path.is_dir() or path.name.startswith("test_"):
            halves[path.name not in FIRST].append(str(path))
    command = [sys.executable, "-m", "pytest", *sys.argv[1:]]
    with tempfile.TemporaryFile() as kept:
        second = subprocess.Popen([*command, *halves[1]], stdout=kept, stderr=kept)
        first = subprocess.run([*command, *halves[0]], check=False)
        second.wait()
        kept.seek(0)
        sys.stdout.flush()
        sys.stdout.buffer.write(kept.read())
    return first.returncode or second.returncode


if __name__ == "__main__":
    sys.exit(main())
