"""A token that is heard at once, and once."""

from __future__ import annotations

import threading

import pytest

from jupyter_openeo_artifacts.concurrency import cancellation
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from tests.limits import AT_MOST


def test_a_token_is_cancelled_once_and_for_all() -> None:
    # Given
    token, heard = CancelToken(), []
    token.on_cancel(lambda: heard.append("first"))
    undo = token.on_cancel(lambda: heard.append("undone"))
    undo()
    undo()
    token.raise_if_cancelled()
    assert not token.cancelled
    # When
    token.cancel()
    token.cancel()
    token.on_cancel(lambda: heard.append("late"))
    # Then
    assert token.cancelled
    assert heard == ["first", "late"]
    with pytest.raises(Cancelled):
        token.raise_if_cancelled()


def test_a_wait_ends_with_the_cancel() -> None:
    # Given
    token = CancelToken()
    assert token.wait(0.01) is False
    # When
    threading.Timer(0.1, token.cancel).start()
    # Then
    assert token.wait(AT_MOST) is True


def test_a_cancel_wakes_all_that_wait() -> None:
    # Given
    token, woken = CancelToken(), []
    waiting = [
        threading.Thread(target=lambda: woken.append(token.wait(AT_MOST)), daemon=True)
        for _ in range(3)
    ]
    for each in waiting:
        each.start()
    # When
    token.cancel()
    for each in waiting:
        each.join(AT_MOST)
    # Then
    assert woken == [True, True, True]
    assert token.wait(AT_MOST) is True


def test_a_cancel_that_comes_as_a_wait_begins_is_not_missed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    token = CancelToken()

    class Late(threading.Event):
        def __init__(self) -> None:
            super().__init__()
            token.cancel()  # nobody is known to wait yet

        def wait(self, timeout: float | None = None) -> bool:
            raise AssertionError(f"it would sleep for {timeout} s")

    monkeypatch.setattr(cancellation.threading, "Event", Late)
    # When, then
    assert token.wait(AT_MOST) is True


def test_a_listener_that_fails_keeps_no_other_from_hearing() -> None:
    # Given
    token, heard = CancelToken(), []

    def fail() -> None:
        raise RuntimeError("can't start new thread")

    token.on_cancel(fail)
    token.on_cancel(lambda: heard.append(1))
    # When
    with pytest.raises(RuntimeError, match="new thread"):
        token.cancel()
    # Then
    assert heard == [1]
