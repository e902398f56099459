"""Print the tables of docs/troubleshooting.md, or write them there.

Use: `python tools/answers_table.py [--write]`
"""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_openeo_artifacts.error_catalog import ROWS

PAGE = Path(__file__).parents[1] / "docs" / "troubleshooting.md"
BEGIN, END = "<!-- tables -->\n", "<!-- end of tables -->\n"
TITLES = {
    "link": "A link does not work",
    "s3": "Storage refuses",
    "sts": "Storage's login service refuses",
    "oidc": "The login provider refuses",
}
WHO = {"you": "you", "provider": "the provider", "wait": "nobody: wait"}
FILLED = {
    "{at}": "the login provider",
    "{skew}": "… minutes ahead, or behind",
    "{region}": ", …",
    "{place}": " (write to the bucket …)",
}


def tables() -> str:
    """Return one table a service."""
    return "\n".join(_table(service, title) for service, title in TITLES.items())


def _table(service: str, title: str) -> str:
    lines = [
        f"### {title}\n",
        "| What you read | Who acts | What to do | Known by |",
        "| --- | --- | --- | --- |",
    ]
    for row in ROWS:
        if row.service == service:
            says = row.says
            for gap, text in FILLED.items():
                says = says.replace(gap, text)
            says = says.replace("login provider the login provider", "login provider")
            cells = (_sentence(says), WHO[row.who], row.todo, _signs(row.signs))
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join([*lines, ""])


def _sentence(says: str) -> str:
    return f"{says[0].upper()}{says[1:].removesuffix('.')}."


def _signs(signs: tuple[object, ...]) -> str:
    return ", ".join(f"`{sign.name}`" for sign in signs)  # type: ignore[attr-defined]


if __name__ == "__main__":
    if "--write" in sys.argv[1:]:
        text = PAGE.read_text("utf-8")
        before, after = text.partition(BEGIN)[0], text.partition(END)[2]
        PAGE.write_text(f"{before}{BEGIN}\n{tables()}\n{END}{after}", "utf-8")
    else:
        print(tables())
