"""The panel's line to a real kernel: nothing is open before the page asks for it."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from jupyter_client.manager import KernelManager

from tests.limits import AT_MOST

if TYPE_CHECKING:
    from collections.abc import Iterator

TARGETS = "print(sorted(get_ipython().kernel.comm_manager.targets))"
IMPORT = "import jupyter_openeo_artifacts.notebook.panel_line as line"
OPEN = "import json; print(json.dumps(line.open_panel_line()))"


@contextmanager
def kernel() -> Iterator[Any]:
    """Run a kernel; yields its client."""
    manager = KernelManager()
    manager.start_kernel()
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=AT_MOST)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def printed(client: Any, code: str) -> str:
    """Run code; return what it prints."""
    found: list[str] = []

    def keep(message: Any) -> None:
        assert message["msg_type"] != "error", message["content"]
        if message["msg_type"] == "stream":
            found.append(message["content"]["text"])

    client.execute_interactive(code, output_hook=keep, timeout=AT_MOST)
    return "".join(found)


class Tab:
    """A page with a comm."""

    def __init__(self, client: Any, target: str, **data: str) -> None:
        self._client = client
        self._comm = uuid4().hex
        self._say("comm_open", target_name=target, data=data)

    def _say(self, kind: str, **content: Any) -> None:
        message = self._client.session.msg(kind, {"comm_id": self._comm, **content})
        self._client.shell_channel.send(message)

    def ask(self, request: str, method: str, **params: Any) -> Any:
        """Return what a request is answered."""
        message = {"jsonrpc": "2.0", "id": request, "method": method, "params": params}
        self._say("comm_msg", data=message)
        while (told := self.heard("comm_msg")).get("id") != request:
            pass
        return told["result"]

    def heard(self, kind: str) -> Any:
        """Return the data of the next message of that kind."""
        end = time.monotonic() + AT_MOST
        while True:
            message = self._client.get_iopub_msg(timeout=max(0.1, end - time.monotonic()))
            if message["content"].get("comm_id") == self._comm and message["msg_type"] == kind:
                return message["content"]["data"]

    def leave(self) -> None:
        self._say("comm_close", data={})


def test_a_page_that_runs_code_in_the_kernel_has_a_line() -> None:
    with kernel() as client:
        # Given
        before = printed(client, TARGETS)
        assert printed(client, f"{IMPORT}\n{TARGETS}") == before, "an import opens nothing"
        told = json.loads(printed(client, OPEN))
        assert json.loads(printed(client, OPEN)) == told
        # When
        stranger = Tab(client, told["target"], secret="guessed")
        # Then
        assert stranger.heard("comm_close")["error"]["code"] == "not_allowed"
        # When
        one, other = Tab(client, **told), Tab(client, **told)
        # Then
        hello = one.ask("1", "hello")
        assert (hello["scope"], hello["connection"]) == ("panel", None)
        assert other.ask("1", "hello")["process"] == hello["process"]
        # When
        one.leave()
        # Then
        assert other.ask("2", "listUploads")["uploads"] == []
