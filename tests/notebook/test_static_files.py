"""A notebook keeps the loader of the widget alone, which asks for the application."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jupyter_openeo_artifacts import ArtifactUploader
from jupyter_openeo_artifacts.notebook import uploader


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    found: list[Any] = []
    monkeypatch.setattr(
        ArtifactUploader, "send", lambda _, content, _buffers=None: found.append(content)
    )
    return found


def test_what_a_notebook_keeps_is_small_and_brings_the_application(sent: list[Any]) -> None:
    # Given
    widget = ArtifactUploader()
    # When
    kept = json.dumps(widget.get_state(), default=str)
    request = {"jsonrpc": "2.0", "id": "a", "method": "getApplication", "params": {}}
    data = {"method": "custom", "content": request}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})
    # Then
    assert len(kept) < 4_000
    (answer,) = [each for each in sent if each.get("id") == "a"]
    assert set(answer["result"]) == {"script", "style"}
    assert len(answer["result"]["script"]) > 10_000
    assert "jp-OpenEOArtifacts" in answer["result"]["style"]
    widget.close()


def test_without_its_bundle_the_widget_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(uploader, "STATIC", tmp_path)
    widget = ArtifactUploader()
    assert "jlpm build:widget" in widget._esm
    widget.close()
