"""docs/upstream.md says what the tests here show, and nothing else."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PAGE = HERE.parents[2] / "docs" / "upstream.md"


def shown(pattern: str) -> dict[str, str | None]:
    """Return the tests in files of that name, and what each says of its reason."""
    found = [
        node
        for path in sorted(HERE.glob(pattern))
        for node in ast.parse(path.read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    ]
    assert found
    return {node.name: ast.get_docstring(node) for node in found}


def rows(title: str) -> list[list[str]]:
    section = PAGE.read_text("utf-8").split(f"## {title}")[1].split("\n## ")[0]
    lines = section.splitlines()
    table = [line for line in lines if line.startswith("|")][2:]
    found = [[cell.strip() for cell in line.strip("|").split(" |")] for line in table]
    return found + [[line[2:]] for line in lines if line.startswith("- ")]


def named_in(row: list[str]) -> list[str]:
    """Return the tests that a row names, where readers of the page do not see them."""
    (said,) = re.findall(r"<!-- ((?:test_\w+ )+)-->$", row[-1]) or [""]
    return said.split()


@pytest.mark.parametrize(
    ("title", "columns", "pattern"),
    [
        ("What stays the same", 1, "test_kept_*.py"),
        ("What is different, and why", 3, "test_changed_*.py"),
    ],
)
def test_each_row_has_its_test_and_each_test_its_row(
    title: str, columns: int, pattern: str
) -> None:
    table = rows(title)
    assert all(len(row) == columns and all(row) for row in table)
    assert all(map(named_in, table))
    assert sorted(name for row in table for name in named_in(row)) == sorted(shown(pattern))


def test_readers_see_no_tests() -> None:
    assert "test_" not in re.sub(r"<!--.*?-->", "", PAGE.read_text("utf-8"))


def test_each_change_has_its_reason() -> None:
    assert all(shown("test_changed_*.py").values())
