"""The bounds of one HTTP answer: how long it may take, how long it may be, and who may end it.

A read time-out alone ends nothing: it starts again with each byte. So an answer has a deadline of
its own, counted from the last byte that was sent, and a size that no answer of S3 or STS has. Only
an object's content is free of both. A cancel shuts the socket down under whoever reads from it.
"""

from __future__ import annotations

import io
import re
import socket
import threading
import time
import zlib
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


ANSWER_SECONDS = 60.0
"""For a whole answer, its head included; AWS' SDKs wait as long for the first byte."""

COMPLETE_SECONDS = 15 * 60.0
"""For the answer to a Complete, as long as white space comes after its 200
(https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html)."""

ANSWER_BYTES = 1024 * 1024
"""Of a whole answer, and of what it unpacks to: a page of a listing is the longest there is."""

LAST_WORD_SECONDS = 1.0
"""For a request that is under way when its upload is cancelled, and that stores nothing."""

PENDING_ANSWER_SECONDS = ANSWER_SECONDS
"""For one that may store something, once storage has all of it: its answer tells what was done, and
a clean-up that overtakes it finds nothing. The caller of the upload is free before (`grace`)."""

_HEAD_END = b"\r\n\r\n"

_FINE = re.compile(rb"HTTP/1\.[01] 200\b")

_SPACES = b" \t\r\n0123456789abcdefABCDEF"  # with the sizes of chunks

_GZIP_OR_ZLIB = 32 + zlib.MAX_WBITS


class Exchange:
    """One request and its answer, on one socket at a time.

    Parameters
    ----------
    seconds
        For the answer, from the last byte of the request on.
    stores
        Whether the request has storage make something: a cancel then waits for its answer.
    completes
        Whether it is a Complete, which may take minutes.
    """

    def __init__(
        self, seconds: float = ANSWER_SECONDS, *, stores: bool = False, completes: bool = False
    ) -> None:
        self._seconds = seconds
        self._stores = stores
        self._is_out = False
        self._timer: threading.Timer | None = None
        self._sock: Any = None
        self._ends: float | None = None
        self._last_end = 0.0
        self._head: bytearray | None = bytearray() if completes else None
        self._may_be_renewed = False
        self._taken = 0
        self._is_content = False
        self._cut = False
        self._lock = threading.Lock()

    def uses(self, sock: Any) -> None:
        """Take note of the socket, to be shut down where the exchange was cut before."""
        with self._lock:
            self._sock = sock
            cut = self._cut and not self.pending
        if cut:
            shut(sock)

    @property
    def pending(self) -> bool:
        """Whether storage has all of a request that has it make something."""
        return self._stores and self._is_out

    def sends(self) -> None:
        """Take note that the request is not all out yet: no answer is due."""
        self._is_out, self._ends = False, None

    def awaits(self, *, body_follows: bool = False) -> None:
        """Take note that the request is out, or what is to be answered before its body."""
        self._is_out = not body_follows
        now = time.monotonic()
        self._ends, self._last_end = now + self._seconds, now + COMPLETE_SECONDS

    def left(self) -> float:
        """Return the seconds that the answer has left.

        Raises
        ------
        TimeoutError
            None.
        """
        if self._is_content:
            return self._seconds
        if self._ends is None:
            self.awaits()
        left = (self._ends or 0.0) - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer did not end in time")
        return left

    def took(self, came: bytes | memoryview) -> None:
        """Count bytes of the answer; white space of a Complete renews its time.

        Raises
        ------
        botocore.parsers.ResponseParserError
            They are too many for S3 or STS.
        """
        self._taken += len(came)
        if self._taken > ANSWER_BYTES and not self._is_content:
            raise too_long()
        if self._head is not None:
            came = self._after_head(self._head, bytes(came))
        if self._may_be_renewed and came and not bytes(came).strip(_SPACES) and not self._cut:
            self._ends = min(time.monotonic() + self._seconds, self._last_end)

    def _after_head(self, head: bytearray, came: bytes) -> bytes:
        """Return what belongs to the body of what has come."""
        begin = max(0, len(head) - len(_HEAD_END))
        head += came
        end = head.find(_HEAD_END, begin)
        if end < 0:
            return b""
        self._head, self._may_be_renewed = None, bool(_FINE.match(head))
        return bytes(head[end + len(_HEAD_END) :])

    def is_content(self) -> None:
        """Read on without bounds but for a pause: an object's content comes."""
        self._is_content = True

    def cut(self) -> None:
        """End it from another thread, soon: what is nearly over may say how it ended."""
        with self._lock:
            self._cut = True
            if self._sock is not None:
                self._cut_later()

    def over(self) -> None:
        """Let go of the socket: the next exchange on it is nobody's to cut."""
        with self._lock:
            self._sock = None
            if self._timer is not None:
                self._timer.cancel()

    def _cut_later(self) -> None:
        pending = self.pending
        seconds = PENDING_ANSWER_SECONDS if pending else LAST_WORD_SECONDS
        self._timer = threading.Timer(seconds, self._cut_off, [self._sock, pending])
        self._timer.daemon = True
        try:
            self._timer.start()
        except (RuntimeError, MemoryError):  # no thread is to be had to cut it later
            shut(self._sock)

    def _cut_off(self, sock: Any, was_pending: bool) -> None:  # noqa: FBT001 - a timer's
        with self._lock:
            if self._sock is not sock:
                return
            if self.pending and not was_pending:  # its last bytes went meanwhile
                self._cut_later()
            else:
                shut(sock)


