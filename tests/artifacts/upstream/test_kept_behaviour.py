"""What upstream's helper does and ours does too: both on one real storage, in one run."""

from __future__ import annotations

import dataclasses
import hashlib
import re
import secrets
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from openeo.extra.artifacts._artifact_helper_abc import ArtifactHelperABC

from tests.artifacts.upstream.sides import (
    OURS,
    SIDES,
    Ground,
    Side,
    both,
    fetched,
    sha256,
    with_configs,
)

if TYPE_CHECKING:
    from pathlib import Path

TRACE = "1f0ff7d0-6c0a-4d4e-8a0f-2f7f1f6a1b11"
CHECKSUMS = {"x-amz-checksum-crc32", "x-amz-trailer", "x-amz-sdk-checksum-algorithm"}
# A default link may be cut to its session, which ours warns of: test_changed_links.py.


@pytest.mark.parametrize("kind", [str, lambda path: path], ids=["str", "Path"])
def test_a_file_goes_up_by_path_or_text_and_comes_back(
    helper: Any, ground: Ground, file: Path, kind: Any
) -> None:
    # When
    uri = helper.upload_file(kind(file))
    answer = fetched(helper.get_presigned_url(uri, 600))
    # Then
    assert uri.bucket == ground.provider.bucket
    assert uri.key.endswith("/fields 2026.parquet")
    assert answer.status_code == 200
    assert sha256(answer.content) == sha256(file.read_bytes())


