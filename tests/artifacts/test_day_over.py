"""An upload whose day ends on the way, where the provider takes files of today only."""

from __future__ import annotations

import secrets
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.artifacts import uploader as storing
from jupyter_openeo_artifacts.artifacts.uri import artifact_key
from jupyter_openeo_artifacts.demo import LocalProvider
from jupyter_openeo_artifacts.demo import storage as storage_module
from jupyter_openeo_artifacts.demo.access_rules import access_rules
from jupyter_openeo_artifacts.s3.exceptions import StorageDenied
from tests.servers.provider import connected
from tests.support.uploads import Observer
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DAY = timedelta(days=1)


def rules_of_today(**asked: Any) -> dict[str, Any]:
    """Return the provider's rules, with writing in folders of today and tomorrow only."""
    rules = access_rules(**asked)
    own = rules["policies"][0]["document"]["Statement"][0]
    write = {"s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"}
    now = datetime.now(timezone.utc)
    folders = [
        own["Resource"][0].replace("/*", f"/{now + step:%Y/%m/%d}/*")
        for step in (timedelta(0), DAY)
    ]
    narrow = {"Effect": "Allow", "Action": sorted(write), "Resource": folders}
    wide = {**own, "Action": sorted(set(own["Action"]) - write)}
    rules["policies"][0]["document"]["Statement"][:1] = [wide, narrow]
    return rules


@pytest.fixture(scope="module")
def strict() -> Iterator[LocalProvider]:
    with ExitStack() as held:
        with pytest.MonkeyPatch.context() as patch:  # none that others start has these rules
            patch.setattr(storage_module, "access_rules", rules_of_today)
            running = held.enter_context(LocalProvider())
        yield running


@pytest.fixture
def days(monkeypatch: pytest.MonkeyPatch) -> list[timedelta]:
    """Have keys made at these distances from now, one after the other, then now."""
    steps: list[timedelta] = []

    def made(subject: str, name: str, now: datetime) -> str:
        return artifact_key(subject, name, now + (steps.pop(0) if steps else timedelta(0)))

    monkeypatch.setattr(storing, "artifact_key", made)
    return steps


def kept(provider: LocalProvider) -> list[str]:
    """Name all objects and unfinished uploads in the bucket."""
    client = provider.storage.administrator()
    objects = client.list_objects_v2(Bucket=provider.bucket).get("Contents", [])
    uploads = client.list_multipart_uploads(Bucket=provider.bucket).get("Uploads", [])
    return [each["Key"] for each in (*objects, *uploads)]


@pytest.mark.parametrize("size", [1000, 20 * 2**20], ids=["one request", "in parts"])
def test_a_key_that_became_one_of_the_past_is_made_anew(
    strict: LocalProvider, tmp_path: Path, days: list[timedelta], size: int
) -> None:
    # Given: an upload that begins before midnight
    content = secrets.token_bytes(size)
    (tmp_path / "a.bin").write_bytes(content)
    helper = build_artifact_helper(connected(strict))
    before = kept(strict)
    days.append(-DAY)
    # When
    uri = helper.upload_file(tmp_path / "a.bin")
    # Then
    assert uri.key[41:51] in {
        f"{datetime.now(timezone.utc) - step:%Y/%m/%d}" for step in (0 * DAY, DAY)
    }
    assert requests.get(helper.sign(uri).url, timeout=10).content == content
    assert set(kept(strict)) - set(before) == {uri.key}


def test_a_day_that_ends_on_the_way(
    provider: LocalProvider, tmp_path: Path, days: list[timedelta]
) -> None:
    # Given: storage takes the first part, and no other one of that day
    content = secrets.token_bytes(30 * 2**20)
    (tmp_path / "a.bin").write_bytes(content)
    line = Line(int(provider.s3.rpartition(":")[2]))
    helper = build_artifact_helper(connected(provider), S3STSConfig(s3_endpoint=line.endpoint))
    days.append(-DAY)
    yesterday = f"{datetime.now(timezone.utc) - DAY:%Y/%m/%d}".encode()
    denied = error_answer(403, "AccessDenied")
    line.add(Fault("answer", rb"PUT .*%s.*partNumber=[234]&" % yesterday, times=9, answer=denied))
    before, progress = kept(provider), []
    # When
    from jupyter_openeo_artifacts.sources.source import FileSource

    stored = helper.upload(
        FileSource.from_path(tmp_path / "a.bin"), "a.bin", observer=Observer(progress.append)
    )
    line.close()
    # Then
    direct = build_artifact_helper(connected(provider))
    assert requests.get(direct.sign(stored.uri).url, timeout=10).content == content
    assert set(kept(provider)) - set(before) == {stored.uri.key}
    assert progress[-1] == len(content)


def test_it_is_tried_once_more_only(
    strict: LocalProvider, tmp_path: Path, days: list[timedelta]
) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    helper = build_artifact_helper(connected(strict))
    days.extend([-3 * DAY, -2 * DAY])
    with pytest.raises(StorageDenied):
        helper.upload_file(tmp_path / "a.bin")
    assert days == []


def test_a_refusal_of_today_is_final(
    strict: LocalProvider, tmp_path: Path, days: list[timedelta]
) -> None:
    (tmp_path / "a.bin").write_bytes(b"x")
    helper = build_artifact_helper(connected(strict))
    days.extend([-2 * DAY, -2 * DAY, timedelta(0)])
    with pytest.raises(StorageDenied):
        helper.upload_file(tmp_path / "a.bin")
    assert days == [timedelta(0)]
