"""Connections to STS and S3 at public addresses only, for a server that goes nowhere else.

A name may stand for another address each time it is looked up. So it is judged where a connection
is made: it is looked up once, and what was judged is connected to.
"""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, cast

from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from jupyter_openeo_artifacts.s3.exceptions import StorageNotAllowed
from jupyter_openeo_artifacts.urls import NotPublicError, public_addresses

if TYPE_CHECKING:
    from urllib3.connection import HTTPConnection


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
