"""One session for all threads, renewed in time."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.artifacts.exceptions import NoUsableLogin, StorageLoginUnreachable
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled, MachineExhausted
from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from jupyter_openeo_artifacts.transfer.config import RetryPolicy
from jupyter_openeo_artifacts.transfer.retry import Retrier
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

HOUR = timedelta(hours=1)


class FakeSTS:
    """Hands out sessions, or raises."""

    def __init__(self, left: timedelta) -> None:
        self.left = left
        self.asked = 0
        self.error: OpenEOArtifactsError | None = None

    def obtain(self) -> Session:
        self.asked += 1
        if self.error is not None:
            raise self.error
        end = datetime.now(timezone.utc) + self.left
        return Session("key", "secret", "token", "alice", end - HOUR, end)


def test_a_session_outlives_a_silent_login_service() -> None:
    # Given: a session with a tenth of its life left
    sts_sessions = FakeSTS(left=HOUR / 10)
    credentials = Credentials(sts_sessions.obtain)
    session = credentials.current()
    sts_sessions.error = StorageLoginUnreachable("The login service does not answer.")
    # When / Then: it is used on, for requests and for links, and the service is left in peace
    assert [credentials.current() for _ in range(5)] == [session] * 5
    assert credentials.longest() == session
    assert credentials.longest() == session
    assert sts_sessions.asked == 2


class HeldSTS(FakeSTS):
    """One that does not answer before it is let."""

    def __init__(self, left: timedelta) -> None:
        super().__init__(left)
        self.asking = threading.Event()
        self.may_answer = threading.Event()

    def obtain(self) -> Session:
        if self.asked:
            self.asking.set()
            assert self.may_answer.wait(60)
        return super().obtain()


def test_a_silent_login_service_delays_nobody_in_the_last_fifth_of_a_session() -> None:
    # Given
    sts_sessions = HeldSTS(left=HOUR / 6)
    credentials = Credentials(sts_sessions.obtain)
    session = credentials.current()
    # When: it is asked, and says nothing
    with ThreadPoolExecutor(8) as pool:
        used = list(pool.map(lambda _: credentials.current(), range(32)))
    assert sts_sessions.asking.wait(60)
    # Then: all parts have gone on with what there was, before it has answered
    assert used == [session] * 32
    assert not sts_sessions.may_answer.is_set()
    # And: one answer serves all
    sts_sessions.left = HOUR
    sts_sessions.may_answer.set()
    renewed = credentials.longest()
    assert renewed is not session
    assert [credentials.current() for _ in range(5)] == [renewed] * 5
    assert sts_sessions.asked == 2


def test_all_wait_for_one_new_session_at_the_end_of_the_old_one() -> None:
    # Given
    sts_sessions = HeldSTS(left=HOUR / 100)
    credentials = Credentials(sts_sessions.obtain)
    first = credentials.current()
    sts_sessions.left = HOUR
    with ThreadPoolExecutor(8) as pool:
        # When
        used = [pool.submit(credentials.current) for _ in range(8)]
        assert sts_sessions.asking.wait(60)
        assert not any(each.done() for each in used)
        sts_sessions.may_answer.set()
        # Then
        sessions = {id(each.result(60)) for each in used}
    assert len(sessions) == 1
    assert id(first) not in sessions
    assert sts_sessions.asked == 2


def test_a_cancel_ends_the_wait_of_one_and_the_renewal_of_none() -> None:
    # Given
    sts_sessions = HeldSTS(left=HOUR / 100)
    credentials = Credentials(sts_sessions.obtain)
    credentials.current()
    sts_sessions.left = HOUR
    cancel = CancelToken()

    def upload() -> Session:
        with cancel.cover():
            return credentials.current()

    with ThreadPoolExecutor(2) as pool:
        cancelled, other = pool.submit(upload), pool.submit(credentials.current)
        assert sts_sessions.asking.wait(60)
        # When
        cancel.cancel()
        # Then
        with pytest.raises(Cancelled):
            cancelled.result(60)
        sts_sessions.may_answer.set()
        assert other.result(60) is credentials.current()
    assert sts_sessions.asked == 2


@pytest.mark.parametrize(
    ("left", "error"),
    [
        (timedelta(0), StorageLoginUnreachable("The login service does not answer.")),
        (HOUR / 100, NoUsableLogin("The login has ended.")),
    ],
    ids=["over", "refused"],
)
def test_what_a_session_cannot_outlive_is_said(
    left: timedelta, error: OpenEOArtifactsError
) -> None:
    # Given
    sts_sessions = FakeSTS(left)
    credentials = Credentials(sts_sessions.obtain)
    credentials.current()
    sts_sessions.error = error
    # When / Then
    with pytest.raises(type(error)):
        credentials.current()


def test_a_session_that_storage_refuses_is_not_used_on() -> None:
    # Given
    sts_sessions = FakeSTS(left=HOUR / 10)
    credentials = Credentials(sts_sessions.obtain)
    credentials.current()
    sts_sessions.error = StorageLoginUnreachable("The login service does not answer.")
    credentials.current()
    # When
    credentials.renew_expired()
    # Then
    with pytest.raises(StorageLoginUnreachable):
        credentials.current()


def test_threads_that_are_told_of_one_end_renew_it_once() -> None:
    # Given: uploads, each with its own retries, that all asked storage with one session
    sts_sessions = FakeSTS(left=HOUR)
    credentials = Credentials(sts_sessions.obtain)
    asked, renewed = threading.Barrier(16), threading.Lock()

    def upload(_: int) -> Session:
        credentials.current()
        asked.wait(AT_MOST)
        with renewed:  # one after the other is refused, and asks again
            credentials.renew_expired()
            return credentials.current()

    # When
    with ThreadPoolExecutor(16) as pool:
        sessions = list(pool.map(upload, range(16)))
    # Then
    assert sts_sessions.asked == 2
    assert {id(session) for session in sessions} == {id(credentials.current())}
    # And: the new one can end, too
    credentials.renew_expired()
    credentials.current()
    assert sts_sessions.asked == 3


def test_a_want_of_threads_is_no_end_of_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    # Given
    sts_sessions = FakeSTS(left=HOUR)
    credentials = Credentials(sts_sessions.obtain)

    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    # When / Then
    with monkeypatch.context() as patched:
        patched.setattr(threading.Thread, "start", start)
        with pytest.raises(MachineExhausted, match="limit of threads"):
            credentials.current()
    assert credentials.current().subject == "alice"


def login_page() -> ClientError:
    """Return what something between here and storage answers in its place."""
    told = {"HTTPStatusCode": 403, "HTTPHeaders": {"content-type": "text/html"}}
    return ClientError({"Error": {"Code": "403", "Message": ""}, "ResponseMetadata": told}, "Put")  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    "error",
    [
        NoUsableLogin("The backend no longer accepts this login."),
        StorageLoginUnreachable("The login service does not answer."),
    ],
    ids=["the login has ended", "the service is silent"],
)
def test_a_page_in_place_of_storage_costs_no_good_session(error: OpenEOArtifactsError) -> None:
    # Given: a request has worked, and no new session is to be had
    sts_sessions = FakeSTS(left=HOUR)
    credentials = Credentials(sts_sessions.obtain)
    pages = [login_page(), login_page()]
    used: list[Session] = []
    runs = Retrier(
        "host", RetryPolicy(), CancelToken(), credentials=credentials, jitter=lambda *_: 0.0
    )

    def attempt() -> str:
        used.append(credentials.current())
        if sts_sessions.error and pages:
            raise pages.pop()
        return "stored"

    runs.run("store the file", attempt)
    sts_sessions.error = error
    # When / Then: it is asked for once, and the one there was is used on
    assert runs.run("store the file", attempt) == "stored"
    assert sts_sessions.asked == 2
    assert len({id(each) for each in used}) == 1
    # When: storage itself says that it has ended
    credentials.renew_expired()
    # Then
    with pytest.raises(type(error)):
        credentials.current()


def test_a_doubted_session_is_replaced_where_that_can_be() -> None:
    # Given
    sts_sessions = FakeSTS(left=HOUR)
    credentials = Credentials(sts_sessions.obtain)
    renew_if_possible = credentials.current()
    # When
    credentials.renew_if_possible()
    # Then
    renewed = credentials.current()
    assert renewed is not renew_if_possible
    assert credentials.held() is renewed
