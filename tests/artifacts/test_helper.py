"""The artifact helper on the real local provider."""

from __future__ import annotations

import hashlib
import logging
import secrets
import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import openeo
import pytest
import requests
from openeo.extra.artifacts._artifact_helper_abc import ArtifactHelperABC
from openeo.extra.artifacts._s3sts.config import S3STSConfig as UpstreamConfig
from openeo.extra.artifacts._s3sts.model import S3URI as UpstreamURI

from jupyter_openeo_artifacts import S3URI, S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactNotOwned,
)
from tests.limits import AT_MOST
from tests.servers.provider import (
    connected,
    other_backend,
    s3_client,
    sign_token,
    storage_down,
)

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetched(url: str) -> requests.Response:
    return requests.get(url, timeout=10)


def test_a_file_goes_up_and_comes_back(helper: S3STSArtifactHelper, file: Path) -> None:
    # When
    uri = helper.upload_file(file)
    url = helper.get_presigned_url(uri, 600)
    # Then
    answer = fetched(url)
    assert answer.status_code == 200
    assert sha256(answer.content) == sha256(file.read_bytes())
    assert answer.headers["Content-Type"] == "application/vnd.apache.parquet"
    assert isinstance(helper, ArtifactHelperABC)


def test_the_key_is_what_providers_write_policies_on(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # When
    uri = helper.upload_file(str(file), object_name="run 1/fields.parquet")
    # Then
    day = datetime.now(timezone.utc).strftime("%Y/%m/%d")
    subject = provider.users["alice"].subject
    prefix = hashlib.sha1(subject.encode()).hexdigest()
    assert uri.bucket == provider.bucket
    assert uri.key.startswith(f"{prefix}/{day}/")
    assert uri.key.endswith("/run 1/fields.parquet")


@pytest.mark.parametrize(
    "name",
    [
        "quote'\".zip",
        "emoji 😀.tif",
        "<img src=x onerror=alert(1)>.tif",
        "a#b?c=d%20+&;.tif",
        "e\u0301.tif",
        "~back\\slash.tif",
        "x" * 255,
    ],
)
def test_names_survive_the_whole_way(
    helper: S3STSArtifactHelper, tmp_path: Path, name: str
) -> None:
    # Given
    content = name.encode()
    (tmp_path / "file").write_bytes(content)
    # When
    uri = helper.upload_file(tmp_path / "file", name)
    # Then
    assert uri.key.endswith(f"/{name}")
    assert fetched(helper.sign(str(uri)).url).content == content


def test_an_empty_file_is_staged(helper: S3STSArtifactHelper, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    url = helper.sign(helper.upload_file(tmp_path / "empty.txt")).url
    assert (fetched(url).status_code, fetched(url).content) == (200, b"")


def test_nothing_is_overwritten(helper: S3STSArtifactHelper, file: Path) -> None:
    # Given
    first = helper.upload_file(file)
    old = file.read_bytes()
    url = helper.sign(first).url
    # When
    file.write_bytes(b"other content")
    second = helper.upload_file(file)
    # Then
    assert first != second
    assert fetched(url).content == old


def test_upstreams_uri_and_text_can_be_signed(helper: S3STSArtifactHelper, file: Path) -> None:
    uri = helper.upload_file(file)
    for spelling in (uri, UpstreamURI(uri.bucket, uri.key), str(uri)):
        assert fetched(helper.get_presigned_url(spelling, 60)).status_code == 200


def test_another_users_prefix_is_refused(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    bobs = s3_client(provider, "bob")
    theirs = f"{provider.users['bob'].prefix}/2026/01/01/x/secret.txt"
    bobs.put_object(Bucket=provider.bucket, Key=theirs, Body=b"bob's")
    # When / Then
    assert fetched(helper.get_presigned_url(S3URI(provider.bucket, theirs))).status_code == 403
    with pytest.raises(ArtifactNotOwned, match="another account"):
        helper.sign(S3URI(provider.bucket, theirs))
    mine = helper.upload_file(file)
    with pytest.raises(bobs.exceptions.ClientError, match="AccessDenied"):
        bobs.get_object(Bucket=mine.bucket, Key=mine.key)
    with pytest.raises(bobs.exceptions.ClientError, match="AccessDenied"):
        bobs.put_object(Bucket=mine.bucket, Key=mine.key, Body=b"spoiled")
    bobs.delete_object(Bucket=provider.bucket, Key=theirs)


@pytest.mark.parametrize("part", ["X-Amz-Signature", "X-Amz-Expires", "X-Amz-Date"])
def test_a_tampered_link_is_refused(helper: S3STSArtifactHelper, file: Path, part: str) -> None:
    # Given
    url = helper.sign(helper.upload_file(file), 60).url
    value = parse_qs(urlsplit(url).query)[part][0]
    other = value[:-1] + ("0" if value[-1] != "0" else "1")
    # When / Then
    assert fetched(url).status_code == 200
    assert fetched(url.replace(f"{part}={value}", f"{part}={other}")).status_code in (400, 403)


def test_a_link_tells_its_true_end(helper: S3STSArtifactHelper, file: Path) -> None:
    # Given
    uri = helper.upload_file(file)
    before = datetime.now(timezone.utc)
    # When
    hour, longest, week = helper.sign(uri, 3600), helper.sign(uri), helper.sign(uri, 604_800)
    # Then
    assert abs(hour.valid_until - before - timedelta(hours=1)) < timedelta(seconds=5)
    assert hour.valid_until == hour.requested_until == hour.latest_possible_end
    assert timedelta(hours=10) < longest.valid_until - before < timedelta(hours=12, seconds=5)
    assert week.valid_until == week.latest_possible_end < week.requested_until
    assert "X-Amz" not in repr(week)
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in week.url


def test_a_time_that_cannot_be_held_is_said_once(helper: S3STSArtifactHelper, file: Path) -> None:
    uri = helper.upload_file(file)
    with pytest.warns(UserWarning, match="works until") as warned:
        helper.get_presigned_url(uri, 604_800)
    assert [each.filename for each in warned] == [__file__]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        helper.get_presigned_url(uri, 600)


@pytest.mark.parametrize("seconds", [0, 0.5, -1])
def test_a_lifetime_is_positive(helper: S3STSArtifactHelper, seconds: int) -> None:
    with pytest.raises(ValueError, match="positive"):
        helper.sign("s3://b/k", seconds)


@pytest.mark.parametrize("seconds", [timedelta(minutes=1).total_seconds(), 60.9])
def test_a_lifetime_may_be_a_float(helper: S3STSArtifactHelper, file: Path, seconds: float) -> None:
    signed = helper.sign(helper.upload_file(file), seconds)
    assert fetched(signed.url).status_code == 200
    assert signed.valid_until - signed.signed_at == timedelta(minutes=1)


def test_many_threads_share_one_session(provider: LocalProvider, tmp_path: Path) -> None:
    # Given
    before = threading.active_count()
    connection = connected(provider)
    helper = build_artifact_helper(connection)
    sessions = set()
    for number in range(64):
        (tmp_path / str(number)).write_bytes(str(number).encode() * 1000)

    def stage(number: int) -> bytes:
        uri = helper.upload_file(tmp_path / str(number))
        signed = helper.sign(uri).url
        sessions.add(parse_qs(urlsplit(signed).query)["X-Amz-Credential"][0])
        return fetched(signed).content

    # When
    with ThreadPoolExecutor(16) as pool:
        contents = list(pool.map(stage, range(64)))
    # Then
    assert contents == [str(number).encode() * 1000 for number in range(64)]
    assert len(sessions) == 1
    assert threading.active_count() <= before + 4, "an upload leaves no thread behind"


@pytest.mark.parametrize("config", [S3STSConfig, UpstreamConfig])
def test_a_complete_config_works_where_nothing_is_advertised(
    provider: LocalProvider, file: Path, config: type
) -> None:
    with other_backend(provider, None) as address:
        # Given
        connection = openeo.connect(address)
        connection.authenticate_oidc_access_token(sign_token(provider))
        given = config(
            s3_endpoint=provider.s3,
            sts_endpoint=provider.sts,
            role=provider.role,
            bucket=provider.bucket,
        )
        # When
        helper = build_artifact_helper(connection, config=given)
        # Then
        assert fetched(helper.sign(helper.upload_file(file)).url).ok


def test_ambient_settings_have_no_say(
    provider: LocalProvider, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    config = tmp_path / "config"
    config.write_text("[default]\nregion = mars-1\ns3 =\n  addressing_style = virtual\n")
    for name, value in {
        "AWS_PROFILE": "nobody",
        "AWS_CONFIG_FILE": str(config),
        "AWS_ACCESS_KEY_ID": "AKIAWRONG",
        "AWS_SECRET_ACCESS_KEY": "wrong",
        "AWS_SESSION_TOKEN": "wrong",
        "AWS_DEFAULT_REGION": "mars-1",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
        "AWS_USE_DUALSTACK_ENDPOINT": "true",
        "AWS_MAX_ATTEMPTS": "9",
    }.items():
        monkeypatch.setenv(name, value)
    # When
    helper = build_artifact_helper(connected(provider))
    url = helper.sign(helper.upload_file(file)).url
    # Then
    assert fetched(url).content == file.read_bytes()


def test_no_secret_is_in_a_log_or_repr(
    provider: LocalProvider, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    connection = connected(provider)
    token = connection.auth.bearer.split("/", 2)[2]
    # When
    with caplog.at_level(logging.DEBUG):  # of the root logger
        helper = build_artifact_helper(connection)
        signed = helper.sign(helper.upload_file(file))
    session = helper.credentials.current()
    text = caplog.text + repr(helper) + repr(vars(helper)) + repr(session) + repr(signed)
    # Then
    for secret in (token, session.secret_key, session.token, signed.url.rpartition("=")[2]):
        assert secret not in text


def test_a_link_for_longer_than_there_are_dates_is_signed(helper: S3STSArtifactHelper) -> None:
    with pytest.warns(UserWarning, match="7 days"):
        signed = helper.sign("s3://artifacts/a/b", 10**15, check=False)
    assert signed.valid_until < signed.requested_until


def test_a_script_is_told_why_nothing_moves(
    provider: LocalProvider, file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    helper = build_artifact_helper(connected(provider, "alice"))
    helper.upload_file(file)
    file.write_bytes(secrets.token_bytes(2000))
    with ThreadPoolExecutor(1) as pool:
        # When
        with storage_down(provider):
            uploading = pool.submit(helper.upload_file, file)
            end = time.monotonic() + AT_MOST
            while "Tried again for up to two minutes." not in caplog.text:
                assert time.monotonic() < end
                time.sleep(0.05)
        uri = uploading.result(2 * AT_MOST)
    # Then
    assert caplog.messages[-1] == "Storage answers again; the upload goes on."
    assert fetched(helper.sign(uri).url).content == file.read_bytes()
