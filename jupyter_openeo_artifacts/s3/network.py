"""The network below requests to STS and S3: who may be reached, and what a request failed of.

A server that goes to public addresses only is sure of them here: a name may stand for another one
each time it is looked up. So it is looked up once, and what was judged is connected to.
"""

from __future__ import annotations

import errno
import http.client
import socket
import ssl
from typing import TYPE_CHECKING, Any, cast

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from jupyter_openeo_artifacts.errors import MachineExhausted, shortage
from jupyter_openeo_artifacts.s3.exceptions import StorageNotAllowed
from jupyter_openeo_artifacts.urls import NotPublicError, public_addresses

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection

_LACKING = {
    errno.EMFILE: "open files (this process may have no more)",
    errno.ENFILE: "open files (the whole machine may have no more)",
    errno.ENOMEM: "memory",
    errno.ENOBUFS: "memory for connections",
}


def connect_publicly(
    address: tuple[str, int], timeout: Any = None, source_address: Any = None
) -> socket.socket:
    """Connect as `socket.create_connection` does, to public addresses only.

    Raises
    ------
    StorageNotAllowed
        The host has another one; nothing was sent.
    OSError
        There is no connection.
    """
    host, port = address
    failure: OSError | None = None
    for each in _public_addresses(host, port):
        try:
            return socket.create_connection((each, port), timeout, source_address)
        except OSError as error:
            failure = error
    raise failure or OSError(f"{host} has no address")


class PublicPeer:
    """Has a connection of urllib3's made to public addresses only."""

    _dns_host: str
    port: int

    def _new_conn(self) -> socket.socket:
        """Connect; see `urllib3.connection.HTTPConnection`.

        Raises
        ------
        StorageNotAllowed
            The host has an address that is not public; nothing was sent.
        """
        host, this = self._dns_host, cast("HTTPConnection", self)
        failure: Exception | None = None
        try:
            for each in _public_addresses(host, self.port):
                self._dns_host = each
                try:
                    return super()._new_conn()  # type: ignore[misc,no-any-return]
                except ConnectTimeoutError as error:  # of which the other one is a kind
                    failure = error
        except OSError as error:
            raise NewConnectionError(this, f"{host} cannot be looked up: {error}") from error
        finally:
            self._dns_host = host  # what the certificate has to be of
        raise failure or NewConnectionError(this, f"{host} has no address")


def _public_addresses(host: str, port: int) -> list[str]:
    try:
        return public_addresses(host, port)
    except NotPublicError:
        raise StorageNotAllowed(host) from None


def as_botocore(error: Exception, request: Any, *, connected: bool) -> Exception:
    """Return what botocore's own HTTP session raises for that, or what the machine is out of."""
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

    url = request.url
    lacking = exhausted(error)
    if lacking or isinstance(error, ResponseParserError | StorageNotAllowed):
        return lacking or error
    if isinstance(error, TimeoutError):
        kind = boto.ReadTimeoutError if connected else boto.ConnectTimeoutError
        return kind(endpoint_url=url, error=error)
    if isinstance(error, OSError | http.client.HTTPException):
        if isinstance(error, ssl.SSLError):
            return boto.SSLError(endpoint_url=url, error=error)
        if isinstance(error, socket.gaierror) or (isinstance(error, OSError) and not connected):
            return boto.EndpointConnectionError(endpoint_url=url, error=error)
        return boto.ConnectionClosedError(error=error, request=request, endpoint_url=url)
    return boto.HTTPClientError(error=error)


def exhausted(error: BaseException) -> MachineExhausted | None:
    """Return what to raise where `error` comes of this machine's having run out of something."""
    lack = shortage(error)
    if lack is None:
        return None
    return MachineExhausted(
        f"This machine is out of {_LACKING[lack]}.",
        todo="Close what is not needed, or ask the administrator to raise the limit; then try"
        " again.",
    )