def test_a_relative_path_starts_where_the_program_runs(
    helper: Any, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(file.parent)
    uri = helper.upload_file(file.name)
    assert fetched(helper.get_presigned_url(uri, 60)).content == file.read_bytes()


@pytest.mark.parametrize("name", ["other.bin", "run 1/é + %20#?&.tif"])
def test_an_object_name_takes_the_place_of_the_files(helper: Any, file: Path, name: str) -> None:
    # When
    uri = helper.upload_file(file, name)
    named = helper.upload_file(path=file, object_name=name)
    # Then
    assert uri.key.endswith(f"/{name}")
    assert named.key.endswith(f"/{name}")
    assert fetched(helper.get_presigned_url(uri, 60)).content == file.read_bytes()


def test_the_key_is_what_providers_write_policies_on(
    helper: Any, ground: Ground, file: Path
) -> None:
    subject = ground.provider.users["alice"].subject  # as this STS answers it
    prefix = hashlib.sha1(subject.encode()).hexdigest()
    before = datetime.now(timezone.utc)
    key = helper.upload_file(file).key
    days = {one.strftime("%Y/%m/%d") for one in (before, datetime.now(timezone.utc))}
    assert any(re.fullmatch(rf"{prefix}/{day}/(.+/)?{re.escape(file.name)}", key) for day in days)


def test_an_empty_file_and_a_link_to_one_are_files(helper: Any, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "link").symlink_to(tmp_path / "empty")
    for name in ("empty", "link"):
        uri = helper.upload_file(tmp_path / name)
        assert uri.key.endswith(f"/{name}")
        answer = fetched(helper.get_presigned_url(uri, 60))
        assert (answer.status_code, answer.content) == (200, b"")


def test_what_is_no_file_raises_the_built_in_errors(helper: Any, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        helper.upload_file(tmp_path / "gone.txt")
    with pytest.raises(IsADirectoryError):
        helper.upload_file(tmp_path)


def test_it_is_an_artifact_helper(helper: Any) -> None:
    assert isinstance(helper, ArtifactHelperABC)


def test_a_link_is_a_text_for_seven_days_or_as_asked(helper: Any, ground: Ground) -> None:
    # Given
    uri = OURS.uri(ground.provider.bucket, "a/b")
    # When
    links = [
        helper.get_presigned_url(uri),
        helper.get_presigned_url(storage_uri=uri, expires_in_seconds=90),
    ]
    # Then
    asked = [parse_qs(urlsplit(link).query)["X-Amz-Expires"] for link in links]
    assert asked == [["604800"], ["90"]]
    assert {type(link) for link in links} == {str}
    assert all(link.startswith(f"{ground.provider.s3}/{uri.bucket}/a/b?") for link in links)


def test_a_link_reads_ranges(helper: Any, file: Path) -> None:
    link = helper.get_presigned_url(helper.upload_file(file), 60)
    answer = fetched(link, Range="bytes=10-19")
    assert (answer.status_code, answer.content) == (206, file.read_bytes()[10:20])


def test_many_threads_may_use_one_helper(helper: Any, tmp_path: Path) -> None:
    # Given
    contents = [secrets.token_bytes(1000) for _ in range(16)]
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
    # When
    with ThreadPoolExecutor(8) as pool:
        uris = list(pool.map(lambda number: helper.upload_file(tmp_path / str(number)), range(16)))
    # Then
    assert [fetched(helper.get_presigned_url(uri, 60)).content for uri in uris] == contents


@both
def test_head_as_get_is_inside_the_signature(ground: Ground, side: Side, file: Path) -> None:
    # Given
    entry = ground.entry(feature_flags={"X-Proxy-Head-As-Get": True})
    with ground.backend(entry) as address:
        helper = side.build(ground.connect(address))
    # When
    link = helper.get_presigned_url(helper.upload_file(file), 60)
    # Then
    assert parse_qs(urlsplit(link).query)["X-Proxy-Head-As-Get"][0].lower() == "true"
    assert fetched(link).content == file.read_bytes()
    assert fetched(re.sub("X-Proxy-Head-As-Get=[Tt]rue&?", "", link)).status_code == 403


@both
@pytest.mark.parametrize("trailers", [False, True])
def test_checksums_are_sent_where_the_storage_takes_them(
    ground: Ground, side: Side, file: Path, puts: list[dict[str, str]], *, trailers: bool
) -> None:
    # Given
    entry = ground.entry(feature_flags={"checksum-via-trailers": trailers})
    with ground.backend(entry) as address:
        helper = side.build(ground.connect(address))
    # When
    uri = helper.upload_file(file)
    # Then: as headers here, for trailers are sent over TLS only
    assert len(puts) == 1
    assert bool(CHECKSUMS & set(puts[0])) is trailers
    assert fetched(helper.get_presigned_url(uri, 60)).content == file.read_bytes()


@both
def test_a_trace_id_is_sent_as_request_id(
    ground: Ground, side: Side, file: Path, puts: list[dict[str, str]]
) -> None:
    with ground.backend(ground.entry()) as address:
        for config in (side.config(trace_id=TRACE), side.config()):
            file.write_text(repr(config.trace_id))  # the same bytes again would not be sent
            helper = side.build(ground.connect(address), config)
            link = helper.get_presigned_url(helper.upload_file(file), 60)
            wanted = TRACE if config.trace_id == TRACE else None
            assert parse_qs(urlsplit(link).query).get("X-Request-ID", [None]) == [wanted]
    assert [put.get("x-request-id") for put in puts] == [TRACE, None]


@pytest.mark.parametrize("artifacts", [None, {"providers": []}])
@with_configs
def test_a_complete_config_works_where_nothing_is_advertised(
    ground: Ground, side: Side, config: Any, artifacts: Any, file: Path
) -> None:
    # Given
    given = config(**ground.entry()["config"])
    with ground.saying(artifacts) as address:
        # When
        helper = side.build(ground.connect(address), config=given)
    # Then
    uri = helper.upload_file(file)
    assert fetched(helper.get_presigned_url(uri, 60)).content == file.read_bytes()


@with_configs
def test_what_is_given_wins_and_the_rest_is_advertised(
    ground: Ground, side: Side, config: Any
) -> None:
    with ground.backend(ground.entry(bucket="elsewhere", role="wrong")) as address:
        given = config(role=ground.provider.role, bucket="mine")
        helper = side.build(ground.connect(address), given)
    link = helper.get_presigned_url(OURS.uri("mine", "k"), 60)
    assert link.startswith(f"{ground.provider.s3}/mine/k?")
    assert ground.shim.asked[-1]["RoleArn"] == ground.provider.role


@both
def test_a_flag_that_nobody_knows_warns(
    ground: Ground, side: Side, caplog: pytest.LogCaptureFixture
) -> None:
    with ground.backend(ground.entry(feature_flags={"teleport": True})) as address:
        side.build(ground.connect(address))
    assert [record.levelname for record in caplog.records if "teleport" in record.message] == [
        "WARNING"
    ]


@pytest.mark.parametrize(("uploads", "signs"), [SIDES, SIDES[::-1]], ids=["down", "up"])
def test_one_may_upload_and_the_other_sign(
    ground: Ground, uploads: Side, signs: Side, file: Path
) -> None:
    with ground.backend(ground.entry()) as address:
        connection = ground.connect(address)
        uri = uploads.build(connection).upload_file(file)
        link = signs.build(connection).get_presigned_url(uri, 60)
    assert fetched(link).content == file.read_bytes()
    assert signs.uri.from_str(str(uri)) == signs.uri(uri.bucket, uri.key)


@both
def test_the_helper_tells_the_config_in_use(side: Side, ground: Ground) -> None:
    # Given
    with ground.backend(ground.entry(feature_flags={"X-Proxy-Head-As-Get": True})) as address:
        # When
        found = side.build(ground.connect(address), side.config(bucket="mine")).config
    # Then: what was given, and what is advertised
    assert (found.get_type(), found.bucket) == ("S3STSConfig", "mine")
    assert found.role == ground.provider.role
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.bucket = "other"
