"""Our PutObject and UploadPart store and fail like botocore's own."""

from __future__ import annotations

import gc
import os
import weakref
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from botocore import awsrequest
from botocore.exceptions import ClientError, ConnectTimeoutError, EndpointConnectionError

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.s3.fast_put import host_header
from jupyter_openeo_artifacts.s3.request_body import body
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from tests.faults.clients import credentials_of, our_client
from tests.faults.policy import Policy
from tests.faults.stub import BUCKET, Stub
from tests.servers.provider import storage_down

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

NAMES = [
    "plain.tif",
    "fields 2026 +%&=?#;@:,$!*'().tif",
    "Äcker・畑.tif",
    "~tilde.tif",
    "a=b&c=d",
    "%20",
]


def ways(client: Any) -> list[Any]:
    """Return ours and botocore's."""
    return [client.put_object, client.botocore.put_object]


def wanted(helper: S3STSArtifactHelper, name: str, content: bytes) -> dict[str, Any]:
    return {
        "Bucket": helper.config.bucket,
        "Key": f"{helper.prefix}2026/01/01/{os.urandom(4).hex()}/{name}",
        "Body": body(memoryview(content), CancelToken()) if content else b"",
        "ContentType": "image/tiff",
        "Metadata": {"openeo-artifacts-upload": "0123"},
    }


@pytest.mark.parametrize("size", [0, 1, 70_000])
@pytest.mark.parametrize("name", NAMES)
def test_it_stores_the_same(helper: S3STSArtifactHelper, name: str, size: int) -> None:
    content, kept = os.urandom(size), []
    for put in ways(helper.client):
        # When
        what = wanted(helper, name, content)
        answer = put(**what)
        # Then
        there = helper.client.get_object(Bucket=what["Bucket"], Key=what["Key"])
        assert answer["ETag"] == there["ETag"]
        assert there["Body"].read() == content
        kept.append((there["ETag"], there["ContentType"], there["Metadata"]))
    assert kept[0] == kept[1]


def test_a_refusal_is_the_same(helper: S3STSArtifactHelper) -> None:
    errors = []
    for put in ways(helper.client):
        # Given
        what = wanted(helper, "x", b"theirs") | {"Key": "somebody/else.tif"}
        # When
        with pytest.raises(ClientError) as caught:
            put(**what)
        # Then
        response = caught.value.response
        assert response["ResponseMetadata"]["RequestId"]
        errors.append((response["Error"]["Code"], response["ResponseMetadata"]["HTTPStatusCode"]))
    assert errors[0] == errors[1] == ("AccessDenied", 403)


def test_the_hash_that_is_signed_is_that_of_the_body() -> None:
    # Given: a storage that compares what it got with what was signed
    clock = ServerClock()
    with Stub(Policy()) as stub:
        client = our_client(stub, credentials_of(stub, clock), clock)

        def put(given: str) -> None:
            sent = body(memoryview(b"content"), CancelToken(), given)
            client.put_object(Bucket=BUCKET, Key="me/x", Body=sent, ContentType="a/b", Metadata={})

        # When
        put("")
        put(sha256(b"content").hexdigest())
        with pytest.raises(ClientError) as caught:
            put(sha256(b"other").hexdigest())
    # Then
    assert "SHA256" in caught.value.response["Error"]["Code"].upper()


def test_a_broken_line_is_the_same(helper: S3STSArtifactHelper, provider: LocalProvider) -> None:
    client = helper.client
    with storage_down(provider):
        for put in ways(client):
            with pytest.raises((EndpointConnectionError, ConnectTimeoutError)):
                put(**wanted(helper, "x", b"content"))


@pytest.mark.parametrize("event", ["before-send", "response-received", "after-call"])
def test_whoever_listens_hears_of_it(helper: S3STSArtifactHelper, event: str) -> None:
    # Given
    heard: list[str] = []

    def hear(event_name: str, **_: Any) -> None:
        heard.append(event_name)

    helper.client.meta.events.register(f"{event}.s3.PutObject", hear)
    for put in ways(helper.client):
        # When
        put(**wanted(helper, "x", b"content"))
    # Then
    assert heard == [f"{event}.s3.PutObject"] * 2


