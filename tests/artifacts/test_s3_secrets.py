"""A storage that repeats the session token that it was sent shows it to nobody."""

from __future__ import annotations

import traceback
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError

from jupyter_openeo_artifacts.artifacts.uri import S3URI
from jupyter_openeo_artifacts.artifacts.user_bucket import Objects
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.error_mapping import S3Refusal
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from tests.faults.clients import credentials_of, our_client
from tests.faults.stub import BUCKET, Stub
from tests.servers.openeo_stub import serving
from tests.servers.raw_http import ECHOES as BROKEN
from tests.servers.raw_http import Line, raw_server

ERROR = "<Error><Code>{code}</Code><Message>{message}</Message><RequestId>{id}</RequestId></Error>"
ECHOES = {
    "code": {"code": "{token}"},
    "a piece as code": {"code": "{piece}"},
    "request id": {"id": "{token}"},
    "message": {"message": "The provided token {token} has expired"},
    "a piece in the message": {"message": "Not {piece}"},
    "header": {"header": "{token}"},
}
ASKED = {"put_object": {"Body": b"x"}, "delete_object": {}, "head_object": {}}


@pytest.mark.parametrize("operation", ASKED)
@pytest.mark.parametrize("where", ECHOES)
def test_a_session_token_that_is_sent_back_is_shown_nowhere(
    storage: Stub, operation: str, where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    clock = ServerClock()
    credentials = credentials_of(storage, clock)
    token = credentials.current().token
    words = {"token": token, "piece": token[:20]}
    echo = {"code": "Whatever", "message": "No.", "id": "REQ42", "header": "REQ42"} | ECHOES[where]
    echo = {name: text.format(**words) for name, text in echo.items()}

    def answer(*_: object) -> tuple[int, dict[str, str], bytes]:
        body = b"" if operation == "head_object" else ERROR.format(**echo).encode()
        return 403, {"x-request-id": echo["header"], "x-amz-request-id": echo["header"]}, body

    with serving(answer) as address:
        monkeypatch.setattr(storage, "endpoint", address)
        client = our_client(storage, credentials, clock)
        # When
        with pytest.raises(ClientError) as caught:
            getattr(client, operation)(Bucket=BUCKET, Key="me/field.tif", **ASKED[operation])
    # Then
    error = S3Refusal.of(caught.value).error(action="store the file", host="the storage")
    shown = [str(error), error.request_id or "", repr(caught.value.response)]
    shown += traceback.format_exception(caught.value)
    assert words["piece"] not in "".join(shown)
    if where == "message" and operation != "head_object":
        assert "token ... has expired" in caught.value.response["Error"]["Message"]


@pytest.mark.parametrize("operation", ASKED)
@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_a_session_token_in_broken_http_is_shown_nowhere(
    storage: Stub, operation: str, answer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    clock = ServerClock()
    credentials = credentials_of(storage, clock)
    token = credentials.current().token

    def say(line: Line, _: str) -> None:
        line.say(answer.format(token).encode())
        line.ended.set()

    with raw_server(say) as server:
        monkeypatch.setattr(storage, "endpoint", server.url)
        client = our_client(storage, credentials, clock)
        place: Any = SimpleNamespace(bucket=BUCKET, s3_endpoint=server.url, public_only=False)
        objects = Objects(place, credentials, lambda: client)
        # When
        try:
            if operation == "head_object":
                objects.head(S3URI(BUCKET, "me/field.tif"), objects.retrier(patience=0.0))
            else:
                getattr(client, operation)(Bucket=BUCKET, Key="me/field.tif", **ASKED[operation])
        except (BotoCoreError, ClientError, OpenEOArtifactsError) as error:
            shown = "".join(traceback.format_exception(error))
        else:
            shown = ""
    # Then
    assert server.lines
    assert token[:20] not in shown
