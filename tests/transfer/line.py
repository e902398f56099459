"""A line to the storage that can be disturbed: one request at a time, byte by byte."""

from __future__ import annotations

import re
import socket
import struct
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

from tests.limits import AT_MOST

BLOCK = 64 * 1024
_RST = struct.pack("ii", 1, 0)


@dataclass
class Fault:
    """What to do to the next `times` requests whose first line matches."""

    kind: Literal["reset", "stall", "swallow", "flip", "answer", "hold", "late"]
    """Break at a byte; stand still at a byte; carry it out but lose the answer; change a byte;
    answer instead of the storage; keep the whole request back; keep the answer back."""
    match: bytes
    at: int = 0
    """Byte of the body."""
    times: int = 1
    answer: bytes = b""
    met: threading.Event = field(default_factory=threading.Event)


def error_answer(status: int, code: str, *, headers: str = "", message: str = "") -> bytes:
    body = f"<?xml version='1.0'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return (
        f"HTTP/1.1 {status} X\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n"
        f"x-amz-request-id: REQ42\r\n{headers}Connection: close\r\n\r\n{body}"
    ).encode()


class Line:
    """Forwards HTTP requests to `port` on loopback, and does what its faults say."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self._listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BLOCK)
        self.endpoint = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        self.faults: list[Fault] = []
        self.requests: list[bytes] = []
        self._lock = threading.Lock()
        self._cut = False
        self.pause = 0.0
        """Seconds to wait before each block: a slow line."""
        self._released = threading.Event()
        self.carried_out = threading.Event()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def add(self, *faults: Fault) -> Fault:
        with self._lock:
            self.faults.extend(faults)
        return faults[0]

    def cut(self) -> None:
        """Break what is open and refuse what is new."""
        self._cut = True
        for each in list(self._open):
            reset(each)

    def mend(self) -> None:
        self._cut = False

    def release(self) -> None:
        """Let stalled requests go on."""
        self._released.set()

    def count(self, match: bytes) -> int:
        with self._lock:
            return sum(bool(re.match(match, line)) for line in self.requests)

    def close(self) -> None:
        self.release()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in list(self._open):
            reset(each)
        for thread in self._threads:
            thread.join(AT_MOST)

    def _start(self, target, *args) -> None:
        thread = threading.Thread(target=target, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            if self._cut:
                reset(near)
            else:
                self._start(self._serve, near)

    def _serve(self, near: socket.socket) -> None:
        far = socket.create_connection(self._target)
        self._open |= {near, far}
        try:
            while self._one_request(near, far):
                pass
        except OSError:
            pass
        finally:
            self._open -= {near, far}
            reset(near)
            far.close()

    def _take(self, line: bytes) -> Fault | None:
        with self._lock:
            self.requests.append(line)
            for fault in self.faults:
                if fault.times > 0 and re.match(fault.match, line):
                    fault.times -= 1
                    fault.met.set()
                    return fault
        return None

    def _one_request(self, near: socket.socket, far: socket.socket) -> bool:
        head, early = read_head(near)
        if not head:
            return False
        fault = self._take(head.partition(b"\r\n")[0])
        kind = fault.kind if fault else None
        if fault and kind == "answer":
            near.sendall(fault.answer)
            near.shutdown(socket.SHUT_WR)
            with suppress(OSError):  # what is on its way is read, or the answer would be reset
                near.settimeout(2)
                while near.recv(BLOCK):
                    pass
            return False
        if kind == "hold":
            self._released.wait(60)
        far.sendall(head)
        if b"100-continue" in head:
            reply, _ = read_head(far)
            near.sendall(reply)
            if b" 100 " not in reply.partition(b"\r\n")[0]:
                return False
        self._forward_body(near, far, early, length_of(head), fault)
        reply, rest = read_head(far)
        if kind == "swallow":
            return False
        if kind == "late":
            self.carried_out.set()
            self._released.wait(60)
        near.sendall(reply)
        if not head.startswith(b"HEAD"):
            forward_answer(far, near, reply, rest)
        return bool(reply)

    def _forward_body(self, near, far, early: bytes, length: int, fault: Fault | None) -> None:
        done = 0
        while done < length:
            block = early or near.recv(min(BLOCK, length - done))
            early = b""
            time.sleep(self.pause)
            if not block:
                raise OSError("the client left")
            if fault and done <= fault.at < done + len(block):
                block = self._disturb(block, fault.at - done, fault)
            far.sendall(block)
            done += len(block)

    def _disturb(self, block: bytes, at: int, fault: Fault) -> bytes:
        if fault.kind == "reset":
            raise OSError("as the fault says")
        if fault.kind == "stall":
            self._released.wait(60)
        if fault.kind == "flip":
            return block[:at] + bytes([block[at] ^ 1]) + block[at + 1 :]
        return block


def reset(one: socket.socket) -> None:
    """Close with RST instead of FIN."""
    with suppress(OSError):
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    with suppress(OSError):
        one.shutdown(socket.SHUT_RD)
    one.close()


def read_head(one: socket.socket) -> tuple[bytes, bytes]:
    """Read up to the empty line; return head and what came with it."""
    got = b""
    while b"\r\n\r\n" not in got:
        block = one.recv(BLOCK)
        if not block:
            return b"", b""
        got += block
    head, _, rest = got.partition(b"\r\n\r\n")
    return head + b"\r\n\r\n", rest


def length_of(head: bytes) -> int:
    found = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
    return int(found[1]) if found else 0


def forward_answer(far: socket.socket, near: socket.socket, head: bytes, rest: bytes) -> None:
    if b"chunked" in head.lower():
        while not rest.endswith(b"0\r\n\r\n"):
            near.sendall(rest)
            rest = far.recv(BLOCK)
        near.sendall(rest)
        return
    left = length_of(head)
    while left > 0:
        block = rest or far.recv(min(BLOCK, left))
        if not block:
            raise OSError("the storage left")
        rest = b""
        near.sendall(block)
        left -= len(block)


def until(condition, seconds: float = 10.0) -> None:
    """Wait until `condition()` holds."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)
