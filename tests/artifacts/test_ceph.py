"""The artifact helper on Ceph: what another S3 and STS than SeaweedFS's make of it."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import requests
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNotOwned, LoginRefused
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.s3.exceptions import StorageDenied, StorageRefused
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from tests.servers.provider import assume_role, connected, sign_token, tokens
from tests.support.uploads import Observer

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from tests.servers.ceph import CephProvider

PART = TransferConfig().part_size


@pytest.fixture(scope="module")
def helper(ceph: CephProvider) -> S3STSArtifactHelper:
    return build_artifact_helper(connected(ceph), provider="alice")


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetched(url: str) -> requests.Response:
    return requests.get(url, timeout=10)


def left_below(ceph: CephProvider, prefix: str) -> list[str]:
    """Name objects and unfinished uploads below `prefix`, as the administrator sees them."""
    everything = ceph.administrator()
    objects = everything.list_objects_v2(Bucket=ceph.bucket, Prefix=prefix).get("Contents", [])
    uploads = everything.list_multipart_uploads(Bucket=ceph.bucket).get("Uploads", [])
    return [one["Key"] for one in [*objects, *uploads] if one["Key"].startswith(prefix)]


@pytest.mark.parametrize("size", [0, 1, 200_000, PART, 2 * PART + 1, 3 * PART - 777, 3 * PART])
def test_a_file_goes_up_and_comes_back(
    helper: S3STSArtifactHelper, tmp_path: Path, size: int
) -> None:
    # Given
    path = tmp_path / "field.tif"
    path.write_bytes(secrets.token_bytes(size))
    # When
    uri = helper.upload_file(path)
    answer = fetched(helper.get_presigned_url(uri, 600))
    # Then
    assert answer.status_code == 200
    assert sha256(answer.content) == sha256(path.read_bytes())
    assert answer.headers["Content-Type"] == "image/tiff"


@pytest.mark.parametrize(
    "name",
    [
        "emoji 😀.tif",
        "e\u0301 is not é.tif",
        "Äcker und Wälder/Grünland.gpkg",
        "a#b?c=d%20+&;.tif",
        "quote'\".zip",
        "~back\\slash.tif",
        "x" * 255,
    ],
)
def test_names_survive_the_whole_way(
    helper: S3STSArtifactHelper, ceph: CephProvider, tmp_path: Path, name: str
) -> None:
    # Given
    (tmp_path / "file").write_bytes(name.encode())
    # When
    uri = helper.upload_file(tmp_path / "file", name)
    # Then
    assert uri.key.endswith(f"/{name}")
    assert left_below(ceph, uri.key) == [uri.key]
    assert fetched(helper.sign(str(uri)).url).content == name.encode()


def test_the_prefix_is_that_of_the_subject_as_ceph_answers_it(
    helper: S3STSArtifactHelper, ceph: CephProvider, file: Path
) -> None:
    # Given: Ceph answers the token's subject as it is
    answer = assume_role(ceph, tokens(ceph)["access_token"])
    subject = answer["SubjectFromWebIdentityToken"]
    assert subject == ceph.users["alice"].subject
    # When
    uri = helper.upload_file(file)
    # Then
    day = datetime.now(timezone.utc).strftime("%Y/%m/%d")
    assert uri.key.startswith(f"{hashlib.sha1(subject.encode()).hexdigest()}/{day}/")
    assert uri.bucket == ceph.bucket


def test_another_users_role_is_refused(ceph: CephProvider) -> None:
    # When
    with pytest.raises(LoginRefused, match="does not let your account") as caught:
        build_artifact_helper(connected(ceph, "bob"), provider="alice")
    # Then
    assert caught.value.who == "provider"
    assert caught.value.todo
    assert caught.value.request_id
    build_artifact_helper(connected(ceph, "bob"), provider="bob")


def test_another_users_folder_is_refused(
    helper: S3STSArtifactHelper, ceph: CephProvider, file: Path
) -> None:
    # Given
    theirs = build_artifact_helper(connected(ceph, "bob"), provider="bob").upload_file(file)
    # When / Then: nothing is asked of Ceph, which would refuse the link
    with pytest.raises(ArtifactNotOwned):
        helper.sign(theirs)
    assert fetched(helper.sign(theirs, check=False).url).status_code == 403
    assert not helper.owns(theirs)


def test_a_shorter_session_is_taken_silently_where_no_longer_is_granted(
    ceph: CephProvider, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Given: a role of an hour at most, of which Ceph says InvalidArgument and no word more
    with pytest.raises(ClientError) as refused:
        assume_role(ceph, tokens(ceph)["access_token"], 43_201)
    assert refused.value.response["Code"] == "InvalidArgument"
    assert not refused.value.response["Message"]
    # When: half a day is asked for (warnings are errors)
    helper = build_artifact_helper(connected(ceph), provider="alice-hour")
    uri = helper.upload_file(file)
    caplog.clear()  # of what the look at the file said
    signed = helper.sign(uri)
    # Then
    left = signed.valid_until - datetime.now(timezone.utc)
    assert timedelta(minutes=50) < left <= timedelta(hours=1)
    assert signed.valid_until == signed.requested_until
    assert fetched(signed.url).status_code == 200
    assert not caplog.records


def test_a_role_of_half_a_day_gives_half_a_day(helper: S3STSArtifactHelper, file: Path) -> None:
    left = helper.sign(helper.upload_file(file)).valid_until - datetime.now(timezone.utc)
    assert timedelta(hours=10) < left <= timedelta(hours=12)


def test_the_name_of_a_session_is_one_that_ceph_takes(ceph: CephProvider) -> None:
    # Given: upstream's has a colon, and Ceph minds
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    sts = boto3.client(
        "sts",
        endpoint_url=ceph.sts,
        region_name=ceph.region,
        config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
    )
    asked = {"RoleArn": ceph.role, "WebIdentityToken": sign_token(ceph), "DurationSeconds": 900}
    with pytest.raises(ClientError, match="AssumeRoleWithWebIdentity"):
        sts.assume_role_with_web_identity(**asked, RoleSessionName="helper-2026-01-01T00:00:00Z")
    # When / Then
    build_artifact_helper(connected(ceph), provider="alice")


@pytest.fixture
def brief(ceph: CephProvider) -> S3STSArtifactHelper:
    """A helper whose sessions last 4 s."""
    return build_artifact_helper(connected(ceph), S3STSConfig(session_seconds=4), provider="alice")


def test_a_link_dies_with_its_session_and_says_so(brief: S3STSArtifactHelper, file: Path) -> None:
    # Given
    uri = brief.upload_file(file)
    # When
    signed = brief.sign(uri, 600)
    # Then
    assert fetched(signed.url).status_code == 200
    left = (signed.valid_until - datetime.now(timezone.utc)).total_seconds()
    assert 0 < left <= 4
    assert (signed.requested_until - signed.valid_until).total_seconds() > 500
    time.sleep(left + 1)
    assert fetched(signed.url).status_code == 403
    assert fetched(brief.sign(uri, 600).url).status_code == 200


def arriving(spool: Spool, content: bytes, seconds: float) -> threading.Thread:
    """Hand over a part at once and the rest after a while, as a browser would."""

    def arrive() -> None:
        spool.append(content[:PART])
        time.sleep(seconds)
        spool.append(content[PART:])

    thread = threading.Thread(target=arrive)
    thread.start()
    return thread


@pytest.mark.parametrize("known", [True, False], ids=["known to end", "ended early"])
def test_a_session_that_ends_in_the_middle_of_an_upload_is_renewed(
    brief: S3STSArtifactHelper, tmp_path: Path, *, known: bool
) -> None:
    # Given: a file that takes longer to arrive than a session lasts
    content = secrets.token_bytes(3 * PART + 5)
    spool = Spool(tmp_path / "spool", len(content))
    answers = []
    brief.client.meta.events.register(
        "after-call.s3", lambda http_response, **_: answers.append(http_response.status_code)
    )
    session = brief.credentials.current()
    if not known:  # a session that its STS said to last
        later = session.expires_at + timedelta(hours=1)
        object.__setattr__(session, "expires_at", later)
    # When
    arrival = arriving(spool, content, 5.5)
    stored = brief.upload(SpoolSource(spool), "field.tif")
    arrival.join()
    # Then: Ceph says AccessDenied of what has expired
    assert (403 in answers) is not known
    assert brief.credentials.current() is not session
    assert stored.sha256 == sha256(content)
    assert sha256(fetched(brief.sign(stored.uri, 60).url).content) == sha256(content)
    spool.remove()


def test_a_cancel_leaves_nothing(
    helper: S3STSArtifactHelper, ceph: CephProvider, tmp_path: Path
) -> None:
    # Given: an upload of which one part is stored, and that waits for more
    content = secrets.token_bytes(PART)
    spool = Spool(tmp_path / "spool", 3 * PART)
    spool.append(content)
    cancel, name = CancelToken(), f"{secrets.token_hex(8)}.tif"
    seen = []

    def stop(stored: int) -> None:
        seen.extend(key for key in left_below(ceph, "") if key.endswith(name))
        cancel.cancel()

    # When
    with pytest.raises(Cancelled) as caught:
        helper.upload(SpoolSource(spool), name, observer=Observer(stop), cancel=cancel)
    # Then
    assert len(seen) == 1, "the unfinished upload was there"
    assert caught.value.settled
    assert not [key for key in left_below(ceph, "") if key.endswith(name)]
    spool.remove()


def test_errors_without_a_message_are_still_said(
    helper: S3STSArtifactHelper, ceph: CephProvider, file: Path
) -> None:
    # Given: Ceph's errors have a code, and no words
    elsewhere = build_artifact_helper(
        connected(ceph), S3STSConfig(bucket="elsewhere"), provider="alice"
    )
    # When / Then
    with pytest.raises(StorageRefused, match="NoSuchBucket") as absent:
        elsewhere.upload_file(file)
    with pytest.raises(StorageDenied, match="AccessDenied") as denied:
        denied_helper(ceph).upload_file(file)
    for error in (absent.value, denied.value):
        assert "None" not in str(error)
        assert error.who == "provider"
        assert error.todo
        assert error.request_id


def denied_helper(ceph: CephProvider) -> S3STSArtifactHelper:
    """Return a helper that takes itself for somebody else, so that it writes where it may not."""
    helper = build_artifact_helper(connected(ceph), provider="alice")
    session = helper.credentials.current()
    object.__setattr__(session, "subject", ceph.users["bob"].subject)
    return helper
