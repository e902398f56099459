"""Bytes between the loop and the disk."""

from __future__ import annotations

import secrets
import tracemalloc

import pytest

from jupyter_openeo_artifacts.server.upload_locker import BLOCK, BodyWriter


@pytest.mark.parametrize("chunk", [1, 1000, 65_536, BLOCK - 1, 3 * BLOCK])
async def test_chunks_of_any_size_arrive_in_order(chunk: int) -> None:
    # Given
    content = secrets.token_bytes(min(4 * BLOCK, 10_000 * chunk) + 7)
    kept: list[bytes] = []

    async def keep(block: bytes) -> None:
        kept.append(block)

    body_writer = BodyWriter(keep, hang_up=lambda: None)
    # When
    for start in range(0, len(content), chunk):
        wait = body_writer.take(content[start : start + chunk])
        if wait is not None:
            await wait
    await body_writer.flush()
    # Then
    assert b"".join(kept) == content


async def test_crumbs_take_no_more_memory_than_blocks() -> None:
    # Given
    async def keep(block: bytes) -> None:
        del block

    body_writer = BodyWriter(keep, hang_up=lambda: None)
    # When
    tracemalloc.start()
    try:
        for number in range(20_000):
            wait = body_writer.take(number.to_bytes(2, "big"))
            if wait is not None:
                await wait
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Then
    assert peak < 300_000
