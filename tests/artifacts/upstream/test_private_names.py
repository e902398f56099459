"""Upstream's private names are in one guarded file; without them everything else still works."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.artifacts.upstream.sides import Ground, fetched
from tests.servers.provider import sign_token

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "jupyter_openeo_artifacts"
THE_ONE = PACKAGE / "artifacts" / "upstream.py"
PRIVATE = "openeo.extra.artifacts._"

# An openEO client whose artifacts package holds its public names alone, in other files.
RENAMED = """
import importlib.abc, importlib.util, sys, types
import openeo.extra

class Renamed(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name.startswith("openeo.extra.artifacts.") and not name.endswith(".exceptions"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

folder = next(iter(openeo.extra.__path__)) + "/artifacts"
package = types.ModuleType("openeo.extra.artifacts")
package.__path__ = [folder]
package.build_artifact_helper = lambda connection, config=None: None
sys.modules["openeo.extra.artifacts"] = package
sys.meta_path.insert(0, Renamed())
"""
WORK = """
import os, openeo
from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from openeo.extra.artifacts.exceptions import ArtifactsException, NoDefaultConfig

connection = openeo.connect(os.environ["BACKEND"])
connection.authenticate_oidc_access_token(os.environ["TOKEN"])
helper = build_artifact_helper(connection, S3STSConfig())
print(helper.get_presigned_url(helper.upload_file(os.environ["FILE"]), 60))
"""
ABSENT = """
import sys
assert not any(name.startswith("openeo.extra.artifacts._") for name in sys.modules)
"""


def modules() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                yield from ((path, alias.name) for alias in node.names)
            if isinstance(node, ast.ImportFrom):
                yield from ((path, f"{node.module}.{alias.name}") for alias in node.names)


def test_one_file_alone_knows_private_names() -> None:
    importing = {path for path, name in modules() if name.startswith(PRIVATE)}
    assert importing == {THE_ONE}
    naming = {path for path in PACKAGE.rglob("*.py") if PRIVATE in path.read_text("utf-8")}
    assert naming == {THE_ONE}, "nor are they imported by a text"


def test_they_are_guarded() -> None:
    """Each import of them stands in a `try` that takes an ImportError."""
    tree = ast.parse(THE_ONE.read_text("utf-8"))
    guarded = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.Try)
        and any("ImportError" in ast.unparse(handler.type) for handler in node.handlers)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    private = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(PRIVATE)
    ]
    assert private
    assert all(id(node) in guarded for node in private)


@pytest.mark.parametrize("client", ["", RENAMED], ids=["as it is", "renamed"])
def test_a_file_is_staged_with_and_without_them(ground: Ground, file: Path, client: str) -> None:
    # Given
    with ground.backend(ground.entry()) as address:
        settings = {"BACKEND": address, "TOKEN": sign_token(ground.provider), "FILE": str(file)}
        # When
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", client + WORK + (ABSENT if client else "")],
            env=os.environ | settings,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    # Then
    assert done.returncode == 0, done.stderr
    assert fetched(done.stdout.strip()).content == file.read_bytes()
