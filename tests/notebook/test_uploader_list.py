"""What a widget's page is told of artifacts, its own and others'."""

from __future__ import annotations

import json
import time

import pytest

from jupyter_openeo_artifacts.notebook.default_manager import default_upload_manager
from jupyter_openeo_artifacts.service.changes import LedgerWatch
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from tests.limits import AT_MOST
from tests.notebook.cells import fetched
from tests.notebook.page import Page, Uploader


def test_who_observes_the_count_is_told(page):
    counts = []
    page.widget.observe(lambda change: counts.append(change["new"]), "count")
    page.stage("a.bin", b"a")
    page.stage("b.bin", b"b")
    assert counts == [1, 2]
    assert [artifact.name for artifact in page.widget.artifacts] == ["a.bin", "b.bin"]


def test_what_others_stage_shows_by_itself(connection, tmp_path):
    # Given
    page = Page(Uploader(connection, history=True))
    page.result("hello")
    path = tmp_path / "other.bin"
    path.write_bytes(b"abc")
    # When
    upload = default_upload_manager().stage(
        ConnectionTarget(connection),
        lambda: FileSource.from_path(path),
        name="other.bin",
        size=3,
        origin="magic",
    )
    default_upload_manager().wait(upload.id, 20)
    # Then
    item = page.told(resource="artifacts", state="staged")["value"]
    assert item["name"] == "other.bin"
    assert "url" not in item
    assert page.artifacts() == ["other.bin"]
    page.widget.close()


@pytest.fixture
def staged_elsewhere(connection, tmp_path):
    """Return an artifact that another widget of the same person has staged."""
    with_history = Page(Uploader(connection, history=True))
    with_history.stage("elsewhere.bin", b"of somebody else")
    [artifact] = with_history.widget.artifacts
    yield artifact
    with_history.widget.close()


def test_a_page_is_told_of_nothing_that_did_not_come_through_its_widget(page, staged_elsewhere):
    # When / Then
    page.result("hello")
    assert page.artifacts() == []
    # When
    page.stage("mine.bin", b"mine")
    # Then
    assert page.artifacts() == ["mine.bin"]
    uploads = page.result("listUploads")["uploads"]
    assert [each["name"] for each in uploads] == ["mine.bin"]
    heard = json.dumps(page.everything())
    assert staged_elsewhere.id not in heard
    assert "elsewhere" not in heard


def test_an_artifact_of_the_pages_own_is_told_and_listed_as_soon_as_it_is_staged(page):
    artifact = page.stage("mine.bin", b"mine")["artifact"]
    assert page.artifacts() == ["mine.bin"]
    told = page.told(resource="artifacts", id=artifact, state="staged")
    assert told["value"]["name"] == "mine.bin"


def test_what_was_forgotten_elsewhere_goes_off_the_pages_list(page):
    # Given
    page.result("hello")
    artifact = page.stage("mine.bin", b"mine")["artifact"]
    # When
    default_upload_manager().ledger.forget(artifact)
    # Then
    assert page.artifacts() == []
    assert "value" not in page.told(resource="artifacts", id=artifact, state="forgotten")


@pytest.mark.parametrize(
    ("method", "params", "code"),
    [
        ("signArtifact", {"artifact": "{artifact}"}, "no_such_artifact"),
        ("signArtifact", {"artifact": "{artifact}", "history": True}, "request_invalid"),
        ("forgetArtifact", {"artifact": "{artifact}"}, "no_such_artifact"),
        ("cancelUpload", {"upload": "{upload}"}, "no_such_upload"),
        ("terminateTusUpload", {"upload": "{upload}"}, "no_such_upload"),
        ("forgetUpload", {"upload": "{upload}"}, "no_such_upload"),
        ("retryUpload", {"upload": "{upload}"}, "no_such_upload"),
        ("getTusOffset", {"upload": "{upload}"}, "no_such_upload"),
        (
            "confirmUpload",
            {"upload": "{upload}", "body": {"unchanged": False}},
            "no_such_upload",
        ),
        ("getReceivedDigest", {"upload": "{upload}"}, "no_such_upload"),
        ("sendBytes", {"upload": "{upload}", "offset": 0}, "no_such_upload"),
        ("closeConnection", {"connection": "{connection}"}, "not_allowed"),
        ("deleteArtifact", {"artifact": "{artifact}"}, "no_such_route"),
    ],
)
def test_a_message_written_by_hand_gets_nothing_that_is_not_the_widgets_own(  # noqa: PLR0917  a table
    page, staged_elsewhere, connection, method, params, code
):
    # Given a visitor who knows the ids of somebody's artifact, and of a file on its way
    other = Page(Uploader(connection))
    upload = other.open("elsewhere on its way.bin", 10)
    names = {
        "artifact": staged_elsewhere.id,
        "upload": upload,
        "connection": page.result("hello")["connection"]["id"],
    }
    known = {
        key: value.format(**names) if isinstance(value, str) else value
        for key, value in params.items()
    }
    # When
    refused = page.problem(method, known, [b"x"] if method == "sendBytes" else [])
    # Then nothing of either is told, and nothing has happened to them
    assert refused["code"] == code
    assert page.result("hello")["connection"]["state"] == "signed_in"
    assert page.changes == []
    for message in page.everything():
        assert "elsewhere" not in json.dumps(message)
        assert "X-Amz" not in json.dumps(message)
    assert other.send(upload, 0, b"0123456789") == {"offset": 10, "kept": True}
    other.upload(upload, "staged")
    assert default_upload_manager().ledger.get(staged_elsewhere.id).name == "elsewhere.bin"
    assert fetched(staged_elsewhere.presigned_url())
    other.widget.close()


def test_with_history_the_page_lists_and_links_what_was_staged_elsewhere(
    connection, staged_elsewhere
):
    page = Page(Uploader(connection, history=True))
    assert page.artifacts() == ["elsewhere.bin"]
    link = page.result("signArtifact", {"artifact": staged_elsewhere.id})["url"]
    assert fetched(link) == staged_elsewhere.sha256
    page.widget.close()


def test_the_watch_ends_by_itself_and_begins_again():
    # Given
    ledger = default_upload_manager().ledger
    watch = LedgerWatch(ledger, lambda *_: None, interval=0.05, lease=0.2)
    # When / Then
    for _ in range(2):
        watch.attend()
        assert watch.running
        deadline = time.monotonic() + AT_MOST
        while watch.running and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not watch.running
