"""No text of an unexpected error gets into a log: it may hold a token or a presigned URL."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from jupyter_openeo_artifacts.errors import without_texts

PACKAGE = Path(__file__).parents[1] / "jupyter_openeo_artifacts"
SOURCES = sorted(path for path in PACKAGE.rglob("*.py") if "static" not in path.parts)
TAKES_NO_TEXT = {"send_error"}
"""What may be given `exc_info`: `BaseHandler.log_exception` leaves the texts out."""


def logs_texts(tree: ast.AST) -> list[int]:
    """Return the lines of calls that would log an error with its text."""
    found = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
            continue
        name = node.func.attr
        given = {one.arg for one in node.keywords} & {"exc_info", "stack_info"}
        logs = (name == "exception" and node.args) or (given and name not in TAKES_NO_TEXT)
        if logs or name in {"print_exc", "print_exception", "format_exc", "format_exception"}:
            found.append(node.lineno)
    return found


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_errors_are_logged_without_their_texts(path: Path) -> None:
    assert logs_texts(ast.parse(path.read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "line",
    ["log.exception('no')", "log.error('no', exc_info=True)", "traceback.print_exc()"],
)
def test_the_rule_finds_what_it_forbids(line: str) -> None:
    assert logs_texts(ast.parse(line)) == [1]


def test_where_an_error_came_from_is_told_without_its_words() -> None:
    # Given
    try:
        try:
            int("canary" + str(1))
        except ValueError as error:
            raise RuntimeError("canary" + str(2)) from error
    except RuntimeError as error:
        # When
        told = without_texts(error)
    # Then
    assert "RuntimeError" in told
    assert "ValueError" in told
    assert "test_logged_errors" in told
    assert "canary1" not in told
    assert "canary2" not in told
