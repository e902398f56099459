"""What the pages name is there: options, settings, fields, files, words of the interface."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.artifacts.config import S3STSConfig
from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
from jupyter_openeo_artifacts.cli import main as command_line
from jupyter_openeo_artifacts.demo.users import new_users
from jupyter_openeo_artifacts.s3.settings import FEATURE_FLAGS
from jupyter_openeo_artifacts.server.app import OpenEOArtifacts
from jupyter_openeo_artifacts.server.routes import ROUTES
from tests.docs.blocks import PAGES, ROOT
from tests.docs.tables import code, rows, section

if TYPE_CHECKING:
    import argparse

PACKAGE = ROOT / "jupyter_openeo_artifacts"
OF_OTHERS = (
    "Parquet magic bytes not found",
    "not a supported file format",
    "Could not find a version that satisfies the requirement jupyter-openeo-artifacts",
)
"""Quoted messages that are not ours."""
NO_TEXTS = {
    *(
        "\u2013",
        "a sentence in red",
        "a sentence that is not red",
        "the file's name",
        "the artifact's name",
        "its size and state",
        "when it was staged",
        "until when a link works",
    ),
    *("12.4 MB/s", 'value text "64 %', '12.4 MB/s"'),
}
"""What the panel's tables tell in other words than the panel."""


def parsers() -> dict[str, argparse.ArgumentParser]:
    parser = command_line.command_parser()
    # argparse has no public way to the parsers of commands, nor to options.
    (commands,) = [each for each in parser._actions if hasattr(each.choices, "items")]  # noqa: SLF001
    return dict(commands.choices)


def options(parser: argparse.ArgumentParser) -> set[str]:
    actions = parser._actions  # noqa: SLF001  as above
    found = {name for action in actions for name in action.option_strings}
    return found - {"-h", "--help"}


def words_of_the_interface() -> str:
    """Return the sources of panel, widget, settings and messages, each run of blanks as one."""
    files = [
        *(path for path in ROOT.glob("src/**/*.ts*") if "__tests__" not in path.parts),
        *PACKAGE.rglob("*.py"),
        *PACKAGE.glob("**/*.yaml"),
        *ROOT.glob("schema/*.json"),
    ]
    text = "\n".join(path.read_text("utf-8") for path in files)
    text = re.sub(r'"\s*\n\s*f?"', "", text)  # Python joins literals that follow each other
    return re.sub(r"\s+", " ", text)


def texts_of_the_panel() -> set[str]:
    """Return the whole texts in the panel's sources; what is put into them is %1 everywhere."""
    files = [path for path in ROOT.glob("src/**/*.ts*") if "__tests__" not in path.parts]
    text = "\n".join(path.read_text("utf-8") for path in files)
    return set(re.findall(r"'([^'\n]+)'", re.sub("%[2-9]", "%1", text)))


def is_said(words: str, where: str) -> bool:
    """Tell whether a text is in the sources, whatever stands for `…` or a number in it."""
    parts = [re.escape(part) for part in re.split(r"…|\d[\d.:]*", words)]
    return re.search(r"[^\"'`]{0,80}?".join(parts), where) is not None


def test_the_command_lines_page_has_each_command_and_status():
    # Given
    known = parsers()
    page = (ROOT / "docs/command-line.md").read_text("utf-8")
    table = rows(page.split("\n## ")[0])

    # When
    named = [name for cells in table for name in code(cells[0])]

    # Then
    assert sorted(name.split()[0] for name in named) == sorted(known)
    statuses = {int(cells[0]) for cells in rows(section("docs/command-line.md", "Exit status"))}
    told = command_line.main.__doc__ or ""
    assert statuses == {
        int(each) for each in re.findall(r"\b(\d+) [a-z]", told.split("status:")[1])
    }


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_of_commands_are_there(page):
    # Given
    known = parsers()
    magic = {"--name", "--expires", "--connection", "--as", "--new", "--zip", "--help"}
    text = page.read_text("utf-8")

    # Then each command that is written out takes what it is given
    for command, rest in re.findall(r"jupyter openeo-artifacts ([a-z]+)([^\n`|]*)", text):
        assert command in known, f"{page.name}: {command}"
        for option in re.findall(r"(?<!\S)--[\w-]+", rest):
            assert option in options(known[command]) | {"--help"}, (
                f"{page.name}: {command} {option}"
            )
    for rest in re.findall(r"%artifact_upload([^\n`]*)", text):
        assert set(re.findall(r"(?<![\w-])--[\w-]+", rest)) <= magic, f"{page.name}: {rest}"


def test_each_option_of_a_command_has_a_word_on_its_page():
    # Given
    page = (ROOT / "docs/command-line.md").read_text("utf-8")
    demo = section("docs/demo.md", "Options")

    # Then
    for command, parser in parsers().items():
        for option in options(parser) - {"--no-read-back"}:
            there = demo if command == "demo" else page
            assert re.search(rf"{option}(?![\w-])", there), f"{command} {option}"
    assert {name.split()[0] for cells in rows(demo) for name in code(cells[0])} == options(
        parsers()["demo"]
    )


