"""A login service that repeats the access token that it was sent shows it to nobody."""

from __future__ import annotations

import traceback
from typing import Any

import pytest

from jupyter_openeo_artifacts.artifacts import sts as sts_module
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactsException
from tests.artifacts.login_service import LoginService, sts_sessions
from tests.servers.openeo_stub import serving
from tests.servers.raw_http import ECHOES as BROKEN
from tests.servers.raw_http import Line, raw_server


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once."""
    monkeypatch.setattr(sts_module, "BACKOFF_SECONDS", 0.0)


CANARY = "canary0123456789ABCDEFabcdefcanary"
PIECE = CANARY[:14]
STS_ERROR = (
    "<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    "<RequestId>{id}</RequestId></ErrorResponse>"
)
ECHOES = {
    "code": {"code": CANARY},
    "a piece as code": {"code": f"No.{PIECE}"},
    "request id": {"id": CANARY},
    "request id, in a word": {"id": f"id={CANARY}"},
    "message": {"message": f"No token {CANARY} here"},
    "all": {"code": CANARY, "message": CANARY, "id": CANARY},
    "header": {"header": CANARY},
    "header of a page": {"header": CANARY, "body": "<html>No.</html>"},
}


@pytest.mark.parametrize("granted", [False, True], ids=["at first", "after a session"])
@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize("where", ECHOES)
def test_a_token_that_is_sent_back_is_shown_nowhere(
    service: LoginService,
    where: str,
    status: int,
    *,
    granted: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # Given: an opaque token, of which every character may stand in a code and in a request id
    echo = {"code": "Whatever", "message": "No.", "id": "REQ42"} | ECHOES[where]
    body = echo.get("body", STS_ERROR.format(**echo)).encode()

    def answer(*_: Any) -> tuple[int, dict[str, str], bytes]:
        if granted and not service.granted:
            return service.answer()
        headers = {"Content-Type": "text/xml", "x-amz-request-id": echo.get("header", "")}
        return status, headers, body

    with serving(answer) as address:
        made = sts_sessions(address, lambda: CANARY)
        if granted:
            made.obtain()
        # When
        with caplog.at_level("INFO"), pytest.raises(ArtifactsException) as caught:
            made.obtain()
    # Then: nor in what it came of
    error = caught.value
    shown = [str(error), error.message, error.todo, error.request_id or "", caplog.text]
    shown += traceback.format_exception(error)
    cause: BaseException | None = error
    while cause:
        shown.append(repr(cause))
        cause = cause.__cause__ or cause.__context__
    assert PIECE not in "".join(shown)
    if where == "message":
        assert error.request_id == "REQ42"


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_a_token_in_broken_http_is_shown_nowhere(answer: str) -> None:
    # Given
    def say(line: Line, _: str) -> None:
        line.say(answer.format(CANARY).encode())
        line.ended.set()

    with raw_server(say) as server, pytest.raises(ArtifactsException) as caught:
        # When
        sts_sessions(server.url, lambda: CANARY).obtain()
    # Then
    assert server.lines
    assert PIECE not in "".join(traceback.format_exception(caught.value))
