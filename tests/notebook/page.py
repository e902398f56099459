"""A page that talks to the widget in JSON-RPC as uploader.js does, without a browser."""

from __future__ import annotations

import itertools
import json
import queue
import time
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.notebook.uploader import ArtifactUploader
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from collections.abc import Sequence


class Uploader(ArtifactUploader):
    """The widget, with what it sends kept for the test to read."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self.sent: queue.Queue[dict[str, Any]] = queue.Queue()
        super().__init__(*given, **options)

    def send(self, content: Any, buffers: Any = None) -> None:
        assert not buffers
        self.sent.put(json.loads(json.dumps(content)))


class Page:
    """Sends what a page sends, in the form in which ipywidgets hands it on.

    Attributes
    ----------
    heard
        All that the widget has sent, as far as it was read.
    changes
        The parameters of its notifications.
    """

    def __init__(self, widget: Uploader) -> None:
        self.widget = widget
        self.comm = widget.comm
        self.heard: list[dict[str, Any]] = []
        self.changes: list[dict[str, Any]] = []
        self._answers: dict[str, dict[str, Any]] = {}
        self._numbers = itertools.count()

    def say(self, message: Any, buffers: Sequence[bytes] = ()) -> None:
        """Send any message."""
        data = {"method": "custom", "content": message}
        self.comm.handle_msg(
            {"content": {"data": data}, "buffers": [memoryview(each) for each in buffers]}
        )

    def request(self, method: str, params: Any = None, buffers: Sequence[bytes] = ()) -> str:
        """Send a request; return its id, by which `answer` waits."""
        request = f"r{next(self._numbers)}"
        message = {"jsonrpc": "2.0", "id": request, "method": method, "params": params or {}}
        self.say(message, buffers)
        return request

    def answer(self, request: str) -> dict[str, Any]:
        """Wait for the answer to a request."""
        end = time.monotonic() + AT_MOST
        while request not in self._answers:
            self._read(max(0.01, end - time.monotonic()))
        return self._answers[request]

    def ask(self, method: str, params: Any = None, buffers: Sequence[bytes] = ()) -> dict[str, Any]:
        """Send a request, and return its answer as it comes."""
        return self.answer(self.request(method, params, buffers))

    def result(self, method: str, params: Any = None, buffers: Sequence[bytes] = ()) -> Any:
        """Return the document of a request that has to go well."""
        answer = self.ask(method, params, buffers)
        assert "error" not in answer, answer
        return answer["result"]

    def problem(self, method: str, params: Any = None, buffers: Sequence[bytes] = ()) -> Any:
        """Return the problem of a request that has to be refused."""
        answer = self.ask(method, params, buffers)
        assert "result" not in answer, answer
        return answer["error"]["data"]

    def told(self, **wanted: Any) -> dict[str, Any]:
        """Return the first notification like that, as soon as there is one."""
        end = time.monotonic() + AT_MOST
        while True:
            for each in self.changes:
                if wanted.items() <= each.items():
                    return each
            self._read(max(0.01, end - time.monotonic()))

    def open(self, name: str, size: int, **more: bool) -> str:
        made = self.result("createTusUpload", {"name": name, "size": size, **more})
        assert made["offset"] == 0
        return str(made["upload"])

    def send(self, upload: str, offset: int, content: bytes) -> dict[str, Any]:
        """Send bytes; return how far all are here, and whether these were kept."""
        params = {"upload": upload, "offset": offset}
        return dict(self.result("sendBytes", params, [content]))

    def stage(self, name: str, content: bytes, step: int = 300_000) -> dict[str, Any]:
        """Send a file, and return its upload when the page was told that it is staged."""
        upload = self.open(name, len(content))
        for start in range(0, len(content), step):
            assert self.send(upload, start, content[start : start + step])["kept"]
        return self.upload(upload, "staged")

    def upload(self, upload: str, state: str) -> dict[str, Any]:
        """Return an upload as soon as the page was told that it is in that state."""
        return dict(self.told(resource="uploads", id=upload, state=state)["value"])

    def artifacts(self) -> list[str]:
        """Return the names of what is listed."""
        return [each["name"] for each in self.result("listArtifacts")["artifacts"]]

    def everything(self) -> list[dict[str, Any]]:
        """Return all that was sent until now."""
        while True:
            try:
                self._read(0)
            except queue.Empty:
                return self.heard

    def _read(self, seconds: float) -> None:
        message = self.widget.sent.get(block=seconds > 0, timeout=seconds or None)
        self.heard.append(message)
        if "method" in message:
            assert message["method"] == "change"
            self.changes.append(message["params"])
        elif message["id"] is not None:
            self._answers[message["id"]] = message
