"""The staged artifacts as a small table that can also be indexed."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, overload
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.notebook.quantities import moment_text, size_text

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.records.ledger import Origin
    from jupyter_openeo_artifacts.staging.artifact import Artifact

_SHOWN = 50
_NAME_WIDTH = 60
_HEAD = ("", "Name", "Size", "Staged", "By", "Account", "Backend")
_ORIGINS: dict[Origin, str] = {
    "browser": "panel",
    "contents": "panel",
    "magic": "magic",
    "widget": "widget",
    "cli": "command line",
    "api": "script",
}
_NOTHING = "Nothing staged yet. %artifact_upload PATH stages a file."


class ArtifactTable(Sequence["Artifact"]):
    """Artifacts, newest first: shown as a table without links, used as a sequence."""

    def __init__(self, artifacts: Sequence[Artifact]) -> None:
        self._artifacts = list(artifacts)

    @overload
    def __getitem__(self, index: int) -> Artifact: ...
    @overload
    def __getitem__(self, index: slice) -> ArtifactTable: ...
    def __getitem__(self, index: int | slice) -> Artifact | ArtifactTable:
        if isinstance(index, slice):
            return ArtifactTable(self._artifacts[index])
        return self._artifacts[index]

    def __len__(self) -> int:
        return len(self._artifacts)

    def __repr__(self) -> str:
        if not self._artifacts:
            return _NOTHING
        rows = [_HEAD, *self._rows()]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, *self._more()])

    def _repr_html_(self) -> str:
        if not self._artifacts:
            return f"<p>{escape(_NOTHING)}</p>"
        head = "".join(f'<th scope="col">{escape(word)}</th>' for word in _HEAD)
        body = "".join(
            "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>"
            for row in self._rows()
        )
        more = "".join(f"<p>{escape(line)}</p>" for line in self._more())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                str(number),
                _shortened(artifact.name),
                amount_text(artifact),
                moment_text(artifact.staged_at),
                _ORIGINS[artifact.origin],
                _shortened(artifact.account),
                urlsplit(artifact.backend).netloc,
            )
            for number, artifact in enumerate(self._artifacts[:_SHOWN])
        ]

    def _more(self) -> list[str]:
        hidden = len(self._artifacts) - _SHOWN
        return [f"… and {hidden} more"] if hidden > 0 else []


def amount_text(artifact: Artifact) -> str:
    """Return its size, and where nothing more than that could be checked, that it is so."""
    checked = ", content not checked (size matches)" if artifact.verified == "size" else ""
    return f"{size_text(artifact.size)}{checked}"


def _shortened(name: str) -> str:
    if len(name) <= _NAME_WIDTH:
        return name
    return f"{name[: _NAME_WIDTH // 2]}…{name[-_NAME_WIDTH // 2 + 1 :]}"
