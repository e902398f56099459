"""What real storages do with a part that is bound to its bytes by a signed MD5."""

from __future__ import annotations

import os
from hashlib import md5, sha256
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.s3.request_body import body
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from tests.faults.clients import credentials_of, our_client
from tests.faults.stub import BUCKET, Stub
from tests.servers.ceph import ON_CEPH
from tests.servers.provider import connected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper

PART = TransferConfig().part_size
UNSIGNED = "UNSIGNED-PAYLOAD"
CONTENT, OTHER = os.urandom(PART), os.urandom(PART)


@pytest.fixture(params=["provider", pytest.param("ceph", marks=ON_CEPH)])
def helper(request: pytest.FixtureRequest) -> S3STSArtifactHelper:
    storage = request.getfixturevalue(request.param)
    which = {"provider": "alice"} if request.param == "ceph" else {}
    return build_artifact_helper(connected(storage), **which)


@pytest.fixture
def upload(helper: S3STSArtifactHelper) -> Iterator[dict[str, Any]]:
    """Begin an upload; yield what names it."""
    key = f"{helper.prefix}2026/01/01/{os.urandom(4).hex()}/x.tif"
    where = {"Bucket": helper.config.bucket, "Key": key}
    made = helper.client.create_multipart_upload(**where)
    yield where | {"UploadId": made["UploadId"]}
    helper.client.abort_multipart_upload(**where, UploadId=made["UploadId"])


def bound(content: bytes, to: bytes) -> Any:
    digest = md5(to, usedforsecurity=False).hexdigest()
    return body(memoryview(content), CancelToken(), bound_by_md5=digest)


def payloads(helper: S3STSArtifactHelper) -> list[str]:
    """Return the list to which each later request's signed payload hash is added."""
    heard: list[str] = []

    def hear(request: Any, **_: Any) -> None:
        heard.append(request.headers["X-Amz-Content-SHA256"])

    helper.client.meta.events.register("before-send.s3.UploadPart", hear)
    return heard


def test_the_right_bytes_are_taken(helper: S3STSArtifactHelper, upload: dict[str, Any]) -> None:
    heard = payloads(helper)
    answer = helper.client.upload_part(**upload, PartNumber=1, Body=bound(CONTENT, CONTENT))
    assert answer["ETag"].strip('"') == md5(CONTENT, usedforsecurity=False).hexdigest()
    assert heard == [UNSIGNED]


def test_other_bytes_are_refused(helper: S3STSArtifactHelper, upload: dict[str, Any]) -> None:
    # When
    with pytest.raises(ClientError) as caught:
        helper.client.upload_part(**upload, PartNumber=1, Body=bound(OTHER, CONTENT))
    # Then
    assert caught.value.response["Error"]["Code"] == "BadDigest"
    assert "Parts" not in helper.client.botocore.list_parts(**upload)


@pytest.mark.parametrize(
    ("proxy", "payload"),
    [("", UNSIGNED), ("http://127.0.0.1:9", sha256(CONTENT).hexdigest())],
    ids=["no proxy", "proxy"],
)
def test_through_a_proxy_the_sha256_is_signed(
    monkeypatch: pytest.MonkeyPatch, proxy: str, payload: str
) -> None:
    # Given: a storage at this machine, and perhaps a proxy that is asked for it
    for name in ("http_proxy", "no_proxy", "HTTP_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    if proxy:
        monkeypatch.setenv("http_proxy", proxy)
    clock, heard = ServerClock(), []
    with Stub() as stub:
        client = our_client(stub, credentials_of(stub, clock), clock)

        def hear(request: Any, **_: Any) -> Any:
            heard.append(
                (request.headers["X-Amz-Content-SHA256"], "Content-MD5" in request.headers)
            )
            return SimpleNamespace(status_code=200, headers={"ETag": "x"}, content=b"")

        client.meta.events.register("before-send.s3.UploadPart", hear)
        # When
        client.upload_part(
            Bucket=BUCKET, Key="x", UploadId="1", PartNumber=1, Body=bound(CONTENT, CONTENT)
        )
    # Then
    assert heard == [(payload, True)]


def test_most_of_a_file_goes_up_that_way(helper: S3STSArtifactHelper, tmp_path: Path) -> None:
    # Given
    path = tmp_path / "field.tif"
    path.write_bytes(os.urandom(7 * PART + 1))
    heard = payloads(helper)
    # When
    uri = helper.upload_file(path)
    # Then
    assert UNSIGNED not in heard[:1]
    assert heard.count(UNSIGNED) >= 8 - TransferConfig().in_flight
    content = requests.get(helper.get_presigned_url(uri, 600), timeout=30).content
    assert sha256(content).digest() == sha256(path.read_bytes()).digest()
