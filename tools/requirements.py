"""Print what the package and the named extras need, one requirement a line, for `pip install -r`.

Use: `python tools/requirements.py demo test`
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

content = (Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")
project = tomllib.loads(content)["project"]
extras = [project["optional-dependencies"][extra] for extra in sys.argv[1:]]
print(*sorted({line for group in [project["dependencies"], *extras] for line in group}), sep="\n")
