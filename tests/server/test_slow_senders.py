"""Senders that bring a byte a second do not hold all places."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_openeo_artifacts.server.reception import Reception
from jupyter_openeo_artifacts.server.receptions import Receptions


@pytest.mark.parametrize(
    ("size", "others", "hung_up"),
    [(60, True, True), (60, False, False), (200_000, True, False)],
    ids=["slow and awaited", "slow, but nobody waits", "quick enough"],
)
async def test_a_slow_sender_loses_its_place_to_one_who_waits(
    monkeypatch: pytest.MonkeyPatch,
    size: int,
    others: bool,  # noqa: FBT001
    hung_up: bool,  # noqa: FBT001
) -> None:
    # Given
    loop, now, ended = asyncio.get_running_loop(), [0.0], []
    receptions = Receptions(at_once=1, lifetime=3600)

    async def keep(_: bytes) -> None:
        return

    await receptions.take_place()
    reception = Reception(keep, lambda: ended.append("hung up"))
    receptions.begin("slow", reception)
    waiting: list[Any] = [asyncio.ensure_future(receptions.take_place())] if others else []
    await asyncio.sleep(0)
    with monkeypatch.context() as patched:
        patched.setattr(loop, "time", lambda: now[0])
        await receptions.hang_up_stalled()
        # When: a minute has gone
        now[0] = 61.0
        reception.take(bytes(size))
        await receptions.hang_up_stalled()
    # Then
    assert ended == (["hung up"] if hung_up else [])
    receptions.leave("slow", reception)
    for each in waiting:
        await asyncio.wait_for(each, 60)
