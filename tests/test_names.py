"""The code is named by the field's terms; docs/glossary.md has them."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "jupyter_openeo_artifacts"
COINED = {
    "buffers",
    "cannot_delete",
    "cannot_list",
    "crew",
    "desk",
    "file_there",
    "finding",
    "front",
    "intent",
    "lanes",
    "lean_http",
    "not_yours",
    "only_new",
    "owes",
    "path_jail",
    "reception",
    "receptions",
    "remains",
    "stager",
    "standing",
    "storing",
    "ticket",
    "token_keeper",
    "verdict",
    "vouched",
    "wish",
}
"""Words that were made up here for things that have a name."""
IN_NO_NAME = {
    "crew",
    "desk",
    "heard",
    "job",
    "jobs",
    "keeper",
    "lanes",
    "stager",
    "ticket",
    "vouched",
    "wishes",
}
"""Those that are not a part of a name either, nor of what is said of the code ("job": openEO's)."""
CLASSES_ALONE = {"buffers", "finding", "front", "remains", "standing", "storing", "verdict"}
"""Those that plain English needs, too: no class is called so."""


def snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower().strip("_")


@pytest.mark.parametrize(
    "path",
    sorted(each for each in PACKAGE.rglob("*.py") if "static" not in each.parts),
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_no_coined_word_names_a_thing(path: Path) -> None:
    # Given
    source = io.StringIO(path.read_text("utf-8"))
    # When
    tokens = list(tokenize.generate_tokens(source.readline))
    names = {each.string for each in tokens if each.type == tokenize.NAME}
    said = {
        word
        for each in tokens
        if each.type == tokenize.COMMENT or each.string.lstrip("rbf").startswith('"""')
        for word in re.findall(r"[a-z]+", each.string.lower())
    }
    # Then
    assert not {name for name in names if IN_NO_NAME.intersection(snake(name).split("_"))}
    assert not said & (IN_NO_NAME - {"heard", "job", "jobs"} | {"tickets"})
    assert not {name for name in names if snake(name) in COINED - CLASSES_ALONE}
    assert not {
        name for name in names if snake(name) in CLASSES_ALONE and name.lstrip("_")[0].isupper()
    }


def test_the_glossary_names_what_there_is() -> None:
    # Given
    glossary = (ROOT / "docs" / "glossary.md").read_text("utf-8")
    sources = {
        name
        for path in PACKAGE.rglob("*.py")
        if "static" not in path.parts
        for name in re.findall(r"^\s*class (\w+)", path.read_text("utf-8"), re.MULTILINE)
    }
    # When
    named = set(re.findall(r"`([A-Z]\w+)`", glossary))
    # Then
    assert named
    assert named <= sources
