"""What a request failed of, in botocore's classes or in one of ours."""

from __future__ import annotations

import errno
import http.client
import ssl
from socket import gaierror
from typing import Any

from jupyter_openeo_artifacts.errors import MachineExhausted, shortage
from jupyter_openeo_artifacts.s3.exceptions import StorageNotAllowed

_LACKING = {
    errno.EMFILE: "open files (this process may have no more)",
    errno.ENFILE: "open files (the whole machine may have no more)",
    errno.ENOMEM: "memory",
    errno.ENOBUFS: "memory for connections",
}


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
        if isinstance(error, gaierror) or (isinstance(error, OSError) and not connected):
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
