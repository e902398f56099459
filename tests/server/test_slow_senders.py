"""Senders that bring a byte a second do not hold all places."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from jupyter_openeo_artifacts.server.upload_locker import BodyWriter, UploadLocker


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
    upload_locker = UploadLocker(at_once=1, lifetime=3600)

    async def keep(_: bytes) -> None:
        return

    await upload_locker.take_place()
    body_writer = BodyWriter(keep, lambda: ended.append("hung up"))
    upload_locker.begin("slow", body_writer)
    waiting: list[Any] = [asyncio.ensure_future(upload_locker.take_place())] if others else []
    await asyncio.sleep(0)
    with monkeypatch.context() as patched:
        patched.setattr(loop, "time", lambda: now[0])
        await upload_locker.hang_up_stalled()
        # When: a minute has gone
        now[0] = 61.0
        body_writer.take(bytes(size))
        await upload_locker.hang_up_stalled()
    # Then
    assert ended == (["hung up"] if hung_up else [])
    upload_locker.leave("slow", body_writer)
    for each in waiting:
        await asyncio.wait_for(each, 60)
