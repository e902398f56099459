"""A notebook keeps the loader of the widget alone, which asks for the application."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from jupyter_openeo_artifacts import ArtifactUploader
from jupyter_openeo_artifacts.notebook import uploader
from jupyter_openeo_artifacts.notebook.uploader import STATIC


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
    assert set(answer["result"]) == {"script", "style", "catalogue"}
    assert answer["result"]["catalogue"] is None
    assert len(answer["result"]["script"]) > 10_000
    assert "jp-OpenEOArtifacts" in answer["result"]["style"]
    widget.close()


@pytest.mark.parametrize("name", sorted(each.stem for each in (STATIC / "parts").glob("*.js")))
def test_a_page_is_given_each_part_of_the_application(sent: list[Any], name: str) -> None:
    widget = ArtifactUploader()
    _ask_for_part(widget, name)
    (answer,) = [each for each in sent if each.get("id") == "a"]
    assert answer["result"].startswith("export default SHARED=>{")
    widget.close()


@pytest.mark.parametrize("name", ["", "../loader", "missing", None, 1, ["Menu"]])
def test_what_is_no_part_is_not_read(sent: list[Any], name: Any) -> None:
    widget = ArtifactUploader()
    _ask_for_part(widget, name)
    # Then
    while not (found := [each for each in sent if each.get("id") == "a"]):
        time.sleep(0.01)  # a thread refuses it
    assert "result" not in found[0]
    assert found[0]["error"]
    widget.close()


def _ask_for_part(widget: ArtifactUploader, name: Any) -> None:
    request = {"jsonrpc": "2.0", "id": "a", "method": "getPart", "params": {"name": name}}
    data = {"method": "custom", "content": request}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})


@pytest.mark.parametrize(
    ("language", "copied"),
    [
        pytest.param("de-DE", "Link kopieren", id="as JupyterLab says it"),
        pytest.param("de-AT", "Link kopieren", id="another region"),
        pytest.param("fr", "Copier le lien", id="no region"),
        pytest.param("FR_ca", "Copier le lien", id="another spelling"),
        pytest.param("en", None, id="as it is written in the sources"),
        pytest.param("../de_DE", None, id="a path"),
        pytest.param("", None, id="none"),
        pytest.param(None, None, id="not told"),
        pytest.param(["de"], None, id="no text"),
    ],
)
def test_the_texts_come_in_the_language_of_the_page(
    sent: list[Any], language: Any, copied: str | None
) -> None:
    # Given
    widget = ArtifactUploader()
    params = {} if language is None else {"language": language}
    # When
    request = {"jsonrpc": "2.0", "id": "a", "method": "getApplication", "params": params}
    data = {"method": "custom", "content": request}
    widget.comm.handle_msg({"content": {"data": data}, "buffers": []})
    # Then
    (answer,) = [each for each in sent if each.get("id") == "a"]
    catalogue = answer["result"]["catalogue"]
    assert (catalogue and catalogue["Copy link"]) == (copied and [copied])
    widget.close()


def test_without_its_bundle_the_widget_says_what_to_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    monkeypatch.setattr(uploader, "STATIC", tmp_path)
    widget = ArtifactUploader()
    assert "jlpm build:widget" in widget._esm
    widget.close()
