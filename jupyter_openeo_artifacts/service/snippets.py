"""The lines that take artifacts into a notebook: one table for every front end.

A row of the table is a language: how it writes a string, how it gives a value a name, and how it
holds several. Names, URIs and links enter as data, through the string rules of the language or
escaped in Markdown, never pasted. Only Python has references: calls that make a link when they run.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, field, replace
from datetime import timedelta, timezone
from typing import TYPE_CHECKING, Literal, NamedTuple

from jupyter_openeo_artifacts.service.exceptions import RequestInvalid
from jupyter_openeo_artifacts.service.syntax import (
    broken,
    identifier,
    julia,
    literal,
    markdown_code,
    markdown_link,
    plain,
    sh,
    shell,
    unused,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL

Form = Literal["reference", "uri", "link"]
Place = Literal["statement", "expression"]

IMPORT = "from jupyter_openeo_artifacts import presigned_url"

_COLUMNS = 88
"""Longest line of a link in Python; with a cell's indentation it stays below 100."""


@dataclass(frozen=True)
class Item:
    """What is known of one artifact; its link only where links are written."""

    name: str
    uri: str
    backend: str
    link: PresignedURL | None = None


class Cursor(NamedTuple):
    """Where one goes on: offsets in UTF-16 code units; of a selection, its start and end."""

    start: int
    end: int


@dataclass(frozen=True)
class Snippet:
    """A text for a cell.

    Attributes
    ----------
    import_line
        What has to stand above it, once in a notebook; None where that is there or not needed.
    assigns
        The variables that it sets.
    """

    text: str = field(repr=False)
    cursor: Cursor
    import_line: str | None = None
    assigns: tuple[str, ...] = ()


class Collection(NamedTuple):
    """How a language writes names with their values: `opening`, a line for each, `closing`."""

    opening: str
    pair: str
    closing: str


@dataclass(frozen=True)
class Language:
    """A row of the table.

    Attributes
    ----------
    quoted
        Returns a text as a string literal.
    assignment
        How a value gets a name; empty where that is not known.
    collection
        How several values get one name; None: each gets its own.
    comment
        What a comment begins with; empty where none may stand at a line's end.
    between
        What stands between values that have no names.
    """

    quoted: Callable[[str], str]
    assignment: str = ""
    collection: Collection | None = None
    comment: str = ""
    capitals: bool = False
    between: str = ", "


def write(
    items: Sequence[Item],
    form: Form,
    language: str,
    *,
    place: Place = "statement",
    taken: Iterable[str] = (),
    imported: bool = False,
    utc_offset: int = 0,
) -> Snippet:
    """Write the text that takes artifacts into a cell.

    Parameters
    ----------
    language
        Of the kernel, as it calls itself; `markdown` and `raw` are the cells that are not run,
        `csv` is a table.
    place
        Whole lines, or the value alone for the middle of one.
    taken
        Names that the notebook uses already.
    imported
        Whether the import is there already.
    utc_offset
        The reader's minutes east of UTC, for the times at which links end.

    Raises
    ------
    RequestInvalid
        The language has no references, or might run what is in the text.
    """
    language = language.lower()
    if form == "reference" and language != "python":
        raise RequestInvalid(
            "Only Python has a line that makes a link when it runs.",
            todo="Insert the link, or the storage URI.",
        )
    if language in _TEXTS:
        text = _TEXTS[language](items, form)
        return Snippet(text, _behind(text))
    row = LANGUAGES.get(language, _OTHERS)
    import_line = IMPORT if form == "reference" and not imported else None
    if place == "expression" or not row.assignment:
        try:
            text = _unnamed(row, items, form, place)
        except ValueError as error:
            raise RequestInvalid(
                "The file's name has characters that could be run as code here.",
                todo="Insert the link, or copy the s3:// address.",
            ) from error
        return Snippet(text, _behind(text), import_line)
    names = {*taken}
    if len(items) > 1 and row.collection:
        name = unused("artifacts", names)
        opening, *rest = _collected(row, items, form)
        comment = _comment(row, items, form, utc_offset)
        text = "\n".join([row.assignment.format(name=name, value=opening) + comment, *rest])
        return Snippet(text, _behind(text), import_line, (name,))
    made = [
        identifier(each.name, "uri" if form == "uri" else "url", names, capitals=row.capitals)
        for each in items
    ]
    text = "\n".join(
        _assigned(row, name, each, form, _comment(row, [each], form, utc_offset))
        for (name, _), each in zip(made, items, strict=True)
    )
    cursor = _behind(text)
    if form == "link":  # its end is a screen further to the right, or below
        cursor = Cursor(0, len(made[0].name) if made[0].is_placeholder else 0)
    return Snippet(text, cursor, import_line, tuple(name for name, _ in made))


