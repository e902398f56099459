"""How far an upload is, shown under the cell or on one line of a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_openeo_artifacts.formatting import seconds_text, size_text, visible

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

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
