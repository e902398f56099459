"""A page that talks to the widget as uploader.js does, without a browser."""

from __future__ import annotations

import queue
import time
from typing import Any

from jupyter_openeo_artifacts.notebook.uploader import ArtifactUploader

TIMEOUT = 20


class Uploader(ArtifactUploader):
    """The widget, with what it sends kept for the test to read."""

    def __init__(self, *given: Any, **options: Any) -> None:
        self.sent: queue.Queue[dict[str, Any]] = queue.Queue()
        super().__init__(*given, **options)

    def send(self, content: Any, buffers: Any = None) -> None:
        assert not buffers
        self.sent.put(content)


class Page:
    """Sends what a page sends, in the form in which ipywidgets hands it on."""

    def __init__(self, widget: Uploader) -> None:
        self.widget = widget
        self.heard: list[dict[str, Any]] = []

    def say(self, *buffers: bytes, **message: Any) -> None:
        views = [memoryview(each) for each in buffers]
        self.widget._handle_custom_msg(message, views)

    def hear(self, kind: str, **wanted: Any) -> dict[str, Any]:
        """Return the next message of that kind; others are kept in `heard`."""
        deadline = time.monotonic() + TIMEOUT
        while True:
            message = self.widget.sent.get(timeout=max(0.01, deadline - time.monotonic()))
            self.heard.append(message)
            if message["is"] == kind and wanted.items() <= message.items():
                return message

    def open(self, name: str, size: int) -> str:
        self.say(do="open", request="r1", name=name, size=size)
        return self.hear("opened", request="r1")["upload"]

    def chunk(self, upload: str, offset: int, content: bytes) -> int:
        self.say(content, do="chunk", upload=upload, offset=offset)
        return self.hear("received", upload=upload)["offset"]

    def stage(self, name: str, content: bytes, step: int = 300_000) -> dict[str, Any]:
        upload = self.open(name, len(content))
        for start in range(0, len(content), step):
            self.chunk(upload, start, content[start : start + step])
        return self.hear("upload", upload=upload, state="staged")

    def everything(self) -> list[dict[str, Any]]:
        while True:
            try:
                self.heard.append(self.widget.sent.get_nowait())
            except queue.Empty:
                return self.heard
