"""What a widget's line may do: each operation, by messages that are written by hand."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts.auth.exceptions import NotSignedIn
from jupyter_openeo_artifacts.notebook.default_manager import (
    default_service,
    default_upload_manager,
)
from jupyter_openeo_artifacts.service.operations import OPERATIONS
from jupyter_openeo_artifacts.service.own_uploads import OwnUploads
from tests.service.clients import CommClient

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.demo.provider import LocalProvider

BODIES: dict[str, Any] = {
    "checkBackend": {"backend": "https://openeo.example"},
    "openConnection": {"backend": "https://openeo.example"},
    "approveLogin": {
        "backend": "b",
        "issuer": "i",
        "client_id": "c",
        "sts": [],
        "s3": [],
        "service": False,
    },
    "createUpload": {"connection": "f" * 16, "path": "a.txt"},
    "confirmUpload": {"unchanged": False},
}
TABLE: dict[str, str] = {
    "getStatus": "told",
    "checkBackend": "not_allowed",
    "listConnections": "told",
    "openConnection": "not_allowed",
    "getConnection": "told",
    "closeConnection": "not_allowed",
    "getLogin": "not_allowed",
    "startLogin": "not_allowed",
    "cancelLogin": "not_allowed",
    "approveLogin": "not_allowed",
    "withdrawApproval": "not_allowed",
    "listUploads": "told",
    "createUpload": "not_allowed",
    "getUpload": "no_such_upload",
    "forgetUpload": "no_such_upload",
    "cancelUpload": "no_such_upload",
    "retryUpload": "no_such_upload",
    "createTusUpload": "told",
    "getTusOffset": "no_such_upload",
    "sendBytes": "no_such_upload",
    "terminateTusUpload": "no_such_upload",
    "confirmUpload": "no_such_upload",
    "getReceivedDigest": "no_such_upload",
    "listArtifacts": "told",
    "getArtifact": "no_such_artifact",
    "forgetArtifact": "no_such_artifact",
    "signArtifact": "no_such_artifact",
    "writeSnippet": "no_such_artifact",
    "listStored": "not_allowed",
    "adoptStored": "not_allowed",
    "verifyStored": "not_allowed",
    "deleteStored": "not_allowed",
}
"""What a widget is told of somebody else's upload and artifact."""


@dataclass
class Others:
    """What another widget of the same kernel has: a file on its way, and one that is staged."""

    client: CommClient
    upload: str
    artifact: str
    connection: str

    def named(self, operation: str) -> dict[str, Any]:
        """Return parameters for an operation that name it."""
        params: dict[str, Any] = {}
        if operation.endswith(("Upload", "Offset", "Digest")) and not operation.startswith(
            "create"
        ):
            params["upload"] = self.upload
        elif operation.endswith("Artifact"):
            params["artifact"] = self.artifact
        elif operation == "sendBytes":
            params.update(upload=self.upload, offset=0)
        elif operation == "createTusUpload":
            params.update(name="mine.bin", size=1)
        elif operation in {"getConnection", "closeConnection", "withdrawApproval"} | {
            "getLogin",
            "startLogin",
            "cancelLogin",
            "approveLogin",
        }:
            params["connection"] = self.connection
        elif operation == "writeSnippet":
            params["body"] = {"artifacts": [self.artifact], "form": "link"}
        if operation in BODIES:
            params["body"] = BODIES[operation]
        return params


@pytest.fixture
def others(widget: Callable[..., CommClient], jp_asyncio_loop: Any) -> Others:
    """Return what another widget has."""
    found: Others = jp_asyncio_loop.run_until_complete(others_of(widget()))
    return found


async def others_of(client: CommClient) -> Others:
    artifact = (await client.stage("elsewhere.bin", b"of somebody else"))["artifact"]
    upload = (await client.ok("createTusUpload", name="elsewhere on its way", size=10))["upload"]
    connection = (await client.ok("listConnections"))["connections"][0]["id"]
    return Others(client, upload, artifact, connection)


def test_the_table_has_every_operation() -> None:
    assert set(TABLE) == set(OPERATIONS)


@pytest.mark.parametrize("history", [False, True], ids=["own", "history"])
async def test_a_widget_gets_nothing_that_is_not_its_own(
    history: bool,  # noqa: FBT001
    widget: Callable[..., CommClient],
    others: Others,
) -> None:
    for operation, expected in TABLE.items():
        # Given
        page, params = widget(history=history), others.named(operation)
        content = [b"x"] if operation == "sendBytes" else []
        if history and expected == "no_such_artifact":
            expected = "not_allowed" if operation == "forgetArtifact" else "told"  # noqa: PLW2901
        # When
        outcome = await page.call(operation, *content, **params)
        # Then
        assert (outcome.code or "told") == expected, operation
        if not history:
            told = json.dumps(page.raw)
            for word in ("elsewhere", others.artifact, others.upload):
                assert word not in told, operation
        # and nothing has happened to them
        left = await others.client.ok("getUpload", upload=others.upload)
        assert left["bytes_received"] == 0, operation
        kept = await others.client.ok("getArtifact", artifact=others.artifact)
        assert kept["name"] == "elsewhere.bin", operation


