"""What is sent of a buffer: all of it, in pieces that stop with the upload, and none is kept."""

from __future__ import annotations

import mmap
import threading
import time
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.s3 import request_body as module
from jupyter_openeo_artifacts.s3.request_body import Body
from jupyter_openeo_artifacts.transfer.buffer_pool import BufferPool
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from typing_extensions import Self

CONTENT = bytes(range(256)) * 20_000


def sent(content: bytes) -> Body:
    return Body(memoryview(content), CancelToken())


@pytest.mark.parametrize("size", [0, 1, 128 * 1024, 128 * 1024 + 1, len(CONTENT)])
def test_the_pieces_are_the_whole(size: int) -> None:
    assert b"".join(sent(CONTENT[:size]).pieces()) == CONTENT[:size]


def test_a_fast_line_gets_longer_pieces() -> None:
    lengths = [len(piece) for piece in sent(CONTENT).pieces()]
    assert max(lengths) == module.LONGEST
    assert lengths[:-1] == sorted(lengths[:-1])


def test_a_slow_line_gets_shorter_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "QUICK", 0.0)
    monkeypatch.setattr(module, "SLOW", 0.001)
    lengths = []
    for piece in sent(CONTENT[:700_000]).pieces():
        lengths.append(len(piece))
        time.sleep(0.002)
    assert lengths[0] > lengths[1] == module.SHORTEST


def test_a_cancel_ends_it() -> None:
    stop = CancelToken()
    pieces = Body(memoryview(CONTENT), stop).pieces()
    next(pieces)
    stop.cancel()
    with pytest.raises(Cancelled):
        next(pieces)


def test_an_error_that_is_kept_keeps_no_buffer() -> None:
    """Its traceback holds the piece that was being sent."""
    buffers, stop = BufferPool(), CancelToken()
    buffers.join()

    def send(pieces: object) -> None:
        for _piece in pieces:  # type: ignore[attr-defined]
            raise ConnectionError

    with (
        pytest.raises(ConnectionError) as caught,
        buffers.take(1_000_000, stop) as content,
        Body(content, stop) as body,
    ):
        send(body.pieces())
    # When
    buffers.leave()
    # Then
    assert caught.value.__traceback__
    assert buffers.held == 0


def test_a_view_that_somebody_else_keeps_is_no_harm() -> None:
    """As that of the standard library's TLS, which an error's traceback holds."""
    buffers, stop = BufferPool(limit=2_000_000), CancelToken()
    buffers.join()
    with buffers.take(1_000_000, stop) as content:
        kept = content[500:]
    # When: another length drops the idle one
    with buffers.take(1_500_000, stop) as other:
        assert len(other) == 1_500_000
    buffers.leave()
    # Then
    assert buffers.held == 0
    assert len(kept) == 999_500


def test_memory_that_is_not_to_be_had_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    buffers = BufferPool()

    class NoMemory(mmap.mmap):
        def __new__(cls, *_: object, **__: object) -> Self:
            raise MemoryError

    monkeypatch.setattr(mmap, "mmap", NoMemory)
    with pytest.raises(MemoryError), buffers.take(1_000_000, CancelToken()):
        pass
    # Then
    assert buffers.held == 0


def test_a_buffer_for_which_there_is_room_overtakes_none_that_waits() -> None:
    # Given
    buffers, order = BufferPool(limit=100), []

    def take(length: int) -> None:
        with buffers.take(length, CancelToken()):
            order.append(length)

    waiting = [threading.Thread(target=take, args=(length,), daemon=True) for length in (80, 30)]
    with buffers.take(60, CancelToken()):
        for count, each in enumerate(waiting, 1):
            each.start()
            ends = time.monotonic() + AT_MOST
            while buffers.waiting < count and not order and time.monotonic() < ends:
                time.sleep(0.001)
    # When
    for each in waiting:
        each.join(AT_MOST)
    # Then
    assert order == [80, 30]


def test_a_cancelled_upload_gets_no_buffer_though_there_is_room() -> None:
    buffers, stop = BufferPool(), CancelToken()
    stop.cancel()
    with pytest.raises(Cancelled), buffers.take(1000, stop):
        pass
    # Then
    with buffers.take(1000, CancelToken()):
        pass
