"""A line carries JSON-RPC 2.0: requests, answers, notifications; lines come and go."""

from __future__ import annotations

import asyncio
import errno
import itertools
import json
import logging
import os
import threading
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.notebook import panel_line
from jupyter_openeo_artifacts.notebook.comm import Line
from jupyter_openeo_artifacts.notebook.default_manager import (
    default_service,
    default_upload_manager,
)
from jupyter_openeo_artifacts.notebook.panel_line import NoKernel, PanelLines, open_panel_line
from jupyter_openeo_artifacts.service.changes import ChangeSender
from jupyter_openeo_artifacts.service.scope import Everything
from jupyter_openeo_artifacts.service.service import Change
from jupyter_openeo_artifacts.service.uploads import CHUNK_BYTES
from jupyter_openeo_artifacts.sources import spool as spools
from tests.limits import AT_MOST
from tests.service.clients import CommClient
from tests.service.test_conformance import sign_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_openeo_artifacts.demo.provider import LocalProvider


CANARY = "c4n4ry0123456789"


@pytest.fixture
def panel() -> Iterator[CommClient]:
    client = CommClient(Everything(default_service(), by_messages=True))
    yield client
    client.line.close()


@pytest.mark.parametrize(
    ("method", "params", "buffers", "code", "problem"),
    [
        ("rm", {}, [], -32601, "no_such_route"),
        ("getDescription", {}, [], -32601, "no_such_route"),
        ("__init__", {}, [], -32601, "no_such_route"),
        ("getUpload", {}, [], -32602, "request_invalid"),
        ("getUpload", {"upload": 5}, [], -32602, "request_invalid"),
        ("getUpload", {"upload": "x", "scope": "panel"}, [], -32602, "request_invalid"),
        ("getUpload", [], [], -32602, "request_invalid"),
        ("listArtifacts", {"limit": True}, [], -32602, "request_invalid"),
        ("createTusUpload", {"name": "a"}, [], -32602, "request_invalid"),
        ("createTusUpload", {"name": "a", "size": 1}, [], -32602, "request_invalid"),
        ("createTusUpload", {"name": "a", "size": -1}, [], -32602, "request_invalid"),
        ("sendBytes", {"upload": "x", "offset": 0}, [], -32602, "request_invalid"),
        ("sendBytes", {"upload": "x", "offset": 0}, [b"a", b"b"], -32602, "request_invalid"),
        ("sendBytes", {"upload": "x", "offset": -1}, [b"a"], -32602, "request_invalid"),
        (
            "sendBytes",
            {"upload": "x", "offset": 0},
            [bytes(CHUNK_BYTES + 1)],
            -32602,
            "request_invalid",
        ),
        ("sendBytes", {"upload": "x", "offset": 0}, [b"a"], -32000, "no_such_upload"),
        ("getUpload", {"upload": "x"}, [], -32000, "no_such_upload"),
    ],
)
def test_errors_have_the_codes_of_json_rpc_and_our_problem(  # noqa: PLR0917  a table
    panel: CommClient, method: str, params: Any, buffers: list[bytes], code: int, problem: str
) -> None:
    error = panel.ask(method, params, *buffers)["error"]
    assert (error["code"], error["data"]["code"]) == (code, problem)
    assert error["message"] == error["data"]["message"]
    assert error["data"].keys() == {"code", "message", "who", "todo", "request_id", "status"}


def test_what_is_no_request_is_passed_over_or_refused(panel: CommClient) -> None:
    no_request = ({"jsonrpc": "2.0", "method": "hello"}, {"id": "r", "method": "hello"})
    for message in (None, [], "hello", {}, *no_request):
        panel.line.on_message(message, [])
    assert panel.raw == []
    for message in ({"id": 5, "method": "hello"}, {"id": "x" * 101}, {"id": "r"}):
        panel.line.on_message({"jsonrpc": "2.0", **message}, [])
    assert [(each["id"], each["error"]["code"]) for each in panel.raw] == [
        (None, -32600),
        (None, -32600),
        ("r", -32600),
    ]


