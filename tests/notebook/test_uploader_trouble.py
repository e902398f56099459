"""The widget where the machine or our folder is in trouble: its page is answered all the same."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.errors import RecordsUnusable
from jupyter_openeo_artifacts.notebook.default_manager import (
    default_service,
    default_upload_manager,
)
from jupyter_openeo_artifacts.service.changes import LedgerWatch
from jupyter_openeo_artifacts.service.service import Change
from jupyter_openeo_artifacts.state.ledger_index import LedgerState
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord
from tests.notebook.page import Page, Uploader

if TYPE_CHECKING:
    from collections.abc import Iterator

    import openeo


@pytest.fixture
def page(connection: openeo.Connection) -> Iterator[Page]:
    """Yield a page that may see all that was staged from this machine."""
    widget = Uploader(connection, history=True)
    yield Page(widget)
    widget.close()


def no_threads(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Let the system give no thread of that name, as its limits do."""
    start = threading.Thread.start

    def refuse(thread: threading.Thread) -> None:
        if thread.name.startswith(name):
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", refuse)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        pytest.param("createTusUpload", {"name": "a.bin", "size": 3}, id="a file"),
        pytest.param("signArtifact", {"artifact": "0" * 26}, id="a link"),
        pytest.param("hello", {}, id="a greeting"),
    ],
)
def test_what_there_is_no_thread_for_is_refused(
    page: Page, monkeypatch: pytest.MonkeyPatch, method: str, params: dict[str, Any]
) -> None:
    # Given
    no_threads(monkeypatch, "openeo-artifacts-line")
    # When / Then
    assert page.problem(method, params)["code"] == "machine_exhausted"


def test_a_message_after_the_end_does_no_harm(page: Page) -> None:
    # Given
    page.widget.close()
    # When
    page.say({"jsonrpc": "2.0", "id": "1", "method": "hello"})
    # Then
    assert page.everything() == []


def test_a_greeting_is_answered_where_the_list_cannot_be_read(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_HOME", "/dev/null/artifacts")
    # When
    hello, listed = page.request("hello"), page.request("listArtifacts")
    # Then
    assert page.answer(hello)["result"]["connection"] is not None
    assert page.answer(listed)["result"]["artifacts"] == []


def test_an_end_is_told_where_its_record_is_gone(
    page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: somebody takes it off the list at once
    def gone(_artifact: str) -> None:
        raise NoSuchRecord("gone")

    monkeypatch.setattr(default_upload_manager().ledger, "get", gone)
    # When / Then
    assert page.stage("a.bin", b"abc")["artifact"] is not None
    assert page.widget.errors == []


class Changing:
    """A ledger that has changed when it is asked the second time."""

    def __init__(self) -> None:
        self.version = 0

    def state(self) -> LedgerState:
        self.version = min(2, self.version + 1)
        return LedgerState(self.version, added=f"record {self.version}")


def test_a_change_that_could_not_be_told_is_told_at_the_next_look() -> None:
    # Given
    told, again = [], threading.Event()

    def tell(*change: str) -> None:
        told.append(change)
        if len(told) == 1:
            raise RecordsUnusable("The folder cannot be used.")
        again.set()

    watch = LedgerWatch(Changing(), tell, interval=0.01)  # type: ignore[arg-type]
    # When
    watch.attend()
    # Then
    assert again.wait(60)
    watch.close()
    assert told == [("record 2", "staged")] * 2


def test_the_watch_begins_with_the_first_thread_that_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    watch = LedgerWatch(Changing(), lambda *_: None, interval=0.01)  # type: ignore[arg-type]
    with monkeypatch.context() as patched:
        no_threads(patched, "openeo-artifacts-watch")
        watch.attend()
    assert not watch.running
    # When
    watch.attend()
    # Then
    assert watch.running
    watch.close()


def test_a_change_that_is_told_late_does_not_undo_a_later_one(page: Page) -> None:
    # Given: the thread of an earlier change is overtaken
    staged = page.stage("a.bin", b"abc")
    page.changes.clear()
    # When
    default_service().tell(Change("uploads", staged["id"], "uploading"))
    # Then
    told = page.told(resource="uploads", id=staged["id"])
    assert (told["state"], told["value"]) == ("staged", staged)
    assert [artifact.id for artifact in page.widget.artifacts] == [staged["artifact"]]


@pytest.mark.parametrize("trouble", [ValueError("secret"), OSError(5, "secret")], ids=repr)
def test_a_watch_goes_on_after_any_trouble_and_says_so_once(
    trouble: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    changed = threading.Event()
    states = [trouble, trouble, trouble, LedgerState(1, "one")]

    class Unsteady:
        def state(self) -> LedgerState:
            state = states.pop(0) if states else LedgerState(2, "two")
            if isinstance(state, Exception):
                raise state
            return state

    def busy() -> bool:
        raise trouble  # goes on all the same, and is told once as well

    ledger: Any = Unsteady()
    watch = LedgerWatch(ledger, lambda *_: changed.set(), busy, interval=0.001, lease=0)
    # When
    watch.attend()
    # Then
    try:
        assert changed.wait(60)
    finally:
        watch.close()
    again = f"and will be tried again: {type(trouble).__name__}"
    assert sorted(each.getMessage() for each in caplog.records) == [
        f"The ledger cannot be watched, {again}",
        f"Whether bytes are to come is not known, {again}",
    ]
    assert "secret" not in caplog.text
