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
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split(" |")] for line in lines]


@pytest.mark.parametrize(
    ("title", "columns", "pattern"),
    [
        ("What stays the same", 2, "test_kept_*.py"),
        ("What is different, and why", 4, "test_changed_*.py"),
    ],
)
def test_each_row_has_its_test_and_each_test_its_row(
    title: str, columns: int, pattern: str
) -> None:
    table = rows(title)
    assert all(len(row) == columns and all(row) for row in table)
    named = [name for row in table for name in re.findall(r"`(test_\w+)`", row[-1])]
    assert all(re.findall(r"`test_\w+`", row[-1]) for row in table)
    assert sorted(named) == sorted(shown(pattern))


def test_each_change_has_its_reason() -> None:
    assert all(shown("test_changed_*.py").values())