def test_a_fault_tells_no_secret(
    panel: CommClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    def broken(*_: Any) -> Any:
        raise KeyError(f"X-Amz-Signature={CANARY}")

    monkeypatch.setattr(default_upload_manager(), "uploads", broken)
    caplog.set_level(logging.DEBUG)
    # When
    error = panel.ask("listUploads", {})["error"]
    # Then
    assert (error["data"]["code"], error["data"]["status"]) == ("server_failed", 500)
    assert f"Fault {error['data']['request_id']}" in caplog.text
    assert CANARY not in caplog.text + json.dumps(error)


async def test_the_greeting_tells_who_answers(
    panel: CommClient, widget: Callable[..., CommClient]
) -> None:
    hello = await panel.ok("hello")
    assert hello == {
        "api": "1",
        "scope": "panel",
        "process": default_service().process,
        "chunk_bytes": 8 * 1024 * 1024,
        "connection": None,
        "problem": None,
    }
    other = await widget().ok("hello")
    assert (other["scope"], other["process"]) == ("widget", hello["process"])


async def test_changes_come_with_their_values(panel: CommClient, provider: LocalProvider) -> None:
    # Given
    await panel.ok("hello")
    connection = await sign_in(panel, provider)
    # When
    view = await panel.stage("a.bin", b"abc", connection=connection)
    # Then
    told = await panel.told(resource="uploads", id=view["id"], state="staged")
    assert told["value"] == view
    artifact = await panel.told(resource="artifacts", id=view["artifact"], state="staged")
    assert artifact["value"] == await panel.ok("getArtifact", artifact=view["artifact"])
    await panel.told(resource="connections", id=connection, state="signed_in")
    # When
    await panel.ok("forgetArtifact", artifact=view["artifact"])
    await panel.ok("forgetUpload", upload=view["id"])
    # Then
    assert "value" not in await panel.told(resource="artifacts", state="forgotten")
    assert "value" not in await panel.told(resource="uploads", state="cancelled")
    counted = Counter((each["resource"], each["id"], each["state"]) for each in panel.changes)
    assert counted["artifacts", view["artifact"], "staged"] == 1


async def test_what_others_stage_shows_by_itself_where_it_may_be_seen(
    panel: CommClient, widget: Callable[..., CommClient]
) -> None:
    # Given
    own, history, elsewhere = widget(), widget(history=True), widget()
    for each in (panel, own, history):
        await each.ok("hello")
    # When
    view = await elsewhere.stage("elsewhere.bin", b"abc")
    # Then
    for each in (panel, history):
        told = await each.told(resource="artifacts", id=view["artifact"], state="staged")
        assert told["value"]["name"] == "elsewhere.bin"
    assert [each["resource"] for each in history.changes] == ["artifacts"]
    assert own.changes == []
    # and what another process takes off the list goes from theirs
    default_upload_manager().ledger.forget(view["artifact"])
    for each in (panel, history):
        await each.told(resource="artifacts", id=view["artifact"], state="forgotten")
    assert own.changes == []


def test_progress_is_told_at_most_four_times_a_second_and_states_at_once() -> None:
    # Given
    told: list[tuple[float, str]] = []
    done = threading.Event()

    def emit(_: str, __: str, state: str) -> None:
        told.append((time.monotonic(), state))
        if state == "staged":
            done.set()

    sender = ChangeSender(emit)
    # When
    sender.announce(Change("uploads", "a", "queued"))
    end = time.monotonic() + 1.1
    while time.monotonic() < end:
        sender.announce(Change("uploads", "a", "uploading"))
        time.sleep(0.001)
    sender.announce(Change("uploads", "a", "staged"))
    # Then
    assert done.wait(AT_MOST)
    moved = [at for at, state in told if state == "uploading"]
    assert 1 <= len(moved) <= 6
    assert all(later - at >= 0.24 for at, later in itertools.pairwise(moved))
    assert told[-1][1] == "staged"


async def test_where_there_is_no_room_the_offset_is_told(
    widget: Callable[..., CommClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    page = widget()
    upload = (await page.ok("createTusUpload", name="a.bin", size=6))["upload"]
    await page.send(upload, 0, b"abc")

    def full(*_: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    # When
    with monkeypatch.context() as patched:
        patched.setattr(spools, "need_room", full)
        stalled = await page.send(upload, 3, b"def")
        view = await page.ok("getUpload", upload=upload)
    # Then
    assert (stalled.status, stalled.code) == (507, "disk_full")
    assert stalled.problem is not None
    assert stalled.problem["offset"] == 3
    assert (view["state"], view["problem"]["code"]) == ("paused", "disk_full")
    # When
    await page.send(upload, 3, b"def")
    # Then
    await page.until("getUpload", "staged", upload=upload)


async def test_bytes_are_kept_while_every_backend_is_silent(
    widget: Callable[..., CommClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: all threads wait for a backend that does not answer
    page = widget()
    upload = (await page.ok("createTusUpload", name="a.bin", size=6))["upload"]
    waiting, go_on = threading.Semaphore(0), threading.Event()

    def silent() -> Any:
        waiting.release()
        assert go_on.wait(AT_MOST)
        return []

    monkeypatch.setattr(page.scope, "connections", silent)
    asked = [
        asyncio.create_task(asyncio.to_thread(page.ask, "listConnections", {})) for _ in range(4)
    ]
    for _ in asked:
        assert await asyncio.to_thread(waiting.acquire, timeout=AT_MOST)
    # When / Then
    assert (await page.send(upload, 0, b"abc")).result == {"offset": 3, "kept": True}
    assert await page.ok("getTusOffset", upload=upload) == {"offset": 3, "size": 6}
    go_on.set()
    await asyncio.gather(*asked)


async def test_a_line_whose_page_is_gone_is_dropped(panel: CommClient) -> None:
    # Given
    def gone(_: Any) -> None:
        raise RuntimeError("the comm is closed")

    line = Line(panel.scope, gone)
    # When
    line.on_message({"jsonrpc": "2.0", "id": "1", "method": "getTusOffset", "params": {}}, [])
    # Then
    assert line.closed
    assert (await panel.ok("listUploads"))["uploads"] == []


async def test_uploads_of_a_widget_whose_page_cannot_be_reached_go_on(
    widget: Callable[..., CommClient],
) -> None:
    # Given
    page = widget()
    upload = (await page.ok("createTusUpload", name="a", size=9))["upload"]
    # When
    page.gone = True
    page.line.on_message({"jsonrpc": "2.0", "id": "1", "method": "getTusOffset", "params": {}}, [])
    # Then
    assert page.line.closed
    assert default_upload_manager().upload(upload).state == "receiving"


class FakeComm:
    """A kernel's end of a comm."""

    def __init__(self) -> None:
        self.sent: list[Any] = []
        self.closed: Any = None

    def send(self, data: Any) -> None:
        self.sent.append(data)

    def close(self, data: Any = None) -> None:
        self.closed = data or {}

    def on_msg(self, callback: Callable[[Any], None]) -> None:
        self.say = callback

    def on_close(self, callback: Callable[[Any], None]) -> None:
        self.leave = callback


def opened(lines: PanelLines, data: Any) -> FakeComm:
    comm = FakeComm()
    lines.on_open(comm, {"content": {"data": data}})
    return comm


def asks(comm: FakeComm) -> Any:
    """Return the answer of a request that is answered at once."""
    message = {"jsonrpc": "2.0", "id": "1", "method": "getTusOffset", "params": {"upload": "x"}}
    comm.say({"content": {"data": message}, "buffers": []})
    return comm.sent[-1]["error"]["data"]["code"]


@pytest.mark.parametrize("data", [None, {}, {"secret": ""}, {"secret": "wröng"}, {"secret": 5}, []])
def test_a_panels_line_needs_the_secret(data: Any) -> None:
    # When
    comm = opened(PanelLines(default_service()), data)
    # Then
    assert comm.closed["error"]["code"] == "not_allowed"
    assert not hasattr(comm, "say")


def test_two_tabs_have_a_line_each_to_one_service(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    lines = PanelLines(default_service())
    secret = {"secret": lines.address()["secret"]}
    one, other = opened(lines, secret), opened(lines, secret)
    # When / Then
    assert (asks(one), asks(other)) == ("no_such_upload", "no_such_upload")
    one.leave({})
    assert asks(other) == "no_such_upload"
    assert len(one.sent) == 1
    # and of many that say nothing the newest are kept
    monkeypatch.setattr(panel_line, "MOST_LINES", 2)
    newer = [opened(lines, secret) for _ in range(2)]
    assert (other.closed, [each.closed for each in newer]) == ({}, [None, None])
    for each in newer:
        each.leave({})


def test_outside_of_a_kernel_no_line_is_opened() -> None:
    with pytest.raises(NoKernel):
        open_panel_line()
