"""Presigned URLs that tell the truth about their end."""

from __future__ import annotations

import re
import time
import warnings
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts import S3URI, OpenEOArtifactsError, S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.artifacts.exceptions import StorageLoginUnreachable
from jupyter_openeo_artifacts.artifacts.presigned import LONGEST_SECONDS
from jupyter_openeo_artifacts.artifacts.sts import STSSessions
from jupyter_openeo_artifacts.demo import LocalProvider
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from tests.servers.provider import connected
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.s3.credentials import Session

SESSION = 6
TWELVE_HOURS = timedelta(hours=12)


@pytest.fixture(scope="module")
def brief() -> Iterator[LocalProvider]:
    """Yield a provider whose sessions last six seconds."""
    with LocalProvider(session_seconds=SESSION) as running:
        yield running


@pytest.fixture
def helper_with(provider: LocalProvider, line: Line) -> Callable[..., S3STSArtifactHelper]:
    """Build a helper that reaches the storage by a line of which the requests can be counted."""

    def build(**config: Any) -> S3STSArtifactHelper:
        given = S3STSConfig(s3_endpoint=line.endpoint, **config)
        return build_artifact_helper(connected(provider), given)

    return build


def status(url: str) -> int:
    return requests.get(url, timeout=10).status_code


def stored_at(provider: LocalProvider, uri: S3URI) -> datetime:
    answer = provider.storage.administrator().head_object(Bucket=uri.bucket, Key=uri.key)
    return answer["LastModified"].astimezone(timezone.utc)


def test_a_link_holds_until_its_certain_end_and_dies_with_its_session(
    brief: LocalProvider, file: Path
) -> None:
    # Given
    helper = build_artifact_helper(connected(brief))
    uri = helper.upload_file(file)
    # When
    signed = helper.sign(uri, 600)
    # Then
    left = signed.valid_until - datetime.now(timezone.utc)
    assert timedelta(seconds=SESSION - 3) < left <= timedelta(seconds=SESSION)
    while datetime.now(timezone.utc) < signed.valid_until - timedelta(seconds=0.5):
        assert status(signed.url) == 200
        time.sleep(0.2)
    while datetime.now(timezone.utc) < signed.valid_until + timedelta(seconds=2):
        time.sleep(0.2)
    assert status(signed.url) == 403
    assert status(helper.sign(uri, 600).url) == 200, "the next link has a new session"


def test_a_link_ends_with_its_lifetime_first(provider: LocalProvider, file: Path) -> None:
    # Given
    helper = build_artifact_helper(connected(provider), S3STSConfig(grace_seconds=3600))
    # When
    signed = helper.sign(helper.upload_file(file), 3)
    # Then
    assert signed.valid_until == signed.latest_possible_end == signed.requested_until
    assert signed.valid_until - signed.signed_at == timedelta(seconds=3)
    assert status(signed.url) == 200
    while datetime.now(timezone.utc) < signed.valid_until + timedelta(seconds=1):
        time.sleep(0.2)
    assert status(signed.url) == 403


def test_new_credentials_only_when_less_than_nine_tenths_are_left(
    provider: LocalProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: sessions of 1000 s, and a clock that we move
    passed, truly, asked = timedelta(0), ServerClock.now, []
    sts: list[Exception] = []

    def obtain(sessions: STSSessions) -> Session:
        asked.append(passed)
        if sts:
            raise sts[0]
        return granted(sessions)

    granted = STSSessions.obtain
    monkeypatch.setattr(STSSessions, "obtain", obtain)
    monkeypatch.setattr(ServerClock, "now", lambda clock: truly(clock) + passed)
    helper = build_artifact_helper(connected(provider), S3STSConfig(session_seconds=1000))

    def session() -> datetime:
        return helper.sign("s3://artifacts/a/b", check=False).valid_until

    first = session()
    # When / Then
    passed = timedelta(seconds=90)
    assert session() == first
    passed = timedelta(seconds=110)
    sts.append(StorageLoginUnreachable("The login service does not answer."))
    asked.clear()
    assert session() == first  # by what there is, where there is none
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("grace", "lifetime", "more"),
    [
        (None, LONGEST_SECONDS, 0),
        (3600, LONGEST_SECONDS, 3600),
        (3600, 43_200 + 1800, 1800),
        (30 * 86_400, LONGEST_SECONDS, LONGEST_SECONDS - 43_200),
    ],
    ids=["none", "the grace time", "the lifetime is shorter", "never beyond seven days"],
)
def test_what_grace_may_add(
    provider: LocalProvider, grace: int | None, lifetime: int, more: int
) -> None:
    # Given
    helper = build_artifact_helper(connected(provider), S3STSConfig(grace_seconds=grace))
    # When
    signed = helper.sign("s3://artifacts/a/b", lifetime, check=False)
    # Then
    added = signed.latest_possible_end - signed.valid_until
    assert abs(added - timedelta(seconds=more)) < timedelta(seconds=10)
    assert signed.latest_possible_end <= signed.requested_until


