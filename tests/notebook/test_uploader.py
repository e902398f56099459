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
import requests

from jupyter_openeo_artifacts.notebook.comm_messages import CHUNK_BYTES
from jupyter_openeo_artifacts.notebook.default_manager import default_upload_manager
from jupyter_openeo_artifacts.service.changes import Watch
from jupyter_openeo_artifacts.service.receiver import Receiver
from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.files import state_folder
from tests.limits import AT_MOST
from tests.notebook.page import Page, Uploader
from tests.servers.provider import storage_down

CONTENT = random.Random(7).randbytes(1_000_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def page(connection):
    widget = Uploader(connection)
    yield Page(widget)
    widget.close()


def fetched(url: str) -> str:
    return hashlib.sha256(requests.get(url, timeout=10).content).hexdigest()


def test_bytes_become_an_artifact_that_its_link_reads(page):
    # When
    upload = page.stage("fields.parquet", CONTENT)
    # Then
    [artifact] = page.widget.artifacts
    assert artifact.id == upload["artifact"]
    assert (artifact.name, artifact.origin, artifact.sha256) == ("fields.parquet", "widget", SHA256)
    assert fetched(artifact.presigned_url()) == SHA256
    # When
    page.say(do="link", request="r2", artifact=artifact.id)
    link = page.hear("link", request="r2")
    # Then
    assert fetched(link["url"]) == SHA256
    assert link["valid_until"] > "20"
    assert page.widget.errors == []


def test_chunks_may_come_twice_early_or_overlapping(page):
    # Given
    upload = page.open("a.bin", len(CONTENT))
    # When / Then each answer says how far all bytes are there
    assert page.chunk(upload, 500_000, CONTENT[500_000:600_000]) == 0
    assert page.chunk(upload, 0, CONTENT[:200_000]) == 200_000
    assert page.chunk(upload, 0, CONTENT[:200_000]) == 200_000
    assert page.chunk(upload, 100_000, CONTENT[100_000:400_000]) == 400_000
    assert page.chunk(upload, 900_000, CONTENT[900_000:]) == 400_000
    assert page.chunk(upload, 400_000, CONTENT[400_000:]) == 1_000_000
    assert page.chunk(upload, 400_000, CONTENT[400_000:]) == 1_000_000
    page.hear("upload", upload=upload, state="staged")
    assert page.widget.artifacts[0].sha256 == SHA256


def test_chunks_may_come_in_several_threads(page):
    # Given what a page resends while earlier chunks are still being handled
    upload = page.open("a.bin", len(CONTENT))
    steps = [(start, CONTENT[start : start + 10_000]) for start in range(0, len(CONTENT), 10_000)]

    def resend():
        for start, content in steps:
            page.say(content, do="chunk", upload=upload, offset=start)

    # When
    threads = [threading.Thread(target=resend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Then
    page.hear("upload", upload=upload, state="staged")
    assert page.widget.artifacts[0].sha256 == SHA256


def test_the_page_can_ask_how_far_the_bytes_are(page):
    upload = page.open("a.bin", len(CONTENT))
    page.chunk(upload, 0, CONTENT[:300_000])
    page.say(do="where", upload=upload)
    assert page.hear("received", why="asked")["offset"] == 300_000
    # A chunk that comes too early is not kept, and that is said.
    page.say(CONTENT[500_000:], do="chunk", upload=upload, offset=500_000)
    assert page.hear("received", why="early")["offset"] == 300_000


def test_an_empty_file_is_staged(page):
    page.open("empty.txt", 0)
    page.hear("upload", state="staged")
    assert page.widget.artifacts[0].size == 0


@pytest.mark.parametrize("size", [0, len(CONTENT)], ids=["empty", "not empty"])
def test_a_file_ends_only_when_its_page_says_that_it_has_not_changed(page, size):
    # Given
    page.say(do="open", request="r9", name="a.bin", size=size, confirm=True)
    upload = page.hear("opened", request="r9")["upload"]
    if size:
        page.chunk(upload, 0, CONTENT)
    assert page.widget.artifacts == []
    # When
    page.say(do="confirm", upload=upload, unchanged=True)
    # Then
    page.hear("upload", upload=upload, state="staged")
    assert page.widget.artifacts[0].size == size


def test_a_file_that_changed_while_the_page_sent_it_is_no_artifact(page):
    # Given
    page.say(do="open", request="r9", name="a.bin", size=len(CONTENT), confirm=True)
    upload = page.hear("opened", request="r9")["upload"]
    page.chunk(upload, 0, CONTENT)
    # When
    page.say(do="confirm", upload=upload, unchanged=False)
    # Then
    failed = page.hear("upload", upload=upload, state="failed")
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
        page.chunk(upload, index * len(part), part)
    deadline = time.monotonic() + AT_MOST
    while default_upload_manager().upload(upload).bytes_stored == 0 and time.monotonic() < deadline:
        time.sleep(0.05)
    # When
    page.say(do="cancel", upload=upload)
    # Then
    page.hear("upload", upload=upload, state="cancelled")
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
    with storage_down(provider):
        upload = page.open("a.bin", len(CONTENT))
        page.chunk(upload, 0, CONTENT)
        failed = page.hear("upload", upload=upload, state="failed")
    assert failed["can_retry"]
    assert failed["problem"]["code"] == "storage_unreachable"
    assert [error.code for error in page.widget.errors] == ["storage_unreachable"]
    # When
    page.say(do="retry", upload=upload)
    page.say(do="retry", upload=upload)
    # Then
    page.hear("upload", upload=upload, state="staged")
    assert page.widget.errors == []
    assert page.widget.artifacts[0].sha256 == SHA256


def test_a_full_disk_is_said_and_the_bytes_may_be_sent_again(page, monkeypatch):
    # Given
    upload = page.open("a.bin", len(CONTENT))
    page.chunk(upload, 0, CONTENT[:100_000])
    spool = default_upload_manager().spool(upload)
    room = spool._write

    def full(*_given):
        raise SpoolFull("The disk of the Jupyter server is full.", todo="Delete something.")

    monkeypatch.setattr(spool, "_write", full)
    # When
    page.say(CONTENT[100_000:], do="chunk", upload=upload, offset=100_000)
    stalled = page.hear("stalled", upload=upload)
    # Then
    assert stalled["offset"] == 100_000
    assert stalled["problem"]["code"] == "disk_full"
    view = default_upload_manager().upload(upload)
    assert (view.state, getattr(view.problem, "code", "")) == ("paused", "disk_full")
    # When
    monkeypatch.setattr(spool, "_write", room)
    page.chunk(upload, 100_000, CONTENT[100_000:])
    # Then
    page.hear("upload", upload=upload, state="staged")


def test_a_page_that_speaks_json_rpc_fills_the_same_lists(page, provider):
    # Given
    counts = []
    page.widget.observe(lambda change: counts.append(change["new"]), "count")

    def ask(method, *buffers, **params):
        message = {"jsonrpc": "2.0", "id": method, "method": method, "params": params}
        page.say(*buffers, **message)
        while (told := page.widget.sent.get(timeout=AT_MOST)).get("id") != method:
            pass
        return told["result"]

    def upload(name, content):
        made = ask("createTusUpload", name=name, size=len(content))["upload"]
        ask("sendBytes", content, upload=made, offset=0)
        return made, default_upload_manager().wait(made, AT_MOST)

    # When
    with storage_down(provider):  # before there is a session, so that it fails soon
        again, failed = upload("b.bin", CONTENT[::-1])
    _, staged = upload("a.bin", CONTENT)
    # Then
    assert (staged.state, failed.state) == ("staged", "failed")
    assert [artifact.id for artifact in page.widget.artifacts] == [staged.artifact]
    assert [error.code for error in page.widget.errors] == ["storage_unreachable"]
    # When
    ask("retryUpload", upload=again)
    default_upload_manager().wait(again, AT_MOST)
    # Then
    deadline = time.monotonic() + AT_MOST
    while len(page.widget.artifacts) < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [artifact.name for artifact in page.widget.artifacts] == ["a.bin", "b.bin"]
    assert page.widget.errors == []
    assert counts == [1, 2]
    # When
    made = ask("createTusUpload", name="c.bin", size=9)["upload"]
    page.widget.close()
    # Then
    assert default_upload_manager().upload(made).state == "cancelled"


def test_an_upload_of_another_kernel_is_unknown(page):
    other = default_upload_manager().stage(
        ConnectionTarget(page.widget._connection),
        lambda: FileSource.from_path(__file__),
        name="of the magic",
        size=1,
        origin="magic",
    )
    for upload in ("00000000000000000000000000", other.id):
        for verb in ("where", "cancel", "retry"):
            page.say(do=verb, upload=upload)
            assert page.hear("unknown")["upload"] == upload
    assert default_upload_manager().wait(other.id, 20).state == "staged"


def test_the_page_is_told_whose_login_is_used_and_what_is_staged(page, provider):
    page.say(do="hello")
    assert page.hear("artifacts")["items"] == []
    here = page.hear("here")
    assert here["problem"] is None
    assert here["backend"].startswith(provider.backend)


def test_without_a_login_the_page_and_a_drop_are_told_what_to_do(provider):
    # Given
    page = Page(Uploader(openeo.connect(provider.backend)))
    # When
    page.say(do="hello")
    here = page.hear("here")
    page.say(do="open", request="r", name="a.tif", size=3)
    # Then
    assert here["problem"]["code"] == "not_signed_in"
    assert "authenticate_oidc()" in page.hear("refused", request="r")["problem"]["todo"]
    page.widget.close()


def test_without_a_connection_the_panels_login_is_asked_for():
    page = Page(Uploader())
    page.say(do="hello")
    assert "openEO artifacts panel" in page.hear("here")["problem"]["todo"]
    page.widget.close()


def test_with_a_shell_its_only_connection_is_used(shell, connection):
    shell.user_ns["eu"] = connection
    page = Page(Uploader())
    page.stage("a.bin", CONTENT)
    assert page.widget.artifacts[0].sha256 == SHA256
    page.widget.close()


@pytest.mark.parametrize("name", ["../x", "a\nb", " ", "x" * 300, "\ud800.tif"])
def test_a_name_that_cannot_be_stored_is_refused(page, name):
    page.say(do="open", request="r", name=name, size=3)
    assert page.hear("refused", request="r")["problem"]["code"] == "name_invalid"


@pytest.mark.parametrize("name", ["<img src=x onerror=alert(1)>.tif", "a 'b' \"c\".tif", "🌍.zip"])
def test_names_are_data(page, name):
    page.stage(name, b"x")
    assert page.widget.artifacts[0].name == name


@pytest.mark.parametrize(
    "message",
    [
        {"do": "open", "request": "r"},
        {"do": "open", "request": "r", "name": 3, "size": 1},
        {"do": "open", "request": "r", "name": "a", "size": -1},
        {"do": "open", "request": "r", "name": "a", "size": True},
        {"do": "open", "request": "r", "name": "a" * 3_000, "size": 1},
        {"do": "link", "request": "r", "artifact": ["a"]},
        {"do": "chunk", "request": "r", "upload": "x", "offset": 0},
    ],
)
def test_a_message_of_another_form_is_refused(page, message):
    page.say(**message)
    assert page.hear("refused", request="r")["problem"]["code"] == "request_invalid"


def test_a_chunk_over_the_limit_is_refused(page):
    upload = page.open("a.bin", CHUNK_BYTES + 1)
    page.say(bytes(CHUNK_BYTES + 1), do="chunk", upload=upload, offset=0)
    assert page.hear("refused")["problem"]["code"] == "request_invalid"


@pytest.mark.parametrize("message", [None, [], "hello", {"do": "rm"}, {}])
def test_nonsense_is_passed_over(page, message):
    page.widget._handle_custom_msg(message, [])
    page.say(do="hello")
    page.hear("here")


def test_a_link_to_what_is_not_on_the_list_is_refused(page):
    page.say(do="link", request="r", artifact="0" * 26)
    assert page.hear("refused", request="r")["problem"]["code"] == "no_such_artifact"


def test_nothing_private_is_in_the_state_that_a_notebook_saves(page, connection):
    # Given
    page.stage("very-private-name.parquet", CONTENT)
    page.say(do="link", request="r2", artifact=page.widget.artifacts[0].id)
    link = page.hear("link")["url"]
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
    # and the one message with a link is the one that was asked for
    with_link = [message for message in page.everything() if "X-Amz" in json.dumps(message)]
    assert [message["is"] for message in with_link] == ["link"]


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
    page.say(do="hello")
    page.hear("here")
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
    items = page.hear("artifacts")["items"]
    assert [item["name"] for item in items] == ["other.bin"]
    assert "url" not in items[0]
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
    # When
    page.say(do="hello")
    # Then
    assert page.hear("artifacts")["items"] == []
    # When
    page.stage("mine.bin", b"mine")
    page.say(do="hello")
    page.hear("here")
    # Then
    heard = page.everything()
    lists = [message["items"] for message in heard if message["is"] == "artifacts"]
    assert [item["name"] for item in lists[-1]] == ["mine.bin"]
    assert staged_elsewhere.id not in json.dumps(heard)
    assert "elsewhere" not in json.dumps(heard)


def test_an_artifact_of_the_pages_own_is_listed_as_soon_as_it_is_staged(page):
    page.stage("mine.bin", b"mine")
    assert [item["name"] for item in page.hear("artifacts")["items"]] == ["mine.bin"]


def test_what_was_forgotten_elsewhere_goes_off_the_pages_list(page):
    # Given
    page.stage("mine.bin", b"mine")
    page.hear("artifacts")
    # When
    default_upload_manager().ledger.forget(page.widget.artifacts[0].id)
    page.say(do="hello")
    # Then
    assert page.hear("artifacts")["items"] == []


@pytest.mark.parametrize(
    "wish",
    [
        {"do": "link", "artifact": "{artifact}"},
        {"do": "link", "artifact": "{artifact}", "history": True},
        {"do": "cancel", "upload": "{upload}"},
        {"do": "retry", "upload": "{upload}"},
        {"do": "where", "upload": "{upload}"},
        {"do": "confirm", "upload": "{upload}", "unchanged": False},
        {"do": "chunk", "upload": "{upload}", "offset": 0},
        {"do": "forget", "artifact": "{artifact}"},
        {"do": "sign_out"},
        {"do": "delete", "artifact": "{artifact}"},
    ],
    ids=lambda wish: wish["do"],
)
def test_a_message_written_by_hand_gets_nothing_that_is_not_the_widgets_own(
    page, staged_elsewhere, connection, wish
):
    # Given a visitor who knows the ids of somebody's artifact, and of a file on its way
    other = Page(Uploader(connection))
    upload = other.open("on its way.bin", 10)
    names = {"artifact": staged_elsewhere.id, "upload": upload}
    known = {
        key: value.format(**names) if isinstance(value, str) else value
        for key, value in wish.items()
    }
    # When
    content = [b"x"] if wish["do"] == "chunk" else []
    page.say(*content, request="r", **known)
    page.say(do="hello")  # is answered after it, or at the same time
    page.hear("here")
    page.say(do="link", request="last", artifact="0" * 26)
    page.hear("refused", request="last")
    # Then nothing of either is told, and nothing has happened to them
    for message in page.everything():
        assert message["is"] in ("here", "artifacts", "unknown", "refused")
        assert "elsewhere" not in json.dumps(message)
        assert "X-Amz" not in json.dumps(message)
    assert other.chunk(upload, 0, b"0123456789") == 10
    other.hear("upload", upload=upload, state="staged")
    assert default_upload_manager().ledger.get(staged_elsewhere.id).name == "elsewhere.bin"
    assert fetched(staged_elsewhere.presigned_url())
    other.widget.close()


def test_what_is_not_the_pages_is_refused_as_what_is_not_there(page, staged_elsewhere):
    page.say(do="link", request="not mine", artifact=staged_elsewhere.id)
    mine = page.hear("refused", request="not mine")["problem"]
    page.say(do="link", request="nobody's", artifact="0" * 26)
    assert mine == page.hear("refused", request="nobody's")["problem"]


def test_with_history_the_page_lists_and_links_what_was_staged_elsewhere(
    connection, staged_elsewhere
):
    page = Page(Uploader(connection, history=True))
    page.say(do="hello")
    assert [item["name"] for item in page.hear("artifacts")["items"]] == ["elsewhere.bin"]
    page.say(do="link", request="r", artifact=staged_elsewhere.id)
    assert fetched(page.hear("link", request="r")["url"])
    page.widget.close()


def test_without_a_kernel_a_sentence_stands_in_its_place(page):
    data, _ = page.widget._repr_mimebundle_()
    assert "needs a running notebook" in data["text/plain"]
    assert data["text/html"].startswith("<p>")
    assert "application/vnd.jupyter.widget-view+json" in data


def test_the_watch_ends_by_itself_and_begins_again():
    # Given
    watch = Watch(
        default_upload_manager().ledger, lambda: None, lambda: False, interval=0.05, lease=0.2
    )
    # When / Then
    for _ in range(2):
        watch.attend()
        assert watch.running
        deadline = time.monotonic() + AT_MOST
        while watch.running and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not watch.running


def test_a_page_that_falls_silent_is_given_up(connection):
    # Given
    arrivals = Receiver(default_upload_manager())
    upload = arrivals.open(ConnectionTarget(connection), "a.bin", 100)
    arrivals.take(upload.id, 0, memoryview(b"abc"))
    assert arrivals.under_way
    # When
    arrivals.give_up_silent(patience=0.0)
    # Then
    ended = default_upload_manager().wait(upload.id, 20)
    assert (ended.state, ended.problem.code) == ("failed", "page_gone")
    assert not arrivals.under_way
