"""Text of others, as it is shown to people."""

from __future__ import annotations

import pytest

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.formatting import visible


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("fields.parquet", "fields.parquet"),
        ("مرحبا é 🌍 日本.tif", "مرحبا é 🌍 日本.tif"),
        ("one\n\ttwo", "one\n\ttwo"),
        ("a\u202egpj.exe", r"a\u202egpj.exe"),
        ("\u2066a\u2069\u200f", r"\u2066a\u2069\u200f"),
        ("a\u2028b\u2029c", r"a\u2028b\u2029c"),
        ("\x1b[2J\r", r"\u001b[2J\u000d"),
        ("a\U000e0041", r"a\U000e0041"),
    ],
)
def test_nothing_hides_or_turns_the_line(text: str, shown: str) -> None:
    # When / Then
    assert visible(text) == shown
    error = OpenEOArtifactsError(f"No {text!s}.", todo="Look.")
    assert str(error) == f"No {shown}. Look."
    assert error._render_traceback_() == [f"OpenEOArtifactsError: No {shown}. Look."]
