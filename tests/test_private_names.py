"""No test patches what another module keeps to itself, but where that breaks it on purpose.

ruff's SLF001 refuses to read such a name; this refuses to name it in a text.
"""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

TESTS = Path(__file__).parent
PATCHES = {"setattr", "delattr", "getattr", "hasattr", "object", "dict", "patch"}
KNOWN = {
    # Break the engine, to see that the grid of faults sees it.
    ("faults/test_grid_sees.py", "_look"),
    ("faults/test_grid_sees.py", "_is_as_before"),
    ("faults/test_grid_sees.py", "_delay"),
    # Only root can give a folder to a group.
    ("login/test_token_store_modes.py", "_is_own"),
    # What the C library of another system has.
    ("transfer/test_spool_reclaim.py", "_fallocate"),
}


def private_names(tree: ast.AST) -> Iterator[str]:
    """Yield the private names that calls to patch something are given as texts."""
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and ast.unparse(call.func).rpartition(".")[2] in PATCHES:
            for each in call.args:
                if isinstance(each, ast.Constant) and isinstance(each.value, str):
                    name = each.value.rpartition(".")[2]
                    if name.startswith("_") and not name.endswith("_"):
                        yield name


def test_no_test_patches_a_private_name() -> None:
    found = {
        (path.relative_to(TESTS).as_posix(), name)
        for path in TESTS.rglob("*.py")
        for name in private_names(ast.parse(path.read_text("utf-8")))
    }
    assert found == KNOWN
