"""Count what makes the package easy or hard to keep: `python tools/counts.py`, or of another tree.

python tools/counts.py [FOLDER]

Prints one Markdown table of the package without its demo. A circle is a set of modules of which
each imports the others by some way; imports for type checkers count.
"""

from __future__ import annotations

import ast
import statistics
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "jupyter_openeo_artifacts"
LONG = 320
TOLD = {"name", "size", "content_type", "sha256"}


def main() -> None:
    """Print the table."""
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1]
    modules = {_name(root, path): path for path in _files(root / PACKAGE)}
    trees = {name: ast.parse(path.read_text("utf-8")) for name, path in modules.items()}
    lines = {name: len(path.read_text("utf-8").splitlines()) for name, path in modules.items()}
    longest = max(lines, key=lambda name: lines[name])
    rows = {
        "files": len(modules),
        "lines": sum(lines.values()),
        "median file": f"{statistics.median(lines.values()):.0f} lines",
        "longest file": f"{longest}, {lines[longest]} lines",
        f"files over {LONG} lines": sum(count > LONG for count in lines.values()),
        "lines of imports": sum(map(_import_lines, trees.values())),
        "callbacks as parameters": sum(map(_callbacks, trees.values())),
        "classes that tell of a file": ", ".join(sorted(_shapes(trees))),
        "circles": len(_circles({name: _imports(tree, modules) for name, tree in trees.items()})),
    }
    print("| what | count |", "|---|---|", sep="\n")
    print(*(f"| {what} | {count} |" for what, count in rows.items()), sep="\n")


def _files(package: Path) -> Iterator[Path]:
    for path in sorted(package.rglob("*.py")):
        if not {"demo", "static", "labextension", "uploader"} & {*path.relative_to(package).parts}:
            yield path


def _name(root: Path, path: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def _import_lines(tree: ast.Module) -> int:
    found = [each for each in ast.walk(tree) if isinstance(each, ast.Import | ast.ImportFrom)]
    return sum((each.end_lineno or each.lineno) - each.lineno + 1 for each in found)


def _callbacks(tree: ast.Module) -> int:
    """Count the parameters that are annotated as functions."""
    found = 0
    for each in ast.walk(tree):
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef):
            named = each.args
            for given in (*named.posonlyargs, *named.args, *named.kwonlyargs):
                annotation = "" if given.annotation is None else ast.unparse(given.annotation)
                found += "Callable[" in annotation
    return found


def _shapes(trees: dict[str, ast.Module]) -> Iterator[str]:
    """Yield the classes with fields for two of a file's name, size, type and digest at least."""
    for each in (node for tree in trees.values() for node in ast.walk(tree)):
        if isinstance(each, ast.ClassDef):
            fields = {
                inner.target.id
                for inner in each.body
                if isinstance(inner, ast.AnnAssign) and isinstance(inner.target, ast.Name)
            }
            for inner in each.body:
                if isinstance(inner, ast.FunctionDef) and inner.name == "__init__":
                    fields |= {given.arg for given in (*inner.args.args, *inner.args.kwonlyargs)}
            if len(fields & TOLD) > 1:
                yield each.name


def _imports(tree: ast.Module, modules: dict[str, Path]) -> set[str]:
    found = set()
    for each in ast.walk(tree):
        if isinstance(each, ast.ImportFrom) and each.module:
            for alias in each.names:
                inner = f"{each.module}.{alias.name}"
                found.add(inner if inner in modules else each.module)
        elif isinstance(each, ast.Import):
            found |= {alias.name for alias in each.names}
    return found & modules.keys() - {PACKAGE}


def _circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the sets of modules that reach each other."""
    reached = {name: _reached(name, graph) for name in graph}
    circles: list[set[str]] = []
    for name in graph:
        circle = {other for other in reached[name] if name in reached[other]}
        if name in circle and circle not in circles:
            circles.append(circle)
    return circles


def _reached(start: str, graph: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    waiting = [*graph[start]]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += graph[name]
    return found


if __name__ == "__main__":
    main()
