"""Requests over the standard library's sockets, with half of the work urllib3 makes of them."""

from __future__ import annotations

import http.client
import re
import ssl
import threading
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.error_catalog.response import quotes_answer
from jupyter_openeo_artifacts.s3.exchange import (
    ANSWER_BYTES,
    ANSWER_SECONDS,
    Answering,
    Exchange,
    hooked,
    too_long,
    unpacked,
)
from jupyter_openeo_artifacts.s3.network import as_botocore, connect_publicly
from jupyter_openeo_artifacts.s3.request_body import head_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


_MOST = 65_536
_JOINED = 1024 * 1024  # bytes of a body that go with the head, at the price of a copy
_END = b"\r\n\r\n"
EXPECT_SECONDS = 1.0
"""To wait for a `100 Continue`, as botocore does."""
_INTERIM = re.compile(rb"HTTP/1\.[01] 1\d\d\b")
_USUAL = re.compile(r"HTTP/1\.1 [2-5]\d\d( .*)?")
# https://www.rfc-editor.org/rfc/rfc9110#name-tokens
_ENCODED = {"transfer-encoding", "content-encoding"}
_OF_NAMES = frozenset("!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz")


@dataclass(frozen=True)
class Response:
    """An answer that has been read, as botocore's parsers and listeners ask for one."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes
    raw: None = None


class ConnectionPool:
    """Sends requests to one host, over connections that it keeps for the next ones.

    Errors are those that botocore raises for the same. For any number of threads.

    Parameters
    ----------
    connections
        How many to keep.
    ca_bundle
        File of the certificate authorities that are trusted.
    connect_seconds, read_seconds
        How long to wait for a connection, and for the whole of an answer.
    public_only
        Connect to public addresses only.
    """

    def __init__(
        self,
        endpoint: str,
        *,
        connections: int,
        ca_bundle: str | None,
        connect_seconds: float,
        read_seconds: float = ANSWER_SECONDS,
        public_only: bool = False,
    ) -> None:
        self._idle: list[http.client.HTTPConnection] = []
        self._lock = threading.Lock()
        self._endpoint = urlsplit(endpoint)
        self._ca_bundle = ca_bundle
        self._connect_seconds = connect_seconds
        self._read_seconds = read_seconds
        self._connections = connections
        self._public_only = public_only
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Leave the kept connections to the parent: two on one line read each other's answers."""
        self._lock = threading.Lock()
        self._idle = []

    def send(self, request: Any) -> Response:
        """Send a botocore request, whose body is bytes, or an iterable of them or of views.

        With `Expect: 100-continue` the body is sent once storage says that it will have it, or
        says nothing for a while (https://www.rfc-editor.org/rfc/rfc9110#name-expect); where it
        refuses, that is the answer, and nothing of the body is asked for. Any other body is joined
        to the head where it is small.

        Raises
        ------
        botocore.exceptions.HTTPClientError, botocore.exceptions.ConnectionError
            There was no whole answer.
        StorageNotAllowed
            The host is at no public address, and no others may be asked.
        """
        token = CancelToken.covering()
        if token:
            token.raise_if_cancelled()
        exchange = Exchange(self._read_seconds, stores=True)
        unhook = hooked(exchange)
        connection: http.client.HTTPConnection | None = None
        try:
            head = head_of(request)
            connection = self._connection()
            exchange.uses(connection.sock)
            read, stays = self._exchange(connection.sock, head, request, exchange)
        except BaseException as error:
            connected = connection is not None and connection.sock is not None
            if connection is not None:
                connection.close()
            if token:
                token.raise_if_cancelled(pending=exchange.pending)
            if not isinstance(error, Exception):
                raise
            told = None if quotes_answer(error) else error
            raise as_botocore(error, request, connected=connected) from told
        finally:
            unhook()
            exchange.over()
        if stays:
            self._keep(connection)
        else:
            connection.close()
        return read

    def _exchange(
        self, sock: Any, head: bytes, request: Any, exchange: Exchange
    ) -> tuple[Response, bool]:
        """Return the answer, and whether another request may follow it."""
        pieces = (request.body,) if isinstance(request.body, bytes) else request.body
        if "Expect" not in request.headers:
            if int(request.headers.get("Content-Length", 0)) <= _JOINED:
                pieces, head = (), b"".join((head, *pieces))
            return self._sent(sock, chain((head,), pieces), request.method, exchange)
        sock.sendall(head)
        exchange.awaits(body_follows=True)
        refusal = self._refusal(sock, exchange)
        if refusal:
            return _refused(sock, refusal, request.method, exchange)
        exchange.sends()
        sock.settimeout(self._read_seconds)
        return self._sent(sock, pieces, request.method, exchange)

    def _sent(
        self, sock: Any, pieces: Iterable[Any], method: str, exchange: Exchange
    ) -> tuple[Response, bool]:
        """Send all of it; return the answer, also where that comes before the end of a body."""
        try:
            for piece in pieces:
                sock.sendall(piece)
        except ConnectionError:
            exchange.awaits(body_follows=True)
            with suppress(OSError, http.client.HTTPException):  # it may have said why it hung up
                return _refused(sock, sock.recv(_MOST), method, exchange)
            raise
        exchange.awaits()
        return _answer(sock, sock.recv(_MOST), method, exchange)

    def _refusal(self, sock: Any, exchange: Exchange) -> bytes:
        """Return the begin of an answer that is there before the body; empty where that may come.

        Nothing but a timeout tells whether there will be any: what makes a TLS socket readable
        need not be of the answer.
        """
        sock.settimeout(EXPECT_SECONDS)
        try:
            received: bytes = sock.recv(_MOST)
        except TimeoutError:
            return b""
        while True:
            head, end, rest = received.partition(_END)
            if not end:
                sock.settimeout(exchange.left())
                more = sock.recv(_MOST)
                if not more or len(received) > _MOST:
                    raise http.client.RemoteDisconnected("no answer, and not asked for the body")
                received += more
            elif not _INTERIM.match(head):
                return received
            elif not rest:
                return b""
            else:
                received = rest

    @property
    def idle(self) -> int:
        """How many connections are kept for the next requests."""
        with self._lock:
            return len(self._idle)

    def close(self) -> None:
        """Close what is kept."""
        with self._lock:
            idle, self._idle = self._idle, []
        for each in idle:
            each.close()

    def __del__(self) -> None:
        self.close()

    def _connection(self) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                found = self._idle.pop() if self._idle else None
            if found is None:
                break
            if not _is_dropped(found):
                return found
            found.close()
        made = self._new()
        if self._public_only:
            made._create_connection = connect_publicly  # type: ignore[attr-defined]  # noqa: SLF001
        made.connect()
        made.sock.settimeout(self._read_seconds)
        return made

    def _new(self) -> http.client.HTTPConnection:
        host, seconds = self._endpoint.netloc.rpartition("@")[2], self._connect_seconds
        if self._endpoint.scheme != "https":
            return http.client.HTTPConnection(host, timeout=seconds)
        return http.client.HTTPSConnection(host, timeout=seconds, context=self._context)

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_bundle)

    def _keep(self, connection: http.client.HTTPConnection) -> None:
        if connection.sock.gettimeout() != self._read_seconds:  # but what this answer had left
            connection.sock.settimeout(self._read_seconds)
        with self._lock:
            if len(self._idle) < self._connections:
                self._idle.append(connection)
                return
        connection.close()


