"""Bounded answers of any server: read whole and unpacked, in bytes and time."""

from __future__ import annotations

import socket
import zlib
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError

from jupyter_openeo_artifacts.auth.exceptions import not_public
from jupyter_openeo_artifacts.concurrency.cancellation import TimeLimit
from jupyter_openeo_artifacts.urls import is_public_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    from urllib3.response import BaseHTTPResponse

MAX_BYTES = 2**20
"""The longest answer, as it came and decoded."""

_CHUNK = 16 * 2**10
_ANY_HEADER = 32 + zlib.MAX_WBITS  # of gzip or zlib


def content_of(response: requests.Response, most: int = MAX_BYTES) -> bytes:
    """Read the content of an answer that nobody has read yet, unpacked, up to `most` bytes.

    Raises
    ------
    requests.exceptions.ContentDecodingError
        It is too long, or packed in a way that nobody asked for.
    requests.RequestException
        It does not come whole.
    """
    said = response.headers.get("Content-Length", "")
    if response.request.method != "HEAD" and said.isdecimal() and int(said[:19]) > most:
        raise _too_long()
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    pieces = _pieces(response.raw, most)
    if encoding in ("", "identity"):
        return b"".join(pieces)
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise requests.exceptions.ContentDecodingError("it is packed in an unknown way")
    try:
        return _unpacked(pieces, most)
    except zlib.error as error:
        raise requests.exceptions.ContentDecodingError("it cannot be unpacked") from error


def _pieces(raw: BaseHTTPResponse, most: int) -> Iterator[bytes]:
    """Yield the bytes of an answer as they came."""
    count = 0
    while piece := _piece(raw):
        count += len(piece)
        if count > most:
            raise _too_long()
        yield piece


def _piece(raw: BaseHTTPResponse) -> bytes:
    try:
        return raw.read(_CHUNK, decode_content=False)
    except SSLError as error:
        raise requests.exceptions.SSLError(error) from error
    except (HTTPError, OSError) as error:
        raise requests.ConnectionError(error) from error


def _unpacked(pieces: Iterator[bytes], most: int) -> bytes:
    """Return the content; never more than one byte of what is too much is unpacked."""
    content = bytearray()
    decoder = zlib.decompressobj(_ANY_HEADER)
    for piece in pieces:
        packed = piece
        while packed:
            if decoder.eof:  # another member may follow (RFC 1952, section 2.2)
                decoder = zlib.decompressobj(_ANY_HEADER)
            content += decoder.decompress(packed, most + 1 - len(content))
            if len(content) > most:
                raise _too_long()
            packed = decoder.unused_data or decoder.unconsumed_tail
    if not decoder.eof and content:
        raise zlib.error("the end is missing")
    return bytes(content)


def _too_long() -> requests.exceptions.ContentDecodingError:
    return requests.exceptions.ContentDecodingError("the answer is too long")


class BoundedAdapter(HTTPAdapter):
    """Reads each answer whole, and no more than `most` bytes of it.

    Nobody after it reads from the connection, so whoever uses the session (the openEO client, an
    authentication that asks once more, a redirect) is bounded alike; `stream` means nothing here.

    Parameters
    ----------
    public_only
        Connect to public addresses only. A proxy, where one is set, is asked to connect itself.
    """

    def __init__(
        self, *, most: int = MAX_BYTES, public_only: bool = False, **settings: Any
    ) -> None:
        self._most = most
        self._public_only = public_only
        self._pools: tuple[tuple[Any, ...], dict[str, Any]] = ((), {})
        super().__init__(**settings)

    def reset_after_fork(self) -> None:
        """Leave all connections to the process that made them, without a word to the other end."""
        arguments, settings = self._pools
        self.init_poolmanager(*arguments, **settings)
        self.proxy_manager: dict[str, Any] = {}

    def init_poolmanager(self, *arguments: Any, **settings: Any) -> None:
        """Use connections that keep to the time limit; see `HTTPAdapter.init_poolmanager`."""
        super().init_poolmanager(*arguments, **settings)
        self._pools = arguments, settings
        pools = _PUBLIC_POOLS if self._public_only else _POOLS
        self.poolmanager.pool_classes_by_scheme = dict(pools)

    def proxy_manager_for(self, proxy: str, **settings: Any) -> Any:
        """Return the manager of a proxy's connections; see `HTTPAdapter.proxy_manager_for`."""
        known = proxy in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **settings)
        if not known and not proxy.lower().startswith("socks"):
            manager.pool_classes_by_scheme = dict(_POOLS)
        return manager

    def send(self, request: requests.PreparedRequest, *args: Any, **settings: Any) -> Any:
        """Send a request and read its answer; see `HTTPAdapter.send`.

        Raises
        ------
        requests.exceptions.ContentDecodingError
            The answer is too long, or packed in a way that we did not ask for.
        requests.RequestException
            No whole answer.
        """
        if args:
            settings["stream"] = args[0]
            settings |= zip(("timeout", "verify", "cert", "proxies"), args[1:], strict=False)
        response = super().send(request, **{**settings, "stream": True})
        whole = False
        try:
            response._content = content_of(response, self._most)  # noqa: SLF001  # as requests itself does
            response._content_consumed = True  # type: ignore[attr-defined]  # noqa: SLF001
            limit = TimeLimit.current()
            if limit and limit.over:  # to the reader a shut connection may look like an end
                raise requests.ReadTimeout(f"no answer within {limit.seconds:g} s")
            whole = True
        finally:
            if not whole:
                response.raw.close()  # never used again: nobody knows what is still in it
        return response