class Answering(io.RawIOBase):
    """What comes in an exchange, as a file.

    Parameters
    ----------
    read_into
        Reads from the socket; its time-out is set before each call.
    begin
        What was read before.
    """

    def __init__(
        self,
        exchange: Exchange,
        sock: Any,
        read_into: Callable[[Any], int | None],
        begin: bytes | None = None,
        close: Callable[[], None] = lambda: None,
    ) -> None:
        super().__init__()
        self._exchange = exchange
        self._sock = sock
        self._read_into = read_into
        self._begin = begin or b""
        self._ended = begin == b""
        self._close = close

    def makefile(self, _mode: str) -> io.BufferedReader:
        """Return it for `http.client.HTTPResponse`, which takes it for a socket."""
        return io.BufferedReader(self)

    def readable(self) -> bool:
        """Return that it is."""
        return True

    def readinto(self, buffer: Any, /) -> int:
        """Read from what has come, or wait; see `io.RawIOBase.readinto`."""
        if self._begin:
            count = min(len(buffer), len(self._begin))
            buffer[:count] = self._begin[:count]
            self._begin = self._begin[count:]
        elif self._ended:
            count = 0
        else:
            self._sock.settimeout(self._exchange.left())
            count = self._read_into(buffer) or 0
            self._exchange.took(memoryview(buffer)[:count])
        return count

    def close(self) -> None:
        """Close the file, not the socket."""
        if not self.closed:
            self._close()
        super().close()


def hooked(exchange: Exchange) -> Callable[[], None]:
    """Have the cancel that covers this thread cut `exchange`; return what undoes that."""
    token = CancelToken.covering()
    return token.on_cancel(exchange.cut) if token else _nothing


def unpacked(headers: Mapping[str, str], content: bytes) -> bytes:
    """Return the content of an answer as it was before something on the way compressed it.

    Raises
    ------
    botocore.parsers.ResponseParserError
        It is not what it says, or too long.
    """
    coding = headers.get("content-encoding", "").strip().lower()
    if not content or coding not in ("gzip", "x-gzip", "deflate"):
        return content
    reader = zlib.decompressobj(_GZIP_OR_ZLIB)
    try:
        found = reader.decompress(content, ANSWER_BYTES + 1)
    except zlib.error as error:
        raise _unreadable("an answer is not compressed as it says") from error
    if len(found) > ANSWER_BYTES:
        raise too_long()
    return found


def too_long() -> Exception:
    """Return the error for an answer that goes on where no answer of S3 or STS does."""
    return _unreadable(f"an answer of more than {ANSWER_BYTES} bytes")


def _unreadable(why: str) -> Exception:
    from botocore.parsers import ResponseParserError

    error: Exception = ResponseParserError(why)  # as for a page: it is not one of S3
    return error


def _nothing() -> None:
    pass


def shut(sock: Any) -> None:
    """Wake whoever reads from or writes to it, in whatever thread.

    Not by the method of a TLS socket: that forgets its encryption first, and a thread that writes
    meanwhile would go on in plain text. To an https proxy urllib3 has TLS around a TLS socket.
    """
    while not isinstance(sock, socket.socket) and hasattr(sock, "socket"):
        sock = sock.socket
    with suppress(OSError, TypeError):
        socket.socket.shutdown(sock, socket.SHUT_RDWR)
