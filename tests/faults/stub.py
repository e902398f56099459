"""A strict S3 on loopback that does what it is told to do wrong.

Every signature, checksum and length is verified; what was wrong with an engine's requests stands in
`complaints`. Faults are scripted one request at a time (`effects`), ways of a provider by `policy`.
"""

from __future__ import annotations

import secrets
import socket
import threading
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from tests.faults.exchange import BUCKET, NOTHING, Exchange
from tests.faults.objects import Objects
from tests.faults.policy import Policy
from tests.faults.request import Request, Seen
from tests.faults.signature import Key
from tests.faults.wire import HangUp, Wire
from tests.transfer.line import reset

if TYPE_CHECKING:
    import ssl

    from typing_extensions import Self

    from tests.faults.effects import Effect, Fault

__all__ = ["BUCKET", "Stub"]


class Stub:
    """Listens from the moment it is made until `close`.

    Parameters
    ----------
    policy
        The ways of this provider.
    tls
        Speak https.
    """

    def __init__(self, policy: Policy | None = None, tls: ssl.SSLContext | None = None) -> None:
        self.policy = policy or Policy()
        self.skew = timedelta(0)
        """How far its clock is ahead of this machine's."""
        self.objects = Objects(self.policy, self.now)
        self.keys: dict[str, Key] = {}
        self.seen: list[Seen] = []
        self.complaints: list[str] = []
        self.faults: list[Fault] = []
        self.released = threading.Event()
        self._tls = tls
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._resets = False
        self._closed = False
        self._impostor: ssl.SSLContext | None = None
        self.impostures = 0
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]
        scheme, host = ("https", "localhost") if tls else ("http", "127.0.0.1")
        self.endpoint = f"{scheme}://{host}:{self.port}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def now(self) -> datetime:
        """Return its own time."""
        return datetime.now(timezone.utc) + self.skew

    def issue(self, lifetime: timedelta | None = None) -> Key:
        """Make new credentials that it takes; of a session, unless `lifetime` is None."""
        token = None if lifetime is None else f"TOKEN{secrets.token_hex(16)}"
        ends = None if lifetime is None else self.now() + lifetime
        key = Key(f"AK{secrets.token_hex(8)}", f"SK{secrets.token_hex(16)}", token, ends)
        self.keys[key.access_key] = key
        return key

    def end_sessions(self) -> None:
        """Have all sessions end that were issued so far."""
        for name, key in list(self.keys.items()):
            self.keys[name] = Key(key.access_key, key.secret_key, key.token, self.now())

    def add(self, *faults: Fault) -> Fault:
        """Script what comes next; the first one that fits a request takes it."""
        with self._lock:
            self.faults.extend(faults)
        return faults[0]

    def count(self, operation: str) -> int:
        """Return how many of these requests were answered or broken."""
        with self._lock:
            return sum(each.operation == operation for each in self.seen)

    def go_down(self, seconds: float | None = None, *, refusing: bool = False) -> None:
        """Break what is open, and what comes for `seconds` (else until `come_up`).

        `refusing` closes the port meanwhile, else new connections are taken and broken.
        """
        self._resets = True
        if refusing:
            self._stop_listening()
        for each in list(self._open):
            reset(each)
        if seconds is not None:
            timer = threading.Timer(seconds, self.come_up)
            timer.daemon = True
            timer.start()

    def come_up(self) -> None:
        """Work again."""
        self._resets = False
        with self._lock:
            if not self._closed and self._listener.fileno() < 0:
                self._listener = self._listen(self.port)

    def be_replaced(self, tls: ssl.SSLContext, connections: int) -> None:
        """Have something else answer the next connections, by a certificate of its own."""
        self._impostor, self.impostures = tls, connections
        for each in list(self._open):
            reset(each)

    def be_itself(self) -> None:
        """Answer all connections again."""
        self.impostures = 0

    def release(self) -> None:
        """Let stalled requests go on."""
        self.released.set()

    def close(self) -> None:
        """End all threads and sockets."""
        with self._lock:
            self._closed = True
        self.release()
        self._stop_listening()
        for each in list(self._open):
            reset(each)
        for thread in self._threads:
            thread.join(5)

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=64)
        self._start(self._accept, listener)
        return listener

    def _stop_listening(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _start(self, target, *args) -> None:
        thread = threading.Thread(target=target, args=args, name="stub", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            if self._resets:
                reset(near)
            else:
                self._start(self._serve, near)

    def _serve(self, near: socket.socket) -> None:
        try:
            near.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            tls = self._certificate()
            near = tls.wrap_socket(near, server_side=True) if tls else near
        except OSError:
            near.close()
            return
        self._open.add(near)
        wire = Wire(near)
        try:
            while head := wire.head():
                if not Exchange(self, Request.of(head), wire).run():
                    break
        except (OSError, HangUp):
            pass
        finally:
            self._open.discard(near)
            reset(near)

    def _certificate(self) -> ssl.SSLContext | None:
        with self._lock:
            if self.impostures > 0:
                self.impostures -= 1
                return self._impostor
        return self._tls

    def take(self, request: Request) -> Effect:
        """Return what a test wants done to this request."""
        with self._lock:
            for fault in self.faults:
                if fault.takes(request):
                    return fault.effect
        return NOTHING

    def note(self, seen: Seen) -> None:
        """Keep what became of a request."""
        with self._lock:
            self.seen.append(seen)
