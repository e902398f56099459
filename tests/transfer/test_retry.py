"""Asking again, on a clock that nobody has to wait for."""

from __future__ import annotations

import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore import exceptions as boto
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled, OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.exceptions import (
    AnswerUnreadable,
    ClockWrong,
    ContentMismatch,
    CredentialsExpired,
    StorageBusy,
    StorageDenied,
    StorageRefused,
    StorageUnreachable,
    StorageUntrusted,
)
from jupyter_openeo_artifacts.transfer.config import RetryPolicy
from jupyter_openeo_artifacts.transfer.retry import FEW, Retrier
from tests.limits import AT_MOST
from tests.support.uploads import Renewing

LONGEST_DELAY = RetryPolicy().longest_delay

NO_DATES = (
    "Mon, 01 Jan 2020 99999999999999999999:00:00 GMT",
    "Mon, 01 Jan 2020 00:00:00 +99999999999999999999",
    "Mon, 01 Jan 2020 00:00:00 +2500",
    "Mon, 01 Jan 99999999999 00:00:00 GMT",
    "Mon, " + "9" * 5000 + " Jan 2020 00:00:00 GMT",
)
"""What has the form of a date, and is none that Python has."""

SECRET = "X-Amz-Signature=c0ffee"


class Clock(CancelToken):
    """Time passes by waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1000.0
        self.waits: list[float] = []

    def wait(self, seconds: float | None) -> bool:
        self.waits.append(seconds)
        self.now += seconds
        return self.cancelled


@pytest.fixture
def clock() -> Clock:
    return Clock()


def retrier(clock: Clock, refresh=None, patience: float = 120.0) -> Retrier:
    return Retrier(
        "s3.example.org",
        RetryPolicy(patience=patience),
        clock,
        credentials=None if refresh is None else Renewing(refresh),
        clock=lambda: clock.now,
        jitter=random.Random(1).uniform,
    )


def answer(code: str, status: int = 400, **headers: str) -> ClientError:
    meta = {"HTTPStatusCode": status, "HTTPHeaders": headers, "RequestId": "REQ1"}
    return ClientError(
        {"Error": {"Code": code, "Message": SECRET}, "ResponseMetadata": meta}, "UploadPart"
    )


def offline() -> Exception:
    return boto.EndpointConnectionError(endpoint_url=f"https://s3.example.org/key?{SECRET}")


class Script:
    """Raises one error after the other, then returns."""

    def __init__(self, *errors: Exception) -> None:
        self.left = list(errors)
        self.calls = 0

    def __call__(self) -> str:
        self.calls += 1
        if self.left:
            raise self.left.pop(0)
        return "done"


def test_an_outage_of_100_s_is_waited_out(clock) -> None:
    # Given
    def attempt() -> str:
        if clock.now < 1100:
            raise offline()
        return "done"

    # When / Then
    assert retrier(clock).run("store the file", attempt) == "done"
    assert 1100 <= clock.now <= 1100 + LONGEST_DELAY
    assert max(clock.waits) <= LONGEST_DELAY
    assert len(set(clock.waits)) == len(clock.waits)  # jitter


def test_patience_ends_in_time_and_says_no_secret(clock) -> None:
    with pytest.raises(StorageUnreachable) as caught:
        retrier(clock).run("store the file", Script(*[offline()] * 1000))
    assert 1119 <= clock.now <= 1121
    assert "s3.example.org" in str(caught.value)
    assert SECRET not in str(caught.value)
    assert "Could not store the file" in str(caught.value)


def test_progress_renews_patience(clock) -> None:
    # Given
    runs = retrier(clock)
    for _ in range(3):
        until = clock.now + 100

        def attempt(until: float = until) -> str:
            if clock.now < until:
                raise offline()
            return "done"

        # When / Then
        assert runs.run("store the file", attempt) == "done"
    assert clock.now > 1300


def test_a_long_wait_for_bytes_costs_no_patience(clock) -> None:
    runs = retrier(clock)
    assert runs.run("store the file", Script()) == "done"
    clock.now += 10_000
    assert runs.run("store the file", Script(offline(), offline())) == "done"


def test_time_spent_in_a_request_that_hangs_counts(clock) -> None:
    # Given
    def attempt() -> None:
        clock.now += 60
        raise boto.ReadTimeoutError(endpoint_url="https://s3.example.org")

    # When
    with pytest.raises(StorageUnreachable):
        retrier(clock).run("store the file", attempt)
    # Then
    assert clock.now <= 1000 + 3 * 60 + LONGEST_DELAY


TRANSIENT = [
    offline(),
    boto.ConnectionClosedError(endpoint_url="https://x"),
    boto.ReadTimeoutError(endpoint_url="https://x"),
    boto.ConnectTimeoutError(endpoint_url="https://x"),
    boto.SSLError(endpoint_url="https://x", error="EOF occurred in violation of protocol"),
    boto.HTTPClientError(error=ConnectionResetError()),
    ConnectionResetError(),
    TimeoutError(),
    answer("InternalError", 500),
    answer("SlowDown", 503),
    answer("503", 503),
    answer("502", 502),
    answer("429", 429),
    answer("", 500),
    answer("RequestTimeout", 400),
    answer("BadDigest", 400),
    answer("XAmzContentSHA256Mismatch", 400),
    answer("RequestTimeTooSkewed", 403),
    ContentMismatch("other bytes"),
    StorageBusy("busy"),
]


@pytest.mark.parametrize("error", TRANSIENT, ids=repr)
def test_what_may_pass_is_tried_again(clock, error) -> None:
    script = Script(error, error)
    assert retrier(clock).run("store the file", script) == "done"
    assert script.calls == 3


FINAL = [
    (answer("AccessDenied", 403), StorageDenied),
    (answer("403", 403), StorageDenied),
    (answer("NoSuchBucket", 404), OpenEOArtifactsError),
    (answer("EntityTooLarge", 400), OpenEOArtifactsError),
    (answer("NotImplemented", 501), OpenEOArtifactsError),
    (answer("ExpiredToken", 400), CredentialsExpired),
    (answer("InvalidAccessKeyId", 403), CredentialsExpired),
    (boto.NoCredentialsError(), CredentialsExpired),
    (
        boto.SSLError(endpoint_url="https://x", error="[SSL: CERTIFICATE_VERIFY_FAILED]"),
        StorageUntrusted,
    ),
    (TypeError("a bug"), TypeError),
    (boto.HTTPClientError(error=TypeError("a bug")), boto.HTTPClientError),
]


@pytest.mark.parametrize(("error", "expected"), FINAL, ids=repr)
def test_what_will_not_pass_is_said_at_once(clock, error, expected) -> None:
    script = Script(error, error)
    with pytest.raises(expected) as caught:
        retrier(clock).run("store the file", script)
    assert script.calls == 1
    assert clock.waits == []
    assert SECRET not in str(caught.value) or not isinstance(caught.value, OpenEOArtifactsError)


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (answer("BadDigest", 400), ContentMismatch),
        (answer("RequestTimeTooSkewed", 403), ClockWrong),
        (ContentMismatch("other bytes"), ContentMismatch),
    ],
    ids=repr,
)
def test_what_is_not_likely_to_pass_is_tried_a_few_times(clock, error, expected) -> None:
    script = Script(*[error] * 100)
    with pytest.raises(expected):
        retrier(clock).run("store the file", script)
    assert script.calls == FEW + 1
    assert clock.now < 1010


@pytest.mark.parametrize(
    "header", ["30", "Wed, 21 Oct 2015 07:28:00 GMT", "nonsense", "²", *NO_DATES]
)
def test_retry_after(clock, header) -> None:
    busy = answer("SlowDown", 503, **{"retry-after": header})
    assert retrier(clock).run("store the file", Script(busy)) == "done"
    assert clock.waits[0] == (30 if header == "30" else pytest.approx(0, abs=0.25))


@pytest.mark.parametrize("date", NO_DATES)
def test_a_date_that_is_none_is_no_error(clock, date) -> None:
    busy = answer("SlowDown", 503, date=date)
    assert retrier(clock).run("store the file", Script(busy)) == "done"


def test_an_error_that_we_cannot_read_passes(clock) -> None:
    # Given: what botocore has made of an answer is not what we know
    odd = ClientError({"ResponseMetadata": {"HTTPStatusCode": "of another version"}}, "UploadPart")
    assert retrier(clock).run("store the file", Script(odd)) == "done"
    # When
    with pytest.raises(AnswerUnreadable) as caught:
        retrier(clock).run("store the file", Script(*[odd] * 1000))
    # Then: and the upload is kept
    assert caught.value.who == "wait"


def test_a_storage_that_asks_for_no_wait_is_not_hammered(clock) -> None:
    # Given
    script = Script(*[answer("SlowDown", 503, **{"retry-after": "0"})] * 1000)
    # When
    with pytest.raises(StorageBusy):
        retrier(clock, patience=20.0).run("store the file", script)
    # Then
    assert script.calls < 40


def test_a_cancel_ends_the_wait_and_hides_what_broke(clock) -> None:
    # Given
    def attempt() -> None:
        clock.cancel()
        raise offline()

    # When / Then
    with pytest.raises(Cancelled):
        retrier(clock).run("store the file", attempt)


# Credentials


def test_expired_credentials_are_renewed_once(clock) -> None:
    # Given
    renewed: list[int] = []
    runs = retrier(clock, refresh=lambda: renewed.append(1))
    # When / Then
    assert runs.run("store the file", Script(answer("ExpiredToken"))) == "done"
    assert renewed == [1]
    assert runs.run("store the file", Script(answer("ExpiredToken"))) == "done"
    assert renewed == [1, 1]


def test_credentials_refused_right_after_they_were_renewed_are_an_error(clock) -> None:
    # Given
    renewed: list[int] = []
    runs = retrier(clock, refresh=lambda: renewed.append(1))
    # When
    with pytest.raises(CredentialsExpired) as caught:
        runs.run("store the file", Script(*[answer("ExpiredToken")] * 9))
    # Then
    assert renewed == [1]
    assert caught.value.who == "you"


def test_all_parts_share_one_renewal(clock) -> None:
    # Given: four requests that find out at the same time
    renewed: list[int] = []
    runs = retrier(clock, refresh=lambda: renewed.append(1))
    together = threading.Barrier(4)

    def part() -> str:
        script = Script(answer("ExpiredToken"))

        def attempt() -> str:
            if script.left:
                together.wait(AT_MOST)
            return script()

        return runs.run("store the file", attempt)

    # When
    with ThreadPoolExecutor(4) as pool:
        results = [pool.submit(part) for _ in range(4)]
    # Then
    assert [each.result() for each in results] == ["done"] * 4
    assert renewed == [1]


def test_a_denial_in_the_middle_may_be_an_expiry(clock) -> None:
    # Given: Ceph says AccessDenied of an expired session
    renewed: list[int] = []
    runs = retrier(clock, refresh=lambda: renewed.append(1))
    # When / Then
    with pytest.raises(StorageDenied):
        runs.run("begin", Script(answer("AccessDenied", 403)))
    assert renewed == []
    assert runs.run("begin", Script()) == "done"
    assert runs.run("store the file", Script(answer("AccessDenied", 403))) == "done"
    assert renewed == [1]
    with pytest.raises(StorageDenied):
        runs.run("store the file", Script(*[answer("AccessDenied", 403)] * 9))
    assert renewed == [1, 1]


def test_a_denial_under_credentials_that_another_part_has_renewed_is_no_denial(clock) -> None:
    # Given: Ceph says AccessDenied of an expired session, to two parts that are on their way
    renewed: list[int] = []
    runs = retrier(clock, refresh=lambda: renewed.append(1))
    runs.run("begin", Script())

    def attempt() -> str:
        if not renewed:  # the other part renews, and has not come through with the new ones yet
            other = Script(answer("AccessDenied", 403), answer("NoSuchBucket", 404))
            with pytest.raises(StorageRefused):
                runs.run("store the other part", other)
            raise answer("AccessDenied", 403)
        return "done"

    # When / Then
    assert runs.run("store the file", attempt) == "done"
    assert renewed == [1]


class Down(OpenEOArtifactsError):
    who = "wait"


class SignedOut(OpenEOArtifactsError):
    who = "you"


def test_a_renewal_that_cannot_be_reached_is_tried_again(clock) -> None:
    # Given
    refresh = Script(Down("The backend is down."), Down("The backend is down."))
    # When / Then
    runs = retrier(clock, refresh=refresh)
    assert runs.run("store the file", Script(answer("ExpiredToken"))) == "done"
    assert refresh.calls == 3


def test_a_renewal_that_needs_a_person_is_said_at_once(clock) -> None:
    refresh = Script(SignedOut("You are signed out."))
    with pytest.raises(SignedOut):
        retrier(clock, refresh=refresh).run("store the file", Script(answer("ExpiredToken")))
    assert clock.waits == []


def test_an_error_of_ours_inside_a_request_is_ours(clock) -> None:
    # botocore wraps what the credentials' provider or our body raises
    wrapped = boto.HTTPClientError(error=SignedOut("You are signed out."))
    with pytest.raises(SignedOut):
        retrier(clock).run("store the file", Script(wrapped))
