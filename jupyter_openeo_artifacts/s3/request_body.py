"""The bytes of one request: its head, and a body that stops when the upload does."""

from __future__ import annotations

import io
import time
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken


def body(
    content: memoryview, stop: CancelToken, digest: str = "", *, bound_by_md5: str = ""
) -> IO[bytes]:
    """Return what a client sends for `content`, to be closed when it was.

    `digest` is its SHA-256 in hex, if it is known; for `bound_by_md5` see `Body.md5`.
    """
    return cast("IO[bytes]", Body(content, stop, digest, bound_by_md5))


SHORTEST, LONGEST = 64 * 1024, 1024 * 1024
"""Bytes of a piece, by how fast the line is."""


QUICK, SLOW = 0.05, 0.25
"""Seconds a piece takes where the next is to be longer, or shorter."""

_MOST = 128 * 1024  # what botocore asks for; a slow line takes it in a second, so a cancel is heard


class Body(io.RawIOBase):
    """A buffer as a file, whose reading raises once `stop` is cancelled.

    So a cancel does not wait until a slow line has taken the rest of the part. As a file the buffer
    is also not copied (botocore joins a `bytes` body to the headers), and goes with
    `Expect: 100-continue`: a storage that refuses does so before the bytes are sent.
    """

    def __init__(
        self, content: memoryview, stop: CancelToken, digest: str = "", md5: str = ""
    ) -> None:
        super().__init__()
        self._digest = digest
        self.md5 = md5
        """The MD5 in hex, where that may bind the request to these bytes; else empty."""
        self.content = content
        self._position = 0
        self._given: list[memoryview] = []
        self._stop = stop

    def __len__(self) -> int:
        return len(self.content)

    @property
    def sha256(self) -> str:
        """The hash of all of it, in hex, which goes into a request's signature."""
        if not self._digest:
            self._digest = sha256(self.content).hexdigest()
        return self._digest

    def pieces(self) -> Iterator[memoryview]:
        """Yield all of it, uncopied, in pieces that take a fraction of a second each to send.

        Whoever iterates sends each before it asks for the next.

        Raises
        ------
        Cancelled
            `stop` was.
        """
        position, length = 0, _MOST
        while position < len(self.content):
            self._stop.raise_if_cancelled()
            begun = time.monotonic()
            self._given.append(self.content[position : position + length])
            yield self._given[-1]
            position += length
            took = time.monotonic() - begun
            if took < QUICK:
                length = min(2 * length, LONGEST)
            elif took > SLOW:
                length = max(length // 2, SHORTEST)

    def close(self) -> None:
        """Let go of the buffer, whoever still holds a piece of it: an error's traceback may."""
        while self._given:
            self._given.pop().release()
        super().close()

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def seekable(self) -> bool:
        """Return that it is."""
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        """Return the next bytes, at most 128 KiB of them; see `io.RawIOBase.read`.

        Raises
        ------
        Cancelled
            `stop` was.
        """
        self._stop.raise_if_cancelled()
        rest = len(self.content) - self._position
        length = rest if size is None or size < 0 else min(size, rest, _MOST)
        found = bytes(self.content[self._position : self._position + length])
        self._position += length
        return found

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        """Go to another byte; see `io.RawIOBase.seek`."""
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: len(self.content)}
        self._position = max(0, start[whence] + offset)
        return self._position

    def tell(self) -> int:
        """Return the byte that comes next."""
        return self._position


def head_of(request: Any) -> bytes:
    """Return request line and headers as they go over the line.

    Raises
    ------
    ValueError
        A header has a line break in it, or is not of Latin-1.
    """
    host, _, path = request.url.partition("://")[2].partition("/")
    lines = [f"{request.method} /{path} HTTP/1.1"]
    if "Host" not in request.headers:
        lines.append(f"Host: {host}")
    lines += [f"{name}: {_text(value)}" for name, value in request.headers.items()]
    head = "\r\n".join([*lines, "", ""])
    if len(head.splitlines()) != len(lines) + 1:
        raise ValueError("a header has a line break in it")
    try:
        return head.encode("latin-1")
    except UnicodeEncodeError:  # which has all of it, the session's token too
        raise ValueError("a header is not of Latin-1") from None


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
