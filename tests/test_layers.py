"""Imports run downwards as docs/design.md draws them, without circles."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[1] / "jupyter_openeo_artifacts"
NAME = PACKAGE.name

BELOW = {
    "server": {"staging", "artifacts", "login"},
    "notebook": {"staging", "artifacts", "login"},
    "cli": {"demo", "staging", "artifacts", "login"},
    "staging": {"artifacts", "login", "transfer", "records"},
    "artifacts": {"transfer", "records"},
    "transfer": {"records"},
    "login": {"records"},
    "demo": set(),
    "records": set(),
    "answers": set(),
}
# What a layer sees through the ones below it: the ledger and the sources are spoken of at the top.
SEEN_THROUGH = {
    "server": {"transfer", "records"},
    "notebook": {"transfer", "records"},
    "cli": {"transfer", "records"},
}
FOR_ALL = {
    "errors",
    "answers",
    "deadline",
    "forks",
    "hosts",
    "http_content",
    "tracebacks",
    "visible",
}
TELLS_VERSION = {"cli", "server"}  # which the package's top knows


@cache
def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "static" not in path.parts)


def dotted(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def known() -> frozenset[str]:
    return frozenset(dotted(each) for each in modules())


@cache
def imports(path: Path, *, at_import_time: bool = False) -> set[str]:
    """Our own modules that `path` imports; without those for type checkers or inside functions."""
    tree = ast.parse(path.read_text("utf-8"))
    found = set()

    def visit(node: ast.AST) -> None:
        if at_import_time:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return
            if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
                return
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            module = node.module or ""
            inner = {f"{module}.{alias.name}" for alias in node.names}
            found.update(inner & known() or {module})
        for child in ast.iter_child_nodes(node):
            visit(child)

    visit(tree)
    return {name for name in found if name == NAME or name.startswith(f"{NAME}.")}


@pytest.mark.parametrize("path", modules(), ids=dotted)
def test_imports_run_downwards(path: Path) -> None:
    # Given
    layer = path.relative_to(PACKAGE).parts[0]
    if layer.endswith(".py"):
        return  # the top hands names on; errors.py is checked below
    allowed = {layer} | BELOW[layer] | SEEN_THROUGH.get(layer, set()) | FOR_ALL
    # When
    used = {([*name.split("."), ""])[1] for name in imports(path)}
    # Then
    assert used <= allowed | ({""} if layer in TELLS_VERSION else set())


def test_every_folder_has_its_place() -> None:
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == set(BELOW)


@pytest.mark.parametrize("name", ["forks.py", "hosts.py", "visible.py"])
def test_what_is_for_all_imports_nothing_of_ours(name: str) -> None:
    assert imports(PACKAGE / name) == set()


def test_the_error_family_imports_only_how_its_text_is_shown() -> None:
    assert imports(PACKAGE / "errors.py") == {f"{NAME}.visible"}


def test_no_module_imports_itself_in_a_circle() -> None:
    # Given
    graph = {dotted(path): imports(path, at_import_time=True) for path in modules()}
    state: dict[str, str] = {}

    def walk(name: str, way: list[str]) -> None:
        assert state.get(name) != "open", " -> ".join([*way, name])
        if state.get(name) == "done":
            return
        state[name] = "open"
        for below in graph.get(name, ()):
            if below != NAME:
                walk(below, [*way, name])
        state[name] = "done"

    # When / Then
    for name in graph:
        walk(name, [])
