"""botocore's HTTP session, with answers that end."""

from __future__ import annotations

import http.client
import io
import threading
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from botocore.awsrequest import (
    AWSHTTPConnection,
    AWSHTTPConnectionPool,
    AWSHTTPSConnection,
    AWSHTTPSConnectionPool,
    AWSResponse,
)
from botocore.exceptions import HTTPClientError
from botocore.httpsession import URLLib3Session
from botocore.parsers import ResponseParserError

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.error_catalog.response import quotes_answer
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.s3.exceptions import StorageNotAllowed
from jupyter_openeo_artifacts.s3.exchange import (
    ANSWER_SECONDS,
    Answering,
    Exchange,
    hooked,
    unpacked,
)
from jupyter_openeo_artifacts.s3.network import PublicPeer, exhausted

if TYPE_CHECKING:
    from collections.abc import Iterator


_FAILED = 300


class BoundedHTTPSession(URLLib3Session):
    """Sends requests as botocore does, each within the bounds of an `Exchange`.

    Content that is asked for as a stream has no bounds but for a pause.

    Parameters
    ----------
    public_only
        Connect to public addresses only. A proxy, where one is set, is asked to connect itself.
    """

    def __init__(self, *, public_only: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self._pool_classes_by_scheme = _POOLS  # those of a proxy, too
        manager: Any = self._manager  # type: ignore[attr-defined]
        manager.pool_classes_by_scheme = _PUBLIC_POOLS if public_only else _POOLS
        self._expects = True

    def send(self, request: Any) -> Any:
        """Send a request; see `URLLib3Session.send`.

        It is sent once more without `Expect` where something on the way knows none:
        https://www.rfc-editor.org/rfc/rfc9110#section-10.1.1

        Raises
        ------
        Cancelled
            The upload that this thread works for was.
        StorageNotAllowed
            The host is at no public address, and no others may be asked.
        botocore.parsers.ResponseParserError
            The answer is too long for S3 or STS.
        """
        if not self._expects:
            request.headers.pop("Expect", None)
        answer = self._sent(request)
        if answer.status_code != HTTPStatus.EXPECTATION_FAILED or "Expect" not in request.headers:
            return answer
        self._expects = False
        request.headers.pop("Expect")
        request.reset_stream()
        return self._sent(request)

    def _sent(self, request: Any) -> Any:
        token = CancelToken.covering()
        if token:
            token.raise_if_cancelled()
        exchange = Exchange(
            stores=request.method == "PUT" or "?upload" in request.url,
            completes=request.method == "POST" and "?uploadId=" in request.url,
        )
        unhook = hooked(exchange)
        try:
            with _under_way(exchange):
                answer = super().send(request)
        except Exception as error:
            cause = error.kwargs.get("error") if isinstance(error, HTTPClientError) else None
            if token:  # a body that was not read to its end raises it itself
                pending = exchange.pending and not isinstance(cause, Cancelled)
                token.raise_if_cancelled(pending=pending)
            lacking = exhausted(error)
            if lacking:
                raise lacking from error
            if isinstance(cause, ResponseParserError | StorageNotAllowed):
                raise cause from None
            if quotes_answer(error):
                raise error from None
            raise
        finally:
            unhook()
            exchange.over()
        if not request.stream_output:
            return _plain(answer)
        if answer.status_code < _FAILED:
            exchange.is_content()
        return answer


def _plain(answer: Any) -> Any:
    """Return `answer` as it was before something on the way compressed it."""
    headers: Any = {name.lower(): value for name, value in answer.headers.items()}
    content = unpacked(headers, answer.content)
    if content is answer.content:
        return answer
    headers.pop("content-encoding")
    headers["content-length"] = str(len(content))
    return AWSResponse(answer.url, answer.status_code, headers, _Raw(content))


class _Raw(io.BytesIO):
    """A body that has been read, for `AWSResponse`."""

    def stream(self) -> Iterator[bytes]:
        yield self.read()


_now = threading.local()


@contextmanager
def _under_way(exchange: Exchange) -> Iterator[None]:
    before = getattr(_now, "exchange", None)
    _now.exchange = exchange
    try:
        yield
    finally:
        _now.exchange = before


class _Line:
    """A socket of urllib3's, of which answers are read within the bounds of this thread's exchange.

    All that is not about sending and reading is the socket's own.
    """

    def __init__(self, sock: Any, *, is_tunnel: bool = False) -> None:
        self._sock = sock
        self._is_tunnel = is_tunnel

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)

    def sendall(self, data: Any, *flags: int) -> None:
        exchange = _exchange()
        exchange.sends()
        exchange.uses(self._sock)
        self._sock.settimeout(ANSWER_SECONDS)  # what an answer has left before is not for this
        self._sock.sendall(data, *flags)
        exchange.awaits(body_follows=self._is_tunnel)

    def makefile(self, mode: str = "rb", buffering: int = -1, **_: Any) -> Any:
        raw = self._sock.makefile(mode, 0)
        exchange = _exchange()
        exchange.uses(self._sock)
        if not buffering:  # as botocore looks for a 100, and at an end looks for ever
            return Answering(exchange, self._sock, _or_closed(raw), close=raw.close)
        return io.BufferedReader(Answering(exchange, self._sock, raw.readinto, close=raw.close))


def _or_closed(raw: Any) -> Any:
    def read_into(buffer: Any) -> int:
        count: int = raw.readinto(buffer)
        if not count:
            raise http.client.RemoteDisconnected("no answer, and not asked for the body")
        return count

    return read_into


def _exchange() -> Exchange:
    found: Exchange | None = getattr(_now, "exchange", None)
    return found or Exchange()


class _Bounded:
    """A connection of botocore's on a `_Line`."""

    sock: Any

    def connect(self) -> None:
        super().connect()  # type: ignore[misc]
        self.sock = _Line(self.sock)

    def _tunnel(self) -> None:
        plain = self.sock
        self.sock = _Line(plain, is_tunnel=True)
        super()._tunnel()  # type: ignore[misc]
        self.sock = plain


class _Connection(_Bounded, AWSHTTPConnection):  # type: ignore[misc]
    pass


class _TLSConnection(_Bounded, AWSHTTPSConnection):  # type: ignore[misc]
    pass


class _Pool(AWSHTTPConnectionPool):
    ConnectionCls = _Connection


class _TLSPool(AWSHTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class _PublicConnection(PublicPeer, _Connection):  # type: ignore[misc]
    pass


class _PublicTLSConnection(PublicPeer, _TLSConnection):  # type: ignore[misc]
    pass


class _PublicPool(_Pool):
    ConnectionCls = _PublicConnection


class _PublicTLSPool(_TLSPool):
    ConnectionCls = _PublicTLSConnection


_POOLS = {"http": _Pool, "https": _TLSPool}

_PUBLIC_POOLS = {"http": _PublicPool, "https": _PublicTLSPool}
