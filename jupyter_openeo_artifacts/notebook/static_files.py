"""The widget's JavaScript and styles, built by `jlpm build:widget`."""

from __future__ import annotations

from pathlib import Path

_STATIC = Path(__file__).parent / "static"


_NOT_BUILT = """
export default {
  render({ el }) {
    el.textContent =
      'The JavaScript of this widget is missing: run "jlpm build:widget" in a source checkout.';
  }
};
"""


def script() -> str:
    """Return the ES module that anywidget loads; without a build, one that says so."""
    try:
        return (_STATIC / "uploader.js").read_text("utf-8")
    except FileNotFoundError:
        return _NOT_BUILT


def styles() -> str:
    """Return the style sheet, empty without a build."""
    try:
        return (_STATIC / "uploader.css").read_text("utf-8")
    except FileNotFoundError:
        return ""