class _LimitedConnection(HTTPConnection):
    """A connection that ends with the time of the request that uses it."""

    public_only = False
    _watched: socket.socket | None = None

    def _new_conn(self) -> socket.socket:
        host, port = self._dns_host, self.port
        limit = TimeLimit.current()
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError) as error:  # UnicodeError: no name at all
            raise NewConnectionError(self, f"the name cannot be looked up: {error}") from error
        failure: OSError | None = None
        for family, kind, protocol, _, address in found:
            if self.public_only and not is_public_address(str(address[0])):
                raise not_public(host)
            try:
                return self._connected(socket.socket(family, kind, protocol), address, limit)
            except OSError as error:
                failure = error
        if isinstance(failure, TimeoutError):
            raise ConnectTimeoutError(self, f"{host} does not answer") from failure
        raise NewConnectionError(self, f"no connection: {failure}") from failure

    def _connected(
        self, line: socket.socket, address: tuple[Any, ...], limit: TimeLimit | None
    ) -> socket.socket:
        with ExitStack() as stack:
            stack.callback(self._forget)
            stack.callback(line.close)
            for option in self.socket_options or ():
                line.setsockopt(*option)
            if self.source_address:
                line.bind(self.source_address)
            if limit:
                self._watched = line.dup()  # TLS takes the descriptor of `line` away
                limit.watch(self._watched)
                line.settimeout(min(self.timeout or limit.seconds, limit.left()))
            line.connect(address)
            line.settimeout(self.timeout)
            stack.pop_all()
        return line

    def request(self, *args: Any, **settings: Any) -> None:
        """Send a request, within its time; see `http.client.HTTPConnection.request`."""
        limit = TimeLimit.current()
        if limit and self._watched:  # a connection that was kept from an earlier request
            limit.watch(self._watched)
        super().request(*args, **settings)

    def close(self) -> None:
        """Close the connection."""
        self._forget()
        super().close()

    def _forget(self) -> None:
        watched, self._watched = self._watched, None
        if watched:
            with suppress(OSError):
                watched.close()


class _LimitedTLSConnection(_LimitedConnection, HTTPSConnection):
    pass


class _PublicConnection(_LimitedConnection):
    public_only = True


class _PublicTLSConnection(_LimitedTLSConnection):
    public_only = True


class _Pool(HTTPConnectionPool):
    ConnectionCls = _LimitedConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _LimitedTLSConnection


class _PublicPool(HTTPConnectionPool):
    ConnectionCls = _PublicConnection


class _PublicTLSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicTLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}
_PUBLIC_POOLS = {"http": _PublicPool, "https": _PublicTLSPool}


def leave_connections(session: requests.Session) -> None:
    """Leave a session's connections to the parent: two processes on one read each other's answers.

    requests offers no other way to take an adapter's pools than the one that unpickles it.
    """
    for adapter in session.adapters.values():
        if isinstance(adapter, HTTPAdapter):
            state: Any = adapter
            state.__setstate__(state.__getstate__())
