"""Print what the package and the named extras need, one requirement a line, for `pip install -r`.

Use: `python tools/requirements.py demo test`
"""

from __future__ import annotations

import sys
from pathlib import Path

if sys.version_info >= (3, 11):
    import tomllib
else:  # pip brings the same reader along
    from pip._vendor import tomli as tomllib

content = (Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8")
project = tomllib.loads(content)["project"]
extras = [project["optional-dependencies"][extra] for extra in sys.argv[1:]]
print(*sorted({line for group in [project["dependencies"], *extras] for line in group}), sep="\n")
