"""A wrong clock of this machine changes nothing."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import botocore.auth
import botocore.session
import pytest
import requests

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.s3 import server_clock as clock_module
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from tests.servers.provider import connected, s3_client

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

Wrong = timedelta
WRONG = [Wrong(minutes=20), Wrong(minutes=-20), Wrong(hours=1), Wrong(hours=-1)]


@pytest.fixture
def falsify(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Put this process's clock wrong, for botocore and for us."""

    def put(wrong: timedelta) -> None:
        monkeypatch.setattr(clock_module, "local_now", lambda: datetime.now(timezone.utc) + wrong)

        def current(remove_tzinfo: bool = True) -> datetime:  # noqa: FBT001, FBT002  its own
            now = datetime.now(timezone.utc) + wrong
            return now.replace(tzinfo=None) if remove_tzinfo else now

        monkeypatch.setattr(botocore.auth, "get_current_datetime", current)

    return put


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "a.bin"
    path.write_bytes(secrets.token_bytes(11 * 2**20))  # in two parts
    return path


def works(helper: S3STSArtifactHelper, file: Path, jumped: timedelta = timedelta(0)) -> None:
    """Upload, sign and read, and compare the link's dates with the true time.

    `jumped` is how far our clock has gone wrong since storage last told the time: the day in the
    key is made before it tells it again.
    """
    uri = helper.upload_file(file, reuse=False)
    signed = helper.sign(uri, 600)
    answer = requests.get(signed.url, timeout=10)
    assert (answer.status_code, answer.content) == (200, file.read_bytes())
    now = datetime.now(timezone.utc)
    assert abs(signed.valid_until - now - timedelta(seconds=600)) < timedelta(seconds=8)
    dated = parse_qs(urlsplit(signed.url).query)["X-Amz-Date"][0]
    assert abs(datetime.strptime(dated + "+0000", "%Y%m%dT%H%M%SZ%z") - now) < timedelta(seconds=8)
    session = helper.credentials.current()
    assert abs(session.life - timedelta(hours=12)) < timedelta(seconds=8)
    steps = (timedelta(0), -Wrong(minutes=1), jumped)
    assert uri.key[41:51] in {f"{now + step:%Y/%m/%d}" for step in steps}


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_wrong_clock_is_made_up_for(
    provider: LocalProvider, file: Path, falsify: Callable[[timedelta], None], wrong: timedelta
) -> None:
    # Given: storage would refuse what our clock dates
    others = s3_client(provider)
    falsify(wrong)
    with pytest.raises(others.exceptions.ClientError, match="RequestTimeTooSkewed"):
        others.list_objects_v2(Bucket=provider.bucket, Prefix=f"{provider.users['alice'].prefix}/")
    # When / Then
    works(build_artifact_helper(connected(provider)), file)


@pytest.mark.parametrize("wrong", WRONG, ids=str)
def test_a_clock_that_is_put_wrong_meanwhile(
    provider: LocalProvider, file: Path, falsify: Callable[[timedelta], None], wrong: timedelta
) -> None:
    # Given
    helper = build_artifact_helper(connected(provider))
    works(helper, file)
    # When / Then: the refusal itself tells the time
    falsify(wrong)
    works(helper, file, wrong)
    falsify(timedelta(0))
    works(helper, file, -wrong)


def test_other_clients_of_this_process_sign_as_ever(provider: LocalProvider) -> None:
    # Given
    before = dict(botocore.auth.AUTH_TYPE_MAPS)
    later = datetime.now(timezone.utc) + timedelta(minutes=30)
    helper = build_artifact_helper(connected(provider))
    # When: its storage tells that it is an hour later
    answer = {"headers": {"date": ago(hours=-1)}}
    helper.client.meta.events.emit("response-received.s3", response_dict=answer, context={})
    assert helper.sign("s3://b/k", 60, check=False).signed_at > later
    # Then
    prefix = f"{provider.users['alice'].prefix}/"
    s3_client(provider).list_objects_v2(Bucket=provider.bucket, Prefix=prefix)
    assert before == botocore.auth.AUTH_TYPE_MAPS


def heard(*dates: str | None, took: float = 0.0) -> timedelta:
    clock = ServerClock()
    for date in dates:
        clock.hear(date, took)
    return clock.offset


def ago(**time: float) -> str:
    return format_datetime(
        datetime.now(timezone.utc).replace(microsecond=0) - timedelta(**time), usegmt=True
    )


def test_what_is_below_the_resolution_of_a_date_is_ignored() -> None:
    assert heard(ago(seconds=1)) == timedelta(0)
    assert heard(ago(seconds=-1)) == timedelta(0)


def test_an_answer_that_took_long_may_have_been_dated_before() -> None:
    assert heard(ago(seconds=50), took=60) == timedelta(0)
    assert abs(heard(ago(seconds=600), took=60) + timedelta(seconds=570)) < timedelta(seconds=3)


def test_an_answer_that_agrees_changes_nothing_and_one_that_does_not_wins() -> None:
    known = heard(ago(hours=1))
    assert abs(known + timedelta(hours=1)) < timedelta(seconds=2)
    assert abs(heard(ago(hours=1), ago(hours=1)) - known) < timedelta(seconds=0.2)
    assert heard(ago(hours=1), ago()) == timedelta(0)


@pytest.mark.parametrize(
    "date",
    [
        None,
        "",
        "yesterday",
        "Mon, 99 Jan 2026 00:00:00 GMT",
        "Mon, 01 Jan 2020 99999999999999999999:00:00 GMT",
        "Fri, 31 Dec 9999 23:59:59 -1200",
        "Fri, 31 Dec 9999 23:59:59 GMT",  # nothing could be reckoned with it
    ],
)
def test_no_date_is_no_news(date: str | None) -> None:
    assert heard(date) == timedelta(0)


def test_what_a_cache_kept_is_no_news() -> None:
    # Given
    clock, client = ServerClock(), botocore.session.get_session().create_client("s3", "x")
    clock.listen(client)

    def tell(**headers: str) -> None:
        answer = {"headers": headers}
        client.meta.events.emit("response-received.s3", response_dict=answer, context={})

    # When / Then
    tell(date=ago(hours=1), age="3600")
    assert clock.offset == timedelta(0)
    tell(date=ago(hours=1))
    assert clock.offset
