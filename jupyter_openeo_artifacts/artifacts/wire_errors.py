"""What a request failed of, in botocore's classes or in one of ours."""

from __future__ import annotations

import errno
import http.client
import os
import ssl
from socket import gaierror
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts.exceptions import StorageNotAllowed
from jupyter_openeo_artifacts.transfer.exceptions import MachineExhausted

if TYPE_CHECKING:
    from collections.abc import Iterator

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
    """Return what to raise where `error` comes of this machine's having run out of something.

    A resolver that can open no file says only that a name is not known, for now.
    """
    for each in _chain(error):
        if isinstance(each, MemoryError):
            return _out_of(_LACKING[errno.ENOMEM])
        if isinstance(each, OSError) and each.errno in _LACKING and not isinstance(each, gaierror):
            return _out_of(_LACKING[each.errno])
        if isinstance(each, gaierror):
            try:
                os.close(os.open(os.devnull, os.O_RDONLY))
            except OSError as lack:
                if lack.errno in _LACKING:
                    return _out_of(_LACKING[lack.errno])
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error, and what it is said to have come of."""
    seen: list[BaseException] = []
    left: list[Any] = [error]
    while left:
        each = left.pop()
        if not isinstance(each, BaseException) or each in seen:
            continue
        seen.append(each)
        yield each
        told = getattr(each, "kwargs", None)
        left += [each.__cause__, each.__context__, getattr(each, "reason", None), *each.args]
        left += [told.get("error")] if isinstance(told, dict) else []


def _out_of(what: str) -> MachineExhausted:
    return MachineExhausted(
        f"This machine is out of {what}.",
        todo="Close what is not needed, or ask the administrator to raise the limit; then try"
        " again.",
    )
