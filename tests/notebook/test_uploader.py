"""The widget's side of the talk with its page, against the local provider."""

from __future__ import annotations

import hashlib
import json
import random
import threading
import time

import ipywidgets
import openeo
import pytest

from jupyter_openeo_artifacts.notebook.default_manager import default_upload_manager
from jupyter_openeo_artifacts.service.uploads import CHUNK_BYTES
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.files import state_folder
from tests.limits import AT_MOST
from tests.notebook.cells import fetched
from tests.notebook.page import Page, Uploader
from tests.servers.provider import storage_down
from tests.support.uploads import digest_of

CONTENT = random.Random(7).randbytes(1_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def test_bytes_become_an_artifact_that_its_link_reads(page):
    # When
    upload = page.stage("fields.parquet", CONTENT)
    # Then
    [artifact] = page.widget.artifacts
    assert artifact.id == upload["artifact"]
    assert (artifact.name, artifact.origin, artifact.sha256) == ("fields.parquet", "widget", SHA256)
    assert fetched(artifact.presigned_url()) == SHA256
    # When
    link = page.result("signArtifact", {"artifact": artifact.id})
    # Then
    assert fetched(link["url"]) == SHA256
    assert link["valid_until"] > "20"
    assert page.widget.errors == []


def test_chunks_may_come_twice_early_or_overlapping(page):
    # Given
    upload = page.open("a.bin", len(CONTENT))

    def send(start, end):
        sent = page.send(upload, start, CONTENT[start:end])
        return sent["offset"], sent["kept"]

    # When / Then each answer says how far all bytes are there
    assert send(500_000, 600_000) == (0, False)
    assert send(0, 200_000) == (200_000, True)
    assert send(0, 200_000) == (200_000, True)
    assert send(100_000, 400_000) == (400_000, True)
    assert send(900_000, 1_000_000) == (400_000, False)
    assert send(400_000, 1_000_000) == (1_000_000, True)
    assert send(400_000, 1_000_000) == (1_000_000, True)
    page.upload(upload, "staged")
    assert page.widget.artifacts[0].sha256 == SHA256


def test_chunks_may_come_in_several_threads(page):
    # Given what a page resends while earlier chunks are still being handled
    upload = page.open("a.bin", len(CONTENT))
    steps = [(start, CONTENT[start : start + 10_000]) for start in range(0, len(CONTENT), 10_000)]

    def resend():
        for start, content in steps:
            page.request("sendBytes", {"upload": upload, "offset": start}, [content])

    # When
    threads = [threading.Thread(target=resend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    page.upload(upload, "staged")
    assert page.widget.artifacts[0].sha256 == SHA256


def test_the_page_can_ask_how_far_the_bytes_are(page):
    upload = page.open("a.bin", len(CONTENT))
    page.send(upload, 0, CONTENT[:300_000])
    here = {"offset": 300_000, "size": len(CONTENT)}
    assert page.result("getTusOffset", {"upload": upload}) == here
    # A chunk that comes too early is not kept, and that is said.
    early = {"offset": 300_000, "kept": False}
    assert page.send(upload, 500_000, CONTENT[500_000:]) == early
    assert page.result("getTusOffset", {"upload": upload}) == here


def test_an_empty_file_is_staged(page):
    page.upload(page.open("empty.txt", 0), "staged")
    assert page.widget.artifacts[0].size == 0


@pytest.mark.parametrize("size", [0, len(CONTENT)], ids=["empty", "not empty"])
def test_a_file_ends_only_when_its_page_says_that_it_has_not_changed(page, size):
    # Given
    upload = page.open("a.bin", size, confirm=True)
    if size:
        page.send(upload, 0, CONTENT)
    assert page.result("getUpload", {"upload": upload})["awaits_confirmation"]
    assert page.widget.artifacts == []
    # When
    content = CONTENT[:size]
    told = {"unchanged": True, "digest": digest_of(content)}
    arrived = page.result("getReceivedDigest", {"upload": upload})
    assert arrived == {"offset": size, "size": size, "digest": told["digest"]}
    page.result("confirmUpload", {"upload": upload, "body": told})
    # Then
    page.upload(upload, "staged")
    assert page.widget.artifacts[0].size == size


@pytest.mark.parametrize(
    "told", [{"unchanged": False}, {"unchanged": True, "digest": "0" * 64}], ids=["seen", "digest"]
)
def test_a_file_that_changed_while_the_page_sent_it_is_no_artifact(page, told):
    # Given
    upload = page.open("a.bin", len(CONTENT), confirm=True)
    page.send(upload, 0, CONTENT)
    # When
    page.result("confirmUpload", {"upload": upload, "body": told})
    # Then
    failed = page.upload(upload, "failed")
    assert (failed["problem"]["code"], failed["can_retry"]) == ("file_changed", False)
    assert page.widget.artifacts == []


def test_a_file_that_is_in_storage_already_is_said_so(page):
    # Given
    first = page.stage("again.bin", CONTENT)
    # When
    second = page.stage("again.bin", CONTENT)
    # Then
    assert (first["reused"], second["reused"]) == (False, True)
    assert second["artifact"] == first["artifact"]
    assert [artifact.reused for artifact in page.widget.artifacts] == [False, True]
    assert page.widget.artifacts[0] == page.widget.artifacts[1]


def test_a_cancelled_file_leaves_nothing(page, provider):
    # Given enough that a first part is under way
    part = bytes(8_000_000)
    upload = page.open("cancelled.bin", 200_000_000)
    for index in range(5):
        page.send(upload, index * len(part), part)
    deadline = time.monotonic() + AT_MOST
    while default_upload_manager().upload(upload).bytes_stored == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    # When
    page.result("cancelUpload", {"upload": upload})
    # Then
    page.upload(upload, "cancelled")
    found = provider.storage.administrator().list_multipart_uploads(Bucket=provider.bucket)
    assert [each for each in found.get("Uploads", []) if "cancelled.bin" in each["Key"]] == []
    assert page.widget.artifacts == []
    assert page.widget.errors == []
    assert list(state_folder("spool").iterdir()) == []


def test_closing_the_widget_cancels_what_is_on_its_way(connection):
    # Given
    widget = Uploader(connection)
    upload = Page(widget).open("a.bin", 100)
    # When
    widget.close()
    widget.close()
    # Then
    assert default_upload_manager().upload(upload).state == "cancelled"


def test_a_failed_file_can_be_tried_again_without_its_bytes_being_sent_again(page, provider):
    # Given
    counts = []
    page.widget.observe(lambda change: counts.append(change["new"]), "count")
    with storage_down(provider):
        upload = page.open("a.bin", len(CONTENT))
        page.send(upload, 0, CONTENT)
        failed = page.upload(upload, "failed")
    assert failed["can_retry"]
    assert failed["problem"]["code"] == "storage_unreachable"
    assert [error.code for error in page.widget.errors] == ["storage_unreachable"]
    assert counts == []
    # When
    page.result("retryUpload", {"upload": upload})
    again = page.result("retryUpload", {"upload": upload})  # pressed twice, or in two views
    # Then
    assert again["problem"] is None
    page.upload(upload, "staged")
    assert page.widget.errors == []
    assert page.widget.artifacts[0].sha256 == SHA256
    assert counts == [1]


def test_an_upload_of_another_kernel_is_unknown(page, connection):
    other = default_upload_manager().stage(
        ConnectionTarget(connection),
        lambda: FileSource.from_path(__file__),
        name="of the magic",
        size=1,
        origin="magic",
    )
    for upload in ("00000000000000000000000000", other.id):
        for method in ("getTusOffset", "cancelUpload", "retryUpload"):
            assert page.problem(method, {"upload": upload})["code"] == "no_such_upload"
    assert default_upload_manager().wait(other.id, 20).state == "staged"


def test_the_page_is_told_whose_login_is_used_and_what_is_staged(page, provider):
    assert page.artifacts() == []
    here = page.result("hello")
    assert here["problem"] is None
    assert here["connection"]["backend"].startswith(provider.backend)


def test_without_a_login_the_page_and_a_drop_are_told_what_to_do(provider):
    # Given
    page = Page(Uploader(openeo.connect(provider.backend)))
    # When
    here = page.result("hello")
    dropped = page.problem("createTusUpload", {"name": "a.tif", "size": 3})
    # Then
    assert (here["connection"], here["problem"]["code"]) == (None, "not_signed_in")
    assert "authenticate_oidc()" in dropped["todo"]
    page.widget.close()


def test_without_a_connection_the_panels_login_is_asked_for():
    page = Page(Uploader())
    assert "openEO artifacts panel" in page.result("hello")["problem"]["todo"]
    page.widget.close()


def test_with_a_shell_its_only_connection_is_used(shell, connection):
    shell.user_ns["eu"] = connection
    page = Page(Uploader())
    page.stage("a.bin", CONTENT)
    assert page.widget.artifacts[0].sha256 == SHA256
    page.widget.close()


@pytest.mark.parametrize("name", ["../x", "a\nb", " ", "x" * 300, "\ud800.tif"])
def test_a_name_that_cannot_be_stored_is_refused(page, name):
    refused = page.problem("createTusUpload", {"name": name, "size": 3})
    assert refused["code"] == "name_invalid"


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.tif", "a 'b' \"c\".tif", "🌍.zip"])
def test_names_are_data(page, name):
    page.stage(name, b"x")
    assert page.widget.artifacts[0].name == name


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("createTusUpload", {}),
        ("createTusUpload", {"name": 3, "size": 1}),
        ("createTusUpload", {"name": "a", "size": -1}),
        ("createTusUpload", {"name": "a", "size": True}),
        ("createTusUpload", {"name": "a" * 3_000, "size": 1}),
        ("signArtifact", {"artifact": ["a"]}),
        ("sendBytes", {"upload": "x", "offset": 0}),
    ],
)
def test_a_message_of_another_form_is_refused(page, method, params):
    assert page.problem(method, params)["code"] == "request_invalid"