def test_retention_counts_from_when_the_object_was_stored(
    provider: LocalProvider,
    helper_with: Callable[..., S3STSArtifactHelper],
    line: Line,
    file: Path,
) -> None:
    # Given
    helper = helper_with(retention_seconds=3600, grace_seconds=86_400)
    uri = helper.upload_file(file)
    # When
    signed = [helper.sign(uri) for _ in range(5)]
    # Then
    end = stored_at(provider, uri) + timedelta(hours=1)
    for each in signed:
        assert each.valid_until == each.latest_possible_end == each.retained_until == end
    assert line.count(b"HEAD") == 5, "one a link"
    with pytest.warns(UserWarning, match="does not keep the file"):
        helper.get_presigned_url(uri, 7200)
    assert helper.sign(uri, 60).valid_until < end


def test_where_storage_does_not_say_the_day_in_the_key_counts(
    helper_with: Callable[..., S3STSArtifactHelper], line: Line, file: Path
) -> None:
    # Given
    helper = helper_with(retention_seconds=86_400)
    uri = helper.upload_file(file)
    answer = error_answer(403, "").partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    line.add(Fault("answer", b"HEAD", answer=answer))
    # When
    signed = helper.sign(uri, 60)
    # Then
    day = datetime.strptime(uri.key[41:51], "%Y/%m/%d").replace(tzinfo=timezone.utc)
    assert signed.retained_until == day + timedelta(days=1)
    assert helper.sign(uri, 60).retained_until > signed.retained_until, "it is asked again"


def test_a_key_without_a_day_has_no_known_retention(
    helper_with: Callable[..., S3STSArtifactHelper],
) -> None:
    helper = helper_with(retention_seconds=3600)
    for key in ("a/b", "a/2026/13/41/c"):
        assert helper.sign(S3URI("artifacts", key), 60, check=False).retained_until is None


def test_an_object_past_its_retention_is_not_certain_any_more(
    helper_with: Callable[..., S3STSArtifactHelper],
) -> None:
    uri = "s3://artifacts/x/2026/01/31/c"
    signed = helper_with(retention_seconds=86_400).sign(uri, 60, check=False)
    assert signed.valid_until == datetime(2026, 2, 1, tzinfo=timezone.utc)


def test_a_link_that_is_not_checked_asks_nothing(
    helper_with: Callable[..., S3STSArtifactHelper], line: Line
) -> None:
    helper = helper_with(retention_seconds=3600)
    assert not helper.sign("s3://artifacts/a/b", check=False).checked
    helper.get_presigned_url("s3://artifacts/a/b")
    assert line.requests == []


def test_more_than_can_be_signed_is_cut_and_said_once(provider: LocalProvider, file: Path) -> None:
    # Given
    helper = build_artifact_helper(connected(provider))
    uri = helper.upload_file(file)
    for sign in (helper.sign, helper.get_presigned_url):
        # When
        with pytest.warns(UserWarning, match="no link can be signed for more than 7 days") as told:
            made = sign(uri, LONGEST_SECONDS + 1)
        # Then
        assert len(told) == 1
        assert told[0].filename == __file__
        assert "X-Amz-Expires=604800&" in getattr(made, "url", made)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert helper.sign(uri, LONGEST_SECONDS).valid_until


def test_a_lifetime_that_cannot_be_had_is_said_plainly_where_it_was_asked_for(
    provider: LocalProvider, file: Path
) -> None:
    # Given
    helper = build_artifact_helper(connected(provider))
    uri = helper.upload_file(file)
    # When
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        link = helper.get_presigned_url(uri)
    with pytest.warns(UserWarning, match="works until") as told:
        helper.get_presigned_url(uri, LONGEST_SECONDS)
    # Then
    assert "X-Amz-Expires=604800&" in link
    (warning,) = told
    assert re.fullmatch(
        r"This link works until \d{4}-\d\d-\d\d \d\d:\d\d UTC at the latest\. You asked for longer,"
        r" but the provider's sessions last at most 12 hours\.",
        str(warning.message),
    )


@pytest.mark.parametrize("seconds", [0, -5, 0.5])
def test_no_time_at_all_is_an_error_of_ours_with_a_way_out(
    provider: LocalProvider, seconds: float
) -> None:
    helper = build_artifact_helper(connected(provider))
    for sign in (helper.sign, helper.get_presigned_url):
        with pytest.raises(OpenEOArtifactsError, match="positive number of seconds") as caught:
            sign("s3://artifacts/a/b", seconds)
        assert isinstance(caught.value, ValueError)
        assert caught.value.todo


def test_the_repr_tells_the_end_and_no_link(provider: LocalProvider, file: Path) -> None:
    helper = build_artifact_helper(connected(provider))
    shown = repr(helper.sign(helper.upload_file(file), 2 * 86_400))
    assert re.fullmatch(r"<PresignedURL valid until .{16} UTC \(you asked for 2 days\)>", shown)
