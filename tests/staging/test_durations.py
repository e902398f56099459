"""Lifetimes as people write them."""

from __future__ import annotations

import pytest

from jupyter_openeo_artifacts.formatting import seconds_of


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90m", 5_400),
        ("6h", 21_600),
        ("2d", 172_800),
        ("1w", 604_800),
        ("45s", 45),
        ("1h30m", 5_400),
        ("1 h 30 m", 5_400),
        ("1.5h", 5_400),
        ("2D", 172_800),
    ],
)
def test_lifetimes_are_read(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2",
        "d",
        "-2d",
        "2 days",
        "2d!",
        "0h",
        "0.4s",
        "1e3s",
        "٣h",
        "2d;rm",
        "1h 2",
        "9" * 400 + "d",
    ],
)
def test_what_could_mean_several_things_is_refused_and_an_example_given(text):
    with pytest.raises(ValueError, match="write for example 90m"):
        seconds_of(text)