def test_a_chunk_over_the_limit_is_refused(page):
    upload = page.open("a.bin", CHUNK_BYTES + 1)
    too_much = [bytes(CHUNK_BYTES + 1)]
    refused = page.problem("sendBytes", {"upload": upload, "offset": 0}, too_much)
    assert refused["code"] == "request_invalid"
    assert page.result("getTusOffset", {"upload": upload})["offset"] == 0


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "hello",
        {"do": "hello"},
        {"do": "rm", "id": "r"},
        {"id": "r", "method": "hello"},
        {},
    ],
)
def test_nonsense_is_passed_over(page, message):
    page.say(message)
    assert page.result("hello")["scope"] == "widget"
    assert len(page.everything()) == 1


def test_a_link_to_what_is_not_on_the_list_is_refused(page):
    refused = page.problem("signArtifact", {"artifact": "0" * 26})
    assert refused["code"] == "no_such_artifact"


def test_nothing_private_is_in_the_state_that_a_notebook_saves(page, connection):
    # Given
    page.stage("very-private-name.parquet", CONTENT)
    asked = page.request("signArtifact", {"artifact": page.widget.artifacts[0].id})
    link = page.answer(asked)["result"]["url"]
    # When
    state = {k: v for k, v in page.widget.get_state().items() if k != "_esm"}
    saved = json.dumps(state, default=str)
    # Then
    for private in (
        "very-private-name",
        "s3://",
        "X-Amz",
        link.split("X-Amz-Signature=")[1],
        connection.auth.bearer,
        page.widget.artifacts[0].id,
    ):
        assert private not in saved
        assert private not in repr(page.widget)
    # All that is ours in it is the name of the widget's kind.
    assert state.keys() - set(ipywidgets.DOMWidget.class_trait_names(sync=True)) == {
        "_anywidget_id"
    }
    # and the one message with a link is the answer to who asked for it
    with_link = [message for message in page.everything() if "X-Amz" in json.dumps(message)]
    assert [message.get("id") for message in with_link] == [asked]


def test_without_a_kernel_a_sentence_stands_in_its_place(page):
    data, _ = page.widget._repr_mimebundle_()
    assert "needs a running notebook" in data["text/plain"]
    assert data["text/html"].startswith("<p>")
    assert "application/vnd.jupyter.widget-view+json" in data
