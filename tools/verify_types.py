"""Fail where less than 98 % of the package's public symbols have a type that readers can rely on.

Use: `python tools/verify_types.py`, after `make setup`; pyright says what each symbol lacks.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
PACKAGE = "jupyter_openeo_artifacts"
LEAST = 0.98


def main() -> None:
    """Print the symbols whose type is not known, and the score."""
    command = [ROOT / "node_modules" / ".bin" / "pyright", "--verifytypes", PACKAGE]
    found = subprocess.run(
        [*command, "--ignoreexternal", "--outputjson", "--pythonpath", sys.executable],
        capture_output=True,
        check=False,
        cwd=ROOT,
    )
    report = json.loads(found.stdout)["typeCompleteness"]
    for symbol in report["symbols"]:
        if symbol["isExported"] and not symbol["isTypeKnown"]:
            reasons = {each["message"].splitlines()[0] for each in symbol["diagnostics"]}
            print(f"{symbol['name']}: {'; '.join(sorted(reasons))}")
    score = report["completenessScore"]
    print(f"{score:.1%} of the public symbols have a known type; at least {LEAST:.0%} must")
    sys.exit(score < LEAST)


if __name__ == "__main__":
    main()