def test_settings_of_the_server_are_those_there_are():
    # Given
    traits = {
        name: trait
        for name, trait in OpenEOArtifacts.class_own_traits(config=True).items()
        if not name.endswith("_class")  # for tests, and for who replaces parts
    }

    # When
    told = {
        code(cells[0])[0].split(".")[1]: cells[1]
        for cells in rows(section("docs/admin.md", "Settings"))
    }

    # Then
    assert sorted(told) == sorted(traits)
    for name, default in told.items():
        value = traits[name].default()
        for written in code(default):
            assert written == repr(value) or written == f"{value:g}", name


def test_resources_of_the_server_are_those_there_are():
    told = {code(cells[0])[0] for cells in rows(section("docs/admin.md", "Who may do what"))}
    assert told == {handler.auth_resource for handler in ROUTES.values()}


def test_folders_of_what_is_kept_are_all_told():
    # Given each folder below ours that the sources open
    opened = {
        name
        for path in PACKAGE.rglob("*.py")
        for name in re.findall(r'(?:state_folder\(|_FOLDER = )"([\w-]+)"', path.read_text("utf-8"))
    }

    # When
    told = section("docs/admin.md", "What is kept, and where")
    design = section("docs/design.md", "What is kept, and where")

    # Then; the list of artifacts is told by its words
    assert opened - {"artifacts"}, "the sources say it in another way"
    assert {name for name in opened - {"artifacts"} if f"`{name}/`" not in told} == set()
    assert {name for name in opened if f"`{name}/`" not in design} == set()


def test_values_of_a_config_are_those_there_are():
    told = {name for cells in rows(section("docs/python.md", "Build")) for name in code(cells[0])}
    assert told == {each.name for each in fields(S3STSConfig)}
    page = (ROOT / "docs/providers.md").read_text("utf-8")
    assert all(f"`{flag}`" in page for flag in FEATURE_FLAGS)


def test_ends_of_a_link_are_those_there_are():
    told = [code(cells[0])[0] for cells in rows(section("docs/python.md", "Make a link"))]
    ends = {each.name for each in fields(PresignedURL) if each.name.endswith(("_until", "_end"))}
    assert set(told) == ends


def test_users_of_the_demo_are_those_there_are():
    told = [
        tuple(code(" ".join(cells))) for cells in rows(section("docs/demo.md", "Who can sign in"))
    ]
    assert told == [(user.login, user.password) for user in new_users()]


@pytest.mark.parametrize(
    ("title", "column"),
    [("Use an artifact", 0), ("Stage a file", 0), ("Roles and names", 2)],
)
def test_words_of_the_panel_are_those_on_the_screen(title, column):
    # Given
    screen = texts_of_the_panel()
    told = [cells[column] for cells in rows(section("docs/panel.md", title))]
    if title == "Roles and names":
        told = [each for cell in told for each in re.split(r"; |: menuitems |, ", cell)]

    # Then, but for what is no text of the panel
    for words in told:
        plain = re.sub(r"\*[^*]+\*|\d\d:\d\d", "%1", words).replace(" (menu)", "").strip()
        if plain not in NO_TEXTS:
            assert plain in screen, f"{title}: {words}"


def test_messages_that_are_quoted_by_symptom_are_said():
    # Given
    said = words_of_the_interface()
    table = rows(section("docs/troubleshooting.md", "By symptom"))

    # When
    quoted = [words for cells in table for words in re.findall(r'"([^"]+)"', cells[0])]

    # Then
    assert quoted
    for words in quoted:
        assert words in OF_OTHERS or is_said(words.rstrip("?"), said), words


def test_each_page_is_found_from_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    pages = [f"docs/{path.name}" for path in ROOT.glob("docs/*.md")]
    assert [page for page in pages if f"({page})" not in readme] == []


def test_each_picture_is_shown_on_a_page_and_is_there():
    # Given
    shown = {
        (page.parent / place).resolve()
        for page in PAGES
        for place in re.findall(r"[\w/.-]+\.png", page.read_text("utf-8"))
    }

    # Then
    assert shown == {path.resolve() for path in ROOT.glob("docs/images/*")}


def test_the_list_of_decisions_has_each_with_its_title():
    # Given
    index = (ROOT / "docs/decisions/README.md").read_text("utf-8")
    listed = re.findall(r"^- \[(.+)\]\((.+)\)$", index, re.MULTILINE)

    # When
    there = [
        (path.read_text("utf-8").splitlines()[0].removeprefix("# "), path.name)
        for path in sorted(ROOT.glob("docs/decisions/[0-9]*.md"))
    ]

    # Then
    assert listed == there


def test_modules_that_design_names_are_there():
    # Given
    text = (ROOT / "docs/design.md").read_text("utf-8")
    below = "|".join(path.parent.name for path in PACKAGE.glob("*/__init__.py"))

    # When
    named = set(re.findall(rf"(?<![\w/.])((?:{below}|src)/\w+(?:\.py)?)", text))

    # Then
    assert named
    for name in named:
        place = ROOT / name if name.startswith("src/") else PACKAGE / name
        assert place.exists() or Path(f"{place}.py").exists(), name