def _assigned(row: Language, name: str, item: Item, form: Form, comment: str) -> str:
    value = _value(row, item, form)
    line = row.assignment.format(name=name, value=value) + comment
    if row is not PYTHON or form != "link" or len(line) <= _COLUMNS:
        return line
    opening = row.assignment.format(name=name, value="(") + comment
    return "\n".join([opening, *_lines(value, 4), ")"])


def _unnamed(row: Language, items: Sequence[Item], form: Form, place: Place) -> str:
    if len(items) > 1 and row.collection:
        lines = "\n".join(_collected(row, items, form)).split("\n")
        return "\n".join(lines) if place == "statement" else " ".join(map(str.strip, lines))
    between = row.between if place == "expression" else "\n"
    return between.join(_value(row, each, form) for each in items)


def _collected(row: Language, items: Sequence[Item], form: Form) -> list[str]:
    assert row.collection
    opening, pair, closing = row.collection
    lines, keys = [opening], set[str]()
    for number, each in enumerate(items, 1):
        key = _unused_key(each.name, keys)
        value = _value(row, each, form)
        if row is PYTHON and form == "link":
            value = "\n".join(["(", *_lines(value, 8), "    )"])
        # R takes no comma behind the last one.
        comma = "," if number < len(items) or row is PYTHON else ""
        lines.append("    " + pair.format(key=row.quoted(key), value=value) + comma)
    return [*lines, closing]


def _unused_key(name: str, keys: set[str]) -> str:
    key, number = name, 1
    while key in keys:
        number += 1
        key = f"{name} ({number})"
    keys.add(key)
    return key


def _value(row: Language, item: Item, form: Form) -> str:
    if form == "reference":
        return f"presigned_url({row.quoted(item.uri)}, backend={row.quoted(item.backend)})"
    return row.quoted(_bare(item, form))


def _bare(item: Item, form: Form) -> str:
    return item.link.url if form == "link" and item.link else item.uri


def _comment(row: Language, items: Sequence[Item], form: Form, utc_offset: int) -> str:
    ends = [each.link.valid_until for each in items if each.link]
    if form != "link" or not row.comment or not ends:
        return ""
    end = min(ends).astimezone(timezone(timedelta(minutes=utc_offset)))
    return f"  {row.comment} works until {end:%Y-%m-%d %H:%M %Z}"


def _behind(text: str) -> Cursor:
    end = len(text.encode("utf-16-le")) // 2
    return Cursor(end, end)


def _lines(value: str, indent: int) -> list[str]:
    return [" " * indent + each for each in broken(value, _COLUMNS - indent)]


def _raw(items: Sequence[Item], form: Form) -> str:
    return "\n".join(_bare(each, form) for each in items)


def _markdown(items: Sequence[Item], form: Form) -> str:
    if form == "link":
        return "\n".join(markdown_link(each.name, _bare(each, form)) for each in items)
    return "\n".join(markdown_code(_bare(each, form)) for each in items)


def _csv(items: Sequence[Item], form: Form) -> str:
    lines = io.StringIO()
    table = csv.writer(lines, lineterminator="\n")
    table.writerow(("name", form, *(["valid_until"] if form == "link" else [])))
    for each in items:
        until = [each.link.valid_until.isoformat()] if form == "link" and each.link else []
        table.writerow((each.name, _bare(each, form), *until))
    return lines.getvalue()


_TEXTS: dict[str, Callable[[Sequence[Item], Form], str]] = {
    "markdown": _markdown,
    "raw": _raw,
    "csv": _csv,
}
"""What is not run: cells of these kinds, and a table."""

PYTHON = Language(literal, "{name} = {value}", Collection("{", "{key}: {value}", "}"), "#")
_SHELL = Language(shell, "{name}={value}", comment="#", capitals=True, between=" ")
_OTHERS = Language(plain)

LANGUAGES: dict[str, Language] = {
    "python": PYTHON,
    "r": Language(literal, "{name} <- {value}", Collection("list(", "{key} = {value}", ")"), "#"),
    "julia": Language(julia, "{name} = {value}", Collection("Dict(", "{key} => {value}", ")"), "#"),
    "bash": _SHELL,
    # Not each sh has ANSI-C quotes yet, which POSIX.1-2024 asks for.
    "sh": replace(_SHELL, quoted=sh),
    # An interactive zsh takes a comment for a command.
    "zsh": Language(shell, "{name}={value}", capitals=True, between=" "),
}
"""By the names that kernels give their languages; others get the value alone."""
