"""What is said where an upload stands still: what it waits for, and since when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyter_openeo_artifacts.s3.exceptions import StorageUnreachable
from jupyter_openeo_artifacts.staging.upload_spec import (
    QUIET_SECONDS,
    Standstill,
    UploadSpec,
    UploadView,
)
from tests.support.clock import FakeClock

GONE = StorageUnreachable("No working connection to s3.example.", todo="Check the network.")
MOVING = UploadView(
    UploadSpec("0" * 26, "0" * 16, "https://openeo.example", "fields.parquet", "cli", 100),
    state="uploading",
    bytes_received=100,
    bytes_stored=50,
    speed=None,
    seconds_left=None,
    created_at=FakeClock.START,
    artifact=None,
    problem=None,
    can_retry=False,
)
PAUSED = replace(MOVING, state="paused", problem=GONE)


@pytest.fixture
def standstill(clock: FakeClock) -> Standstill:
    return Standstill("Ctrl-C cancels it.", clock=clock.monotonic, now=clock.now)


def test_nothing_is_said_of_what_moves(standstill: Standstill, clock: FakeClock) -> None:
    for stored in range(10):
        clock.seconds += QUIET_SECONDS - 1
        assert standstill.text(replace(MOVING, bytes_stored=stored)) == ""


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("queued", "Waiting for its turn since 12:00:05;"),
        ("uploading", "Waiting for storage, which has confirmed nothing since 12:00:05;"),
        ("verifying", "Waiting for storage to tell what it has stored, since 12:00:05;"),
    ],
)
def test_what_it_waits_for_is_said_with_the_time_since_when(
    standstill: Standstill, clock: FakeClock, state: Any, words: str
) -> None:
    # Given
    clock.seconds = 5
    seen = replace(MOVING, state=state)
    assert standstill.text(seen) == ""
    # When
    clock.seconds += QUIET_SECONDS
    # Then: the same sentence until something moves
    said = standstill.text(seen)
    assert said == f"{words} it continues automatically. Ctrl-C cancels it."
    clock.seconds += 100
    assert standstill.text(seen) == said
    assert standstill.text(replace(seen, bytes_stored=60)) == ""


def test_a_pause_is_said_at_once_with_its_reason(standstill: Standstill, clock: FakeClock) -> None:
    # Given
    standstill.text(MOVING)
    clock.seconds = 3
    # When / Then: it has stood still since the last byte, not since it was noticed
    said = standstill.text(PAUSED)
    assert said == (
        "No working connection to s3.example. Waiting since 12:00:00; it continues automatically."
        " Ctrl-C cancels it."
    )
    assert standstill.text(MOVING) == ""


@pytest.mark.parametrize("state", ["staged", "failed", "cancelled"])
def test_nothing_is_said_at_the_end(standstill: Standstill, clock: FakeClock, state: Any) -> None:
    standstill.text(PAUSED)
    clock.seconds = 100
    assert standstill.text(replace(MOVING, state=state)) == ""