def test_a_client_goes_when_nobody_has_it(helper: S3STSArtifactHelper) -> None:
    # Given
    gone = weakref.ref(helper.client)
    # When
    helper.reset_after_fork()  # as what has another one from now on
    gc.collect()
    # Then
    assert gone() is None


@pytest.mark.parametrize(("size", "asks"), [(256 * 1024, False), (256 * 1024 + 1, True)])
def test_a_large_body_is_sent_when_it_is_welcome(
    helper: S3STSArtifactHelper, size: int, *, asks: bool
) -> None:
    # Given
    heard: list[Any] = []

    def hear(request: Any, **_: Any) -> None:
        heard.append(request.headers)

    helper.client.meta.events.register("before-send.s3.PutObject", hear)
    # When
    helper.client.put_object(**wanted(helper, "x", bytes(size)))
    # Then
    assert ("Expect" in heard[0]) is asks
    assert heard[0]["Content-Length"] == str(size)


def part_ways(client: Any) -> list[Any]:
    return [client.upload_part, client.botocore.upload_part]


@pytest.mark.parametrize("size", [1, 256 * 1024 + 1, 5 * 1024**2])
@pytest.mark.parametrize("name", ["plain.tif", "fields 2026 +%&=?#;@:,$!*'().tif", "Äcker・畑.tif"])
def test_a_part_is_stored_the_same(helper: S3STSArtifactHelper, name: str, size: int) -> None:
    client, content = helper.client, os.urandom(size)
    place = {key: wanted(helper, name, b"")[key] for key in ("Bucket", "Key")}
    upload = client.create_multipart_upload(**place)["UploadId"]
    etags = []
    for put in part_ways(client):
        with body(memoryview(content), CancelToken()) as sent:
            # When
            answer = put(**place, UploadId=upload, PartNumber=1, Body=sent)
        etags.append(answer["ETag"])
    # Then
    part = {"PartNumber": 1, "ETag": etags[0]}
    client.complete_multipart_upload(**place, UploadId=upload, MultipartUpload={"Parts": [part]})
    assert client.get_object(**place)["Body"].read() == content
    assert etags[0] == etags[1]


@pytest.mark.parametrize("size", [1, 5 * 1024**2])
def test_a_part_is_refused_the_same(helper: S3STSArtifactHelper, size: int) -> None:
    errors = []
    place = {key: wanted(helper, "x", b"")[key] for key in ("Bucket", "Key")}
    for put in part_ways(helper.client):
        with (
            body(memoryview(bytes(size)), CancelToken()) as sent,
            pytest.raises(ClientError) as caught,
        ):
            # When
            put(**place, UploadId="a/b+c=&x", PartNumber=1, Body=sent)
        # Then
        errors.append((caught.value.response["Error"]["Code"], caught.value.operation_name))
    assert errors[0] == errors[1]
    assert errors[0][0] in ("NoSuchUpload", "InvalidRequest")
    assert errors[0][1] == "UploadPart"


@pytest.mark.parametrize(
    ("endpoint", "host"),
    [
        ("https://Storage.example", "storage.example"),
        ("https://storage.example:443/", "storage.example"),
        ("http://storage.example:443", "storage.example:443"),
        ("http://storage.example:80", "storage.example"),
        ("http://[::1]:8333", "[::1]:8333"),
        ("https://name:word@storage.example", "storage.example"),
    ],
)
def test_the_host_is_named_as_http_clients_do(endpoint: str, host: str) -> None:
    assert host_header(endpoint) == host


def test_a_request_is_made_as_the_oldest_botocore_makes_it(
    helper: S3STSArtifactHelper, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: `context` is of 1.43.65 and later
    class Oldest(awsrequest.AWSPreparedRequest):
        def __init__(
            self, method: str, url: str, headers: Any, body: Any, stream_output: Any
        ) -> None:
            super().__init__(method, url, headers, body, stream_output)

    monkeypatch.setattr(awsrequest, "AWSPreparedRequest", Oldest)
    what = wanted(helper, "x", b"content")
    # When
    helper.client.put_object(**what)
    monkeypatch.undo()
    # Then
    there = helper.client.get_object(Bucket=what["Bucket"], Key=what["Key"])
    assert there["Body"].read() == b"content"