def _is_dropped(connection: http.client.HTTPConnection) -> bool:
    """Whether the other end has closed it meanwhile (or says something that nobody asked for)."""
    from urllib3.util import wait_for_read

    return connection.sock is None or wait_for_read(connection.sock, timeout=0.0)


def _answer(sock: Any, begin: bytes, method: str, exchange: Exchange) -> tuple[Response, bool]:
    """Return the answer that begins so, and whether another request may follow it."""
    whole = _whole_answer(begin)
    if whole is not None:
        return whole, "close" not in whole.headers.get("connection", "").lower()
    exchange.took(begin)
    received: Any = Answering(exchange, sock, sock.recv_into, begin)
    with http.client.HTTPResponse(received, method=method) as answer:
        answer.begin()
        if answer.status < HTTPStatus.OK:  # but for a 100: another answer is to come
            raise http.client.UnknownProtocol(str(answer.status))
        if (answer.length or 0) > ANSWER_BYTES:  # memory for all of it would be taken at once
            raise too_long()
        got = answer.read()
        headers = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, headers, unpacked(headers, got)), not answer.will_close


def _refused(sock: Any, begin: bytes, method: str, exchange: Exchange) -> tuple[Response, bool]:
    """Return an answer to a request of which the body was not sent, or not all of it."""
    answer, _ = _answer(sock, begin, method, exchange)
    if answer.status_code < HTTPStatus.MULTIPLE_CHOICES:  # it cannot have what it says it has
        raise http.client.RemoteDisconnected("an answer before the whole body")
    return answer, False


def _whole_answer(content: bytes) -> Response | None:
    """Return what is a whole answer of the usual kind; all else is the standard library's."""
    head, end, body = content.partition(_END)
    text = head.decode("latin-1")
    status, *lines = text.split("\r\n")
    if not end or not _USUAL.fullmatch(status):
        return None
    if len(f"{text}.".splitlines()) != len(lines) + 1:  # one of them has a line break in it
        return None
    headers: dict[str, str] = {}
    for line in lines:
        name, colon, value = line.partition(":")
        lower = name.lower()
        if not colon or not name or lower in headers or not name.isascii():
            return None
        headers[lower] = value.strip(" \t")
    if not _OF_NAMES.issuperset("".join(headers)) or not _ENCODED.isdisjoint(headers):
        return None
    if headers.get("content-length") != str(len(body)):
        return None
    return Response(int(status[9:12]), headers, body)