async def test_what_is_not_its_own_is_refused_as_what_is_not_there(
    widget: Callable[..., CommClient], others: Others
) -> None:
    page, nobody = widget(), "01k00000000000000000000000"
    for operation, code in TABLE.items():
        if code.startswith("no_such"):
            params = others.named(operation)
            absent = {**params, "upload" if "upload" in params else "artifact": nobody}
            if "body" in params and "artifacts" in params["body"]:
                absent = {"body": {**params["body"], "artifacts": [nobody]}}
            content = [b"x"] if operation == "sendBytes" else []
            given = await page.call(operation, *content, **params)
            assert given == await page.call(operation, *content, **absent), operation


async def test_a_widget_does_all_of_it_with_what_is_its_own(
    widget: Callable[..., CommClient], provider: LocalProvider
) -> None:
    page = widget()
    # Given
    hello = await page.ok("hello")
    view = await page.stage("mine.bin", b"mine")
    [connection] = (await page.ok("listConnections"))["connections"]
    # Then
    assert hello["connection"] == connection
    assert connection["backend"].startswith(provider.backend)
    assert (connection["state"], connection["storage"]["state"]) == ("signed_in", "ready")
    assert connection["id"] == view["connection"]
    assert await page.ok("getConnection", connection=connection["id"]) == connection
    assert (await page.call("getConnection", connection="f" * 16)).code == "no_such_connection"
    assert view["origin"] == "widget"
    assert [each["id"] for each in (await page.ok("listUploads"))["uploads"]] == [view["id"]]
    # When
    listed = (await page.ok("listArtifacts"))["artifacts"]
    signed = await page.ok("signArtifact", artifact=view["artifact"])
    # Then
    assert [each["id"] for each in listed] == [view["artifact"]]
    got = await asyncio.to_thread(requests.get, signed["url"], timeout=20)
    assert got.content == b"mine"
    refused = await page.call("createTusUpload", name="a", size=1, connection="f" * 16)
    assert refused.code == "no_such_connection"
    # When
    assert await page.ok("forgetArtifact", artifact=view["artifact"]) is None
    assert await page.ok("forgetUpload", upload=view["id"]) is None
    # Then
    assert (await page.ok("listArtifacts"))["artifacts"] == []
    assert (await page.ok("listUploads"))["uploads"] == []


async def test_the_pages_of_its_list_are_those_of_the_ledger(
    widget: Callable[..., CommClient],
) -> None:
    page = widget()
    staged = [(await page.stage(f"{n}.bin", b"%d" % n))["artifact"] for n in range(3)]
    # When
    first = await page.ok("listArtifacts", limit=2)
    rest = await page.ok("listArtifacts", limit=2, before=first["next"])
    # Then
    assert [each["id"] for each in first["artifacts"] + rest["artifacts"]] == staged[::-1]
    assert (first["next"], rest["next"]) == (staged[1], None)


async def test_what_was_in_storage_before_is_not_the_widgets_to_forget(
    widget: Callable[..., CommClient], others: Others
) -> None:
    # Given: a visitor drops the file that its author has staged today
    page = widget()
    view = await page.stage("elsewhere.bin", b"of somebody else")
    assert (view["reused"], view["artifact"]) == (True, others.artifact)
    # When / Then
    assert (await page.call("forgetArtifact", artifact=others.artifact)).code == "not_allowed"
    assert (await page.ok("getArtifact", artifact=others.artifact))["name"] == "elsewhere.bin"


async def test_a_widget_is_not_told_where_its_author_works(
    widget: Callable[..., CommClient], others: Others
) -> None:
    status = await widget().ok("getStatus")
    assert (status["backends"], status["last_backend"]) == ([], None)
    assert others.client.scope.service.backends


async def test_without_a_login_a_widget_is_told_what_to_do() -> None:
    # Given
    def nobody() -> Any:
        raise NotSignedIn("There is no openEO connection in this notebook.", todo="Make one.")

    page = CommClient(OwnUploads(default_service(), nobody))
    # When
    hello = await page.ok("hello")
    dropped = await page.call("createTusUpload", name="a", size=1)
    # Then
    assert (hello["connection"], hello["problem"]["code"]) == (None, "not_signed_in")
    assert dropped.problem == hello["problem"]
    assert (await page.ok("listConnections")) == {"connections": []}
    page.line.close()


async def test_the_lines_end_is_the_end_of_its_uploads(widget: Callable[..., CommClient]) -> None:
    # Given
    page = widget()
    upload = (await page.ok("createTusUpload", name="a", size=9))["upload"]
    # When
    page.line.close()
    page.line.close()
    # Then
    assert default_upload_manager().upload(upload).state == "cancelled"


async def test_a_page_that_falls_silent_is_given_up(widget: Callable[..., CommClient]) -> None:
    # Given
    page = widget()
    upload = (await page.ok("createTusUpload", name="a", size=9))["upload"]
    await page.send(upload, 0, b"abc")
    assert page.scope.still_receiving()
    # When
    page.scope.receiver.give_up_silent(patience=0.0)
    # Then
    view = await page.until("getUpload", "failed", upload=upload)
    assert view["problem"]["code"] == "page_gone"
    assert not page.scope.still_receiving()
    again = await page.send(upload, 3, b"defghi")
    assert (again.status, again.code) == (410, "upload_ended")
