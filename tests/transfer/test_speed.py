"""Speed is of the last seconds, and sinks while nothing comes."""

from __future__ import annotations

import pytest

from jupyter_openeo_artifacts.staging.upload_spec import SpeedMeter

MB = 1_000_000


def test_nothing_is_known_at_first() -> None:
    meter = SpeedMeter()
    assert (meter.speed, meter.seconds_left(10)) == (None, None)
    meter.update(0, now=100.0)
    assert (meter.speed, meter.seconds_left(10)) == (None, None)


def test_a_steady_line() -> None:
    # Given
    meter = SpeedMeter()
    # When
    for second in range(20):
        meter.update(second * MB, now=float(second))
    # Then
    assert meter.speed == pytest.approx(MB)
    assert meter.seconds_left(29 * MB) == pytest.approx(10)
    assert meter.seconds_left(19 * MB) == 0.0


def test_what_was_long_ago_does_not_count() -> None:
    # Given
    meter = SpeedMeter()
    for second in range(10):
        meter.update(second * 100 * MB, now=float(second))
    # When
    for second in range(10, 30):
        meter.update(900 * MB + (second - 9) * MB, now=float(second))
    # Then
    assert meter.speed == pytest.approx(MB)


def test_a_slow_line_that_jumps_shows_a_steady_figure() -> None:
    # Given: 8 MB every 20 s, looked at each second
    meter = SpeedMeter()
    seen = []
    # When
    for second in range(200):
        meter.update(second // 20 * 8 * MB, now=float(second))
        if second > 100:
            seen.append(meter.speed)
    # Then
    assert min(seen) > 0.25 * MB
    assert max(seen) < 0.55 * MB


def test_it_sinks_while_the_line_stands_still() -> None:
    # Given
    meter = SpeedMeter()
    for second in range(10):
        meter.update(second * MB, now=float(second))
    # When
    meter.update(9 * MB, now=14.0)
    # Then
    assert meter.speed == pytest.approx(MB * 3 / 8)
    # When: nothing has moved for long
    meter.update(9 * MB, now=60.0)
    # Then
    assert (meter.speed, meter.seconds_left(10 * MB)) == (None, None)


@pytest.mark.parametrize(
    ("seconds", "patience"),
    [
        (0.1, 5.1),  # a fast line
        (20.0, 25.0),  # 8 MB each 20 s
    ],
)
def test_storage_has_stopped_5_s_after_its_answer_should_have_come(
    seconds: float, patience: float
) -> None:
    # Given: four parts side by side, answered together
    meter = SpeedMeter()
    for number in range(40):
        last = number // 4 * seconds
        meter.update(number * 8 * MB, now=last)
    # When / Then
    meter.update(39 * 8 * MB, now=last + patience - 0.01)
    assert meter.speed is not None
    meter.update(39 * 8 * MB, now=last + patience + 0.01)
    assert meter.speed is None


def test_after_a_standstill_the_next_one_is_told_as_soon_again() -> None:
    # Given: a minute without an answer, and a fast line after it
    meter = SpeedMeter()
    for number in range(40):
        now = number / 10 + (60 if number > 20 else 0)
        meter.update(number * MB, now=now)
    # When
    meter.update(39 * MB, now=now + 5.2)
    # Then
    assert meter.speed is None


def test_a_line_that_has_become_slow_is_learned() -> None:
    # Given
    meter = SpeedMeter()
    for number in range(20):
        meter.update(number * MB, now=number / 10)
    # When: an answer each 30 s
    seen = []
    for second in range(600):
        meter.update(20 * MB + second // 30 * MB, now=2.0 + second)
        seen.append(meter.speed)
    # Then
    assert None in seen[:60]
    assert None not in seen[120:]


def test_beginning_again_is_no_negative_speed() -> None:
    meter = SpeedMeter()
    meter.update(0, 0.0)
    meter.update(10 * MB, 1.0)
    meter.update(0, 2.0)
    meter.update(MB, 3.0)
    assert meter.speed == pytest.approx(MB)
