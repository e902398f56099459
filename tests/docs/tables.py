"""What pages say in tables, read as cells."""

from __future__ import annotations

import re

from tests.docs.blocks import ROOT


def section(page: str, title: str) -> str:
    """Return the text below a heading, up to the next one of its level or above."""
    text = (ROOT / page).read_text("utf-8")
    found = re.search(rf"^(#+) {re.escape(title)}\n", text, re.MULTILINE)
    assert found, f"{page} has no heading {title!r}"
    rest = text[found.end() :]
    end = re.search(rf"^#{{1,{len(found[1])}}} ", rest, re.MULTILINE)
    return rest[: end.start()] if end else rest


def rows(text: str) -> list[list[str]]:
    """Return the cells of all table rows in a text, without heads and rules."""
    found: list[list[str]] = []
    before = ""
    for line in text.splitlines():
        if re.match(r"\|[\s:|-]+\|$", line):
            if found and before.startswith("|"):
                found.pop()  # the head
        elif line.startswith("|"):
            cells = re.split(r"(?<!\\) \| ?|^\| ?| ?\|$", line)
            found.append([cell.strip().replace("\\|", "|") for cell in cells[1:-1]])
        before = line
    return found


def code(text: str) -> list[str]:
    """Return what is set as code in a text."""
    return re.findall(r"`([^`]+)`", text)
