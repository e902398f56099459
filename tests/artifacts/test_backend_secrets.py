"""A backend that repeats the access token that it was sent shows it to nobody."""

from __future__ import annotations

import traceback
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.artifacts.access_token import BearerLogin
from jupyter_openeo_artifacts.artifacts.exceptions import CapabilitiesUnreadable, NoUsableLogin
from tests.artifacts.test_backend_documents import (
    OK,
    Scripted,
    backend,
    connected,
    status,
    whole,
)

if TYPE_CHECKING:
    import openeo

__all__ = ["backend"]

CANARY = "canary0123456789ABCDEFabcdefcanary"
BEARER = f"Bearer oidc/op/{CANARY}"
ERROR = b'{"code": "AuthenticationRequired", "message": "bad header: %s"}' % BEARER.encode()
HERE = {
    "as openEO's error": whole(ERROR, b"HTTP/1.1 401 Unauthorized\r\n"),
    "as openEO's refusal": whole(ERROR, b"HTTP/1.1 403 Forbidden\r\n"),
}
ANYWHERE = {
    "as openEO's failure": whole(ERROR, b"HTTP/1.1 500 Internal Server Error\r\n"),
    "as another status": whole(ERROR, b"HTTP/1.1 202 Accepted\r\n"),
    "as a page": status("500 Internal Server Error", BEARER.encode()),
    "as JSON that is none": whole(BEARER.encode()),
    "as the status line": f"{BEARER}\r\n\r\n".encode(),
    "as a piece's length": OK + f"Transfer-Encoding: chunked\r\n\r\n{CANARY}\r\n".encode(),
    "as a place to go": whole(b"", f"HTTP/1.1 302 Found\r\nLocation: x:{CANARY}\r\n".encode()),
}


def told(error: BaseException | None) -> str:
    """Return all that a program could print of an error, and of those that it came of."""
    pieces = [] if error is None else traceback.format_exception(error)
    while error:
        pieces.append(repr(error))
        error = error.__cause__ or error.__context__
    return "".join(pieces)


def signed_in(backend: Scripted) -> openeo.Connection:
    connection = connected(backend)
    connection.authenticate_bearer_token(BEARER.removeprefix("Bearer "))
    return connection


@pytest.mark.parametrize("answer", HERE.values(), ids=HERE.keys())
def test_a_login_that_is_not_accepted(backend: Scripted, answer: bytes) -> None:
    # Given
    login = BearerLogin(signed_in(backend))
    backend.said["/me"] = answer
    # When
    with pytest.raises(NoUsableLogin) as caught:
        login.access_token()
    # Then
    assert CANARY not in told(caught.value)


@pytest.mark.parametrize(
    "answer", [*HERE.values(), *ANYWHERE.values()], ids=[*HERE.keys(), *ANYWHERE.keys()]
)
def test_capabilities_that_are_not_given(backend: Scripted, answer: bytes) -> None:
    # Given
    connection = signed_in(backend)
    backend.said["/"] = answer
    # When
    with pytest.raises(CapabilitiesUnreadable) as caught:
        build_artifact_helper(connection)
    # Then
    assert CANARY not in told(caught.value)
