"""How far an upload is, in words and on a terminal's line."""

from __future__ import annotations

import io
from datetime import datetime, timezone

import pytest

from jupyter_openeo_artifacts.formatting import seconds_text, size_text
from jupyter_openeo_artifacts.notebook.display import LineProgress, progress_for, progress_text
from jupyter_openeo_artifacts.staging.upload_spec import UploadSpec, UploadView

NAME = "fields.parquet"


def view(state: str, stored: int, size: int | None = 1_300_000_000, **more) -> UploadView:
    values = {
        "spec": UploadSpec("0" * 26, "0" * 16, "https://openeo.example", NAME, "magic", size),
        "state": state,
        "bytes_received": 0,
        "bytes_stored": stored,
        "speed": None,
        "seconds_left": None,
        "created_at": datetime.now(timezone.utc),
        "artifact": None,
        "problem": None,
        "can_retry": False,
    }
    return UploadView(**values | more)


@pytest.mark.parametrize(
    ("seen", "text"),
    [
        (view("queued", 0), "0 bytes of 1.3 GB, waiting for its turn"),
        (view("uploading", 0), "0 bytes of 1.3 GB"),
        (
            view("uploading", 812_000_000, speed=12.4e6, seconds_left=39.6),
            "812 MB of 1.3 GB, 12 MB/s, 40 s left",
        ),
        (view("verifying", 1_300_000_000), "1.3 GB of 1.3 GB, checking what was stored"),
        (view("uploading", 5, None), "5 bytes"),
    ],
)
def test_progress_is_said_in_words(seen, text):
    assert progress_text(seen) == text


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminals_line_is_written_over_and_left_clean(monkeypatch):
    # Given
    out = Terminal()
    monkeypatch.setattr("sys.stdout", out)
    progress = progress_for(object())
    assert isinstance(progress, LineProgress)
    # When
    progress.show(view("uploading", 812_000_000, speed=12.4e6, seconds_left=39.6))
    progress.end("fields.parquet: staged")
    # Then
    _, first, last = out.getvalue().split("\r")
    assert last.endswith("\n")
    assert last.rstrip() == "fields.parquet: staged"
    assert len(last) - 1 == len(first)


def test_where_no_line_can_be_written_over_only_the_end_is_said(monkeypatch):
    out = io.StringIO()
    monkeypatch.setattr("sys.stdout", out)
    progress = LineProgress()
    progress.show(view("uploading", 1))
    progress.end("fields.parquet: staged")
    assert out.getvalue() == "fields.parquet: staged\n"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (12_345, "12 kB"),
        (999_999, "1.0 MB"),
        (1_300_000_000, "1.3 GB"),
        (5_000_000_000_000_000, "5000 TB"),
    ],
)
def test_sizes_are_decimal(size, text):
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-1, "0 s"), (40, "40 s"), (200, "3 min 20 s"), (7_500, "2 h 5 min"), (59.6, "1 min 0 s")],
)
def test_durations_have_two_units(seconds, text):
    assert seconds_text(seconds) == text


@pytest.mark.parametrize("kind", [io.StringIO, Terminal])
def test_what_it_waits_for_gets_one_line_of_its_own(monkeypatch, kind):
    # Given
    out = kind()
    monkeypatch.setattr("sys.stdout", out)
    progress = LineProgress()
    seen = view("paused", 812_000_000)
    # When: it is shown again and again, and then goes on
    for _ in range(3):
        progress.show(seen, "Waiting for storage since 12:00:00.")
    progress.show(view("uploading", 812_000_001))
    progress.end("fields.parquet: staged")
    # Then
    text = out.getvalue()
    assert text.count("Waiting for storage since 12:00:00.\n") == 1
    assert text.count("It continues.") == 1
    assert text.endswith("staged\n") or text.rstrip().endswith("staged")
