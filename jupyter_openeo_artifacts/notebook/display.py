"""What is shown under a cell: how far an upload is, and the staged artifacts as a table."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Sequence
from functools import partial
from html import escape
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, overload
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.formatting import moment_text, seconds_text, size_text, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jupyter_openeo_artifacts.staging.artifact import Artifact
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.staged_record import Origin


_WORDS = {
    "queued": "waiting for its turn",
    "receiving": "receiving",
    "uploading": "",
    "verifying": "checking what was stored",
    "paused": "waiting to go on",
    "staged": "staged",
    "failed": "failed",
    "cancelled": "cancelled",
}


class Progress(Protocol):
    """Shows one upload."""

    def show(self, view: UploadView, waiting: str = "") -> None:
        """Show it as it is now; `waiting` says what it waits for where it stands still."""

    def end(self, text: str) -> None:
        """Leave `text` in its place."""


def progress_for(shell: Any) -> Progress:
    """Return what suits the shell: a bar where there is a kernel, else a line of text."""
    return BarProgress() if getattr(shell, "kernel", None) is not None else LineProgress()


def progress_text(view: UploadView) -> str:
    """Return how far `view` is, in words, without its name."""
    done = size_text(view.bytes_stored)
    amount = done if view.size is None else f"{done} of {size_text(view.size)}"
    rest = _WORDS[view.state]
    if view.state == "uploading" and view.speed:
        rest = f"{size_text(view.speed)}/s"
        if view.seconds_left is not None:
            rest += f", {seconds_text(view.seconds_left)} left"
    return f"{amount}, {rest}" if rest else amount


class BarProgress:
    """A progress bar of ipywidgets; only text remains of it, so a saved notebook holds no bar."""

    def __init__(self) -> None:
        import ipywidgets
        from IPython.display import DisplayHandle

        self._bar = ipywidgets.FloatProgress(min=0.0, max=1.0, value=0.0)
        self._label = ipywidgets.Label("")
        self._box = ipywidgets.HBox([self._bar, self._label])
        handle: Any = DisplayHandle  # untyped
        self._place = handle()
        self._place.display(self._box)

    def show(self, view: UploadView, waiting: str = "") -> None:
        """Show it as it is now."""
        share = view.bytes_stored / view.size if view.size else 0.0
        self._bar.value = 1.0 if view.state == "verifying" else share
        self._bar.bar_style = "warning" if waiting else ""
        self._label.value = visible(f"{view.name}: {waiting or progress_text(view)}")

    def end(self, text: str) -> None:
        """Put `text` where the bar was."""
        self._place.update({"text/plain": visible(text)}, raw=True)
        for widget in (self._box, self._label, self._bar):
            widget.close()


class LineProgress:
    """One line of a terminal that is written over; elsewhere only standstills and the end.

    What it waits for is too long to be written over, so it gets a line of its own.
    """

    def __init__(self) -> None:
        self._rewritable = sys.stdout.isatty()
        self._width = 0
        self._waiting = ""

    def show(self, view: UploadView, waiting: str = "") -> None:
        """Show it as it is now."""
        if waiting != self._waiting:
            self._waiting = waiting
            self._write(f"{view.name}: {waiting or 'It continues.'}", "\n")
        if self._rewritable:
            self._write(f"{view.name}: {progress_text(view)}", "")

    def end(self, text: str) -> None:
        """Write `text` over it and leave the line."""
        self._write(text, "\n")

    def _write(self, text: str, close: str) -> None:
        text = visible(text)
        start = "\r" if self._rewritable else ""
        sys.stdout.write(f"{start}{text.ljust(self._width)}{close}")
        sys.stdout.flush()
        self._width = 0 if close else len(text)


SHOWN = 50
"""Rows of a table, unless all are asked for."""

_NAME_WIDTH = 60

_HEAD = ("", "Name", "Size", "Staged", "By", "Account", "Backend")

_OF_PEOPLE = {"Name", "Account"}
"""Columns whose text may run from right to left, which must not turn their neighbours."""

_ORIGINS: dict[Origin, str] = {
    "browser": "panel",
    "contents": "panel",
    "magic": "magic",
    "widget": "widget",
    "cli": "command line",
    "api": "script",
}

_NOTHING = "Nothing staged yet. %artifact_upload PATH stages a file."


class _Row(NamedTuple):
    cells: tuple[str, ...]
    uri: str


class ArtifactTable(Sequence["Artifact"]):
    """Artifacts, newest first: shown as a table without links, used as a sequence.

    Each is read when it is first wanted, so that a long list costs what is looked at. Whatever
    needs all of them (`len`, an index from the end) reads all.

    Parameters
    ----------
    shown
        How many rows to show at most; None shows all.
    nothing
        Said in place of an empty table.
    older
        Says that there are more than are shown; not asked otherwise.
    """

    def __init__(
        self,
        artifacts: Iterable[Artifact],
        *,
        shown: int | None = SHOWN,
        nothing: str = _NOTHING,
        older: Callable[[], str] = str,
    ) -> None:
        self._read: list[Artifact] = []
        self._rest: Iterator[Artifact] = iter(artifacts)
        self._shown = shown
        self._nothing = nothing
        self._older = older

    @overload
    def __getitem__(self, index: int) -> Artifact: ...
    @overload
    def __getitem__(self, index: slice) -> ArtifactTable: ...
    def __getitem__(self, index: int | slice) -> Artifact | ArtifactTable:
        if isinstance(index, slice):
            ends = (index.start or 0, index.stop if index.stop is not None else -1)
            self._need(None if min(ends) < 0 else max(ends))
            return ArtifactTable(self._read[index], shown=self._shown)
        self._need(None if index < 0 else index + 1)
        return self._read[index]

    def __len__(self) -> int:
        self._need(None)
        return len(self._read)

    def __iter__(self) -> Iterator[Artifact]:
        number = 0
        while self._need(number + 1):
            yield self._read[number]
            number += 1

    def __bool__(self) -> bool:
        return self._need(1)

    def __getstate__(self) -> dict[str, object]:
        """Return all that is in it: what is read on by stays in this process."""
        more = self._more()
        artifacts = list(self)
        return {
            **vars(self),
            "_read": artifacts,
            "_rest": iter(()),
            "_older": partial(str, *more),
        }

    def _need(self, count: int | None) -> bool:
        """Read on until `count` are here, or all; false where there are not so many."""
        missing = None if count is None else max(0, count - len(self._read))
        self._read.extend(islice(self._rest, missing))
        return count is None or len(self._read) >= count

    def __repr__(self) -> str:
        if not self:
            return self._nothing
        rows = [_HEAD, *(row.cells for row in self._rows())]
        widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, *self._more()])

    def _repr_html_(self) -> str:
        if not self:
            return f"<p>{escape(self._nothing)}</p>"
        head = "".join(f'<th scope="col">{escape(word)}</th>' for word in _HEAD)
        body = "".join(
            f'<tr title="{escape(row.uri)}">' + "".join(map(_cell_html, _HEAD, row.cells)) + "</tr>"
            for row in self._rows()
        )
        more = "".join(f"<p>{escape(line)}</p>" for line in self._more())
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{more}"

    def _rows(self) -> list[_Row]:
        self._need(self._shown)
        shown = self._read[: self._shown]
        alike = Counter(map(_at_a_glance, shown))
        return [
            _Row(
                (
                    str(number),
                    _shortened(each.name),
                    amount_text(each),
                    moment_text(each.staged_at, seconds=alike[_at_a_glance(each)] > 1),
                    _ORIGINS[each.origin],
                    _shortened(each.account),
                    urlsplit(each.backend).netloc,
                ),
                visible(each.uri),
            )
            for number, each in enumerate(shown)
        ]

    def _more(self) -> list[str]:
        if self._shown is None or not self._need(self._shown + 1):
            return []
        told = self._older()
        return [told or f"… and {len(self) - self._shown} more"]


def amount_text(artifact: Artifact) -> str:
    """Return its size, and where nothing more than that could be checked, that it is so."""
    checked = ", content not checked (size matches)" if artifact.verified == "size" else ""
    return f"{size_text(artifact.size)}{checked}"


def _cell_html(column: str, text: str) -> str:
    shown = escape(text)
    return f"<td><bdi>{shown}</bdi></td>" if column in _OF_PEOPLE else f"<td>{shown}</td>"


def _at_a_glance(artifact: Artifact) -> tuple[str, str]:
    """Return what tells two rows apart, as far as the minute does."""
    return _shortened(artifact.name), moment_text(artifact.staged_at)


def _shortened(text: str) -> str:
    name = visible(text)
    if len(name) <= _NAME_WIDTH:
        return name
    return f"{name[: _NAME_WIDTH // 2]}…{name[-_NAME_WIDTH // 2 + 1 :]}"
