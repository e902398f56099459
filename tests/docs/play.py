"""Run a page's blocks in order, in one notebook session: `python play.py BLOCKS.json`.

Prints the number of each block before it is run; stops at the first that fails.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path


def main():
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    shell = InteractiveShell.instance()
    shell.user_ns["c"] = Config()  # what a configuration file of Jupyter's sets values on
    for number, (language, code) in enumerate(json.loads(Path(sys.argv[1]).read_text("utf-8"))):
        sys.stdout.write(f"block {number}\n")
        sys.stdout.flush()
        if language == "sh":
            subprocess.run(["bash", "-euo", "pipefail", "-c", code], check=True)
        else:
            shell.run_cell(code).raise_error()


main()
