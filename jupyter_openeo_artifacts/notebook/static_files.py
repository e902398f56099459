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


def loader() -> str:
    """Return the ES module that anywidget loads; without a build, one that says so.

    It is all that a notebook keeps of the widget's code: it asks for the application.
    """
    return _read("loader.js", _NOT_BUILT)


def application() -> dict[str, str]:
    """Return the application's `script`, an ES module, and its `style`."""
    return {"script": _read("uploader.js"), "style": _read("uploader.css")}


def _read(name: str, missing: str = "") -> str:
    try:
        return (_STATIC / name).read_text("utf-8")
    except FileNotFoundError:
        return missing
