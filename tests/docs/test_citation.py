"""CITATION.cff names the version that is there."""

from __future__ import annotations

import json
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]


def test_the_citation_is_of_this_version() -> None:
    cited = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert cited["version"] == json.loads((ROOT / "package.json").read_text("utf-8"))["version"]
    assert cited["title"] == "jupyter-openeo-artifacts"
