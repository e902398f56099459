"""The stub is as strict as S3 and breaks what it is told to: else the grid would prove nothing."""

from __future__ import annotations

import base64
import http.client
import io
import json
import os
import subprocess
import sys
from contextlib import suppress
from datetime import timedelta
from hashlib import md5, sha256
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import BotoCoreError, ClientError
from botocore.httpchecksum import Crc32Checksum

from tests.faults.answer import refusal
from tests.faults.clients import plain_client
from tests.faults.content import TRAILER
from tests.faults.effects import Break, Do, Echo, Fault, Flip, Say
from tests.faults.objects import MIN_PART
from tests.faults.policy import PRODUCTION, Policy
from tests.faults.signature import REGION
from tests.faults.stub import BUCKET, Stub
from tests.faults.tls import make_context

if TYPE_CHECKING:
    from tests.faults.request import Request

ONCE = {"retries": {"total_max_attempts": 1}}
KEY = "a b/ü+%/name.tif"
WHERE = {"Bucket": BUCKET, "Key": KEY}


@pytest.fixture
def stub():
    with Stub() as made:
        yield made


@pytest.fixture
def client(stub):
    return plain_client(stub, stub.issue(timedelta(hours=1)), **ONCE)


def code(call, **arguments) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def send_parts(client, *sizes: int) -> tuple[str, list[dict]]:
    upload = client.create_multipart_upload(**WHERE, Metadata={"mark": "x"})["UploadId"]
    parts = []
    for number, size in enumerate(sizes, 1):
        answer = client.upload_part(
            **WHERE, UploadId=upload, PartNumber=number, Body=bytes([number]) * size
        )
        parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    return upload, parts


def complete(client, upload: str, parts: list[dict]) -> dict:
    return client.complete_multipart_upload(
        **WHERE, UploadId=upload, MultipartUpload={"Parts": parts}
    )


def test_a_file_goes_in_and_comes_out(stub, client) -> None:
    content = os.urandom(100_000)
    answer = client.put_object(**WHERE, Body=content, Metadata={"mark": "x"}, ContentType="a/b")
    assert answer["ETag"] == f'"{md5(content).hexdigest()}"'
    head = client.head_object(**WHERE)
    assert (head["ContentLength"], head["Metadata"]) == (100_000, {"mark": "x"})
    assert client.get_object(**WHERE)["Body"].read() == content
    assert stub.objects.objects[KEY].sha256 == sha256(content).hexdigest()
    assert client.list_objects_v2(Bucket=BUCKET)["Contents"][0]["Key"] == KEY
    client.delete_object(**WHERE)
    assert stub.objects.objects == {}
    assert code(client.head_object, **WHERE) == "404"


def test_parts_become_an_object_with_amazons_etag(stub, client) -> None:
    # Given
    upload, parts = send_parts(client, MIN_PART, 3)
    assert client.list_multipart_uploads(Bucket=BUCKET)["Uploads"][0]["UploadId"] == upload
    assert [p["Size"] for p in client.list_parts(**WHERE, UploadId=upload)["Parts"]] == [
        MIN_PART,
        3,
    ]
    # When
    answer = complete(client, upload, parts)
    # Then
    digests = b"".join(bytes.fromhex(part["ETag"].strip('"')) for part in parts)
    assert answer["ETag"] == f'"{md5(digests).hexdigest()}-2"'
    assert stub.objects.uploads == {}
    assert stub.objects.received == {
        (KEY, 0): len_of_complete(stub),
        (KEY, 1): MIN_PART,
        (KEY, 2): 3,
    }
    assert complete(client, upload, parts)["ETag"] == answer["ETag"]  # Amazon says it again


def len_of_complete(stub: Stub) -> int:
    return next(seen.received for seen in stub.seen if seen.operation == "Complete")


def test_an_upload_in_parts_is_held_to_the_rules(stub, client) -> None:
    upload, parts = send_parts(client, MIN_PART, 3, 3)
    bad = [{**parts[0], "ETag": '"0"'}]
    assert code(complete, client=client, upload=upload, parts=parts) == "EntityTooSmall"
    assert code(complete, client=client, upload=upload, parts=parts[:2][::-1]) == "InvalidPartOrder"
    assert code(complete, client=client, upload=upload, parts=bad) == "InvalidPart"
    assert code(complete, client=client, upload="nix", parts=parts) == "NoSuchUpload"
    where = {**WHERE, "UploadId": upload}
    assert code(client.upload_part, **where, PartNumber=10_001, Body=b"") == "InvalidArgument"
    client.abort_multipart_upload(**where)
    assert code(client.abort_multipart_upload, **where) == "NoSuchUpload"
    assert (stub.objects.uploads, stub.objects.objects) == ({}, {})
    assert [told.split()[1] for told in stub.complaints] == [
        "EntityTooSmall", "InvalidPartOrder", "InvalidPart", "InvalidArgument"
    ]  # fmt: skip


def test_checksums_are_checked(client) -> None:
    put = client.put_object
    assert code(put, **WHERE, Body=b"x", ContentMD5=md5_header(b"y")) == "BadDigest"
    assert code(put, **WHERE, Body=b"x", ContentMD5="?") == "InvalidDigest"
    assert code(put, **WHERE, Body=b"x", ChecksumCRC32="AAAAAA==") == "BadDigest"
    assert code(put, **WHERE, Body=b"x", ChecksumSHA256="AAAAAA==") == "BadDigest"
    put(**WHERE, Body=b"x", ContentMD5=md5_header(b"x"), ChecksumAlgorithm="SHA256")


def md5_header(content: bytes) -> str:
    return base64.b64encode(md5(content).digest()).decode()


class Raw:
    """A request built by hand, signed, then spoilt."""

    def __init__(self, stub: Stub, key=None, *, region: str = REGION, **headers: str) -> None:
        self.stub = stub
        found = key or stub.issue()
        url = f"{stub.endpoint}/{BUCKET}/k"
        request = AWSRequest("PUT", url, dict(headers), data=b"body")
        credentials = Credentials(found.access_key, found.secret_key, found.token)
        S3SigV4Auth(credentials, "s3", region).add_auth(request)
        self.headers = dict(request.headers.items())

    def send(self, body: bytes = b"body", target: str = f"/{BUCKET}/k") -> tuple[int, bytes]:
        line = http.client.HTTPConnection("127.0.0.1", self.stub.port, timeout=5)
        try:
            line.request("PUT", target, body, self.headers)
            answer = line.getresponse()
            return answer.status, answer.read()
        finally:
            line.close()


def test_signatures_are_checked(stub) -> None:
    # A good one is taken
    assert Raw(stub).send()[0] == 200
    # One of another path, secret, key, region or body is not
    assert b"SignatureDoesNotMatch" in Raw(stub).send(target=f"/{BUCKET}/other")[1]
    assert b"XAmzContentSHA256Mismatch" in Raw(stub).send(body=b"bodY")[1]
    spoilt = Raw(stub)
    spoilt.headers["Authorization"] = spoilt.headers["Authorization"][:-1] + "x"
    assert b"AccessDenied" in spoilt.send()[1]
    unknown = Raw(stub)
    stub.keys.clear()
    assert b"InvalidAccessKeyId" in unknown.send()[1]
    assert b"AuthorizationHeaderMalformed" in Raw(stub, region="mars").send()[1]
    # Nor one with a header that was put in on the way
    added = Raw(stub)
    added.headers["x-amz-meta-mark"] = "x"
    assert b"not signed" in added.send()[1]


def test_sessions_end(stub) -> None:
    session = stub.issue(timedelta(minutes=1))
    assert Raw(stub, session).send()[0] == 200
    stub.skew += timedelta(minutes=2)
    status, body = Raw(stub, session).send()
    assert (status, b"ExpiredToken" in body) == (400, True)
    without = Raw(stub, session)
    del without.headers["X-Amz-Security-Token"]
    assert b"InvalidToken" in without.send()[1]


def test_the_clock_counts(stub, client) -> None:
    client.put_object(**WHERE, Body=b"")
    stub.skew = timedelta(minutes=16)
    assert code(client.put_object, **WHERE, Body=b"") == "RequestTimeTooSkewed"


def test_trailers_are_read_and_checked(tmp_path, monkeypatch) -> None:
    # Given
    context, certificate = make_context(tmp_path)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with Stub(tls=context) as stub:
        client = plain_client(stub, stub.issue(), **ONCE)
        said: list[Request] = []
        stub.add(Fault("Put", Do(lambda scene: said.append(scene.request)), times=9))
        # When
        client.put_object(**WHERE, Body=io.BytesIO(b"abc" * 50_000))
        # Then
        assert (said[0].headers["x-amz-content-sha256"], said[0].is_chunked) == (TRAILER, True)
        assert stub.objects.objects[KEY].sha256 == sha256(b"abc" * 50_000).hexdigest()
        # And a wrong one is refused
        monkeypatch.setattr(Crc32Checksum, "b64digest", lambda _: "AAAAAA==")
        assert code(client.put_object, **WHERE, Body=io.BytesIO(b"x")) == "BadDigest"


@pytest.mark.parametrize("etags", ["kms", "silent", "opaque"])
def test_etags_that_are_no_md5s(etags) -> None:
    with Stub(Policy(etags=etags)) as stub:
        client = plain_client(stub, stub.issue(), **ONCE)
        answer = client.put_object(**WHERE, Body=b"x")
        assert answer["ETag"] != f'"{md5(b"x").hexdigest()}"'
        assert (answer.get("ServerSideEncryption") == "aws:kms") == (etags == "kms")


def test_a_provider_may_have_less() -> None:
    with Stub(PRODUCTION) as stub:
        client = plain_client(stub, stub.issue(), **ONCE)
        assert code(client.put_object, **WHERE, Body=b"") == "AccessDenied"
        key = f"me/{stub.now():%Y/%m/%d}/x/name"
        for _ in range(2):
            client.put_object(Bucket=BUCKET, Key=key, Body=b"", IfNoneMatch="*")
        assert code(client.delete_object, Bucket=BUCKET, Key=key) == "404"
        assert client.head_object(Bucket=BUCKET, Key=key)["ContentLength"] == 0
        assert client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []) == []
    with Stub(Policy(without=frozenset({"Delete"}))) as stub:
        client = plain_client(stub, stub.issue(), **ONCE)
        assert code(client.delete_object, **WHERE) == "NotImplemented"
    with Stub(Policy(repeated_complete=404, metadata=False)) as stub:
        client = plain_client(stub, stub.issue(), **ONCE)
        upload, parts = send_parts(client, 3)
        complete(client, upload, parts)
        assert client.head_object(**WHERE)["Metadata"] == {}
        assert code(complete, client=client, upload=upload, parts=parts) == "NoSuchUpload"
        twice = {**WHERE, "Body": b"", "IfNoneMatch": "*"}
        assert code(client.put_object, **twice) == "PreconditionFailed"


def test_a_sink_keeps_nothing_but_lengths_and_hashes() -> None:
    with Stub(Policy(keep=False)) as stub:
        client = plain_client(stub, stub.issue(), **ONCE)
        complete(client, *send_parts(client, MIN_PART, 7))
        stored = stub.objects.objects[KEY]
        assert (stored.size, stored.blocks) == (MIN_PART + 7, ())
        assert stored.md5s[1] == md5(b"\2" * 7).hexdigest()


def test_faults_happen_as_often_as_they_are_scripted(stub, client) -> None:
    # Given
    busy = refusal(503, "SlowDown", Retry_After="7")
    stub.add(Fault("Put", Say(busy), times=2, skip=1))
    # When
    client.put_object(**WHERE, Body=b"1")
    codes = [code(client.put_object, **WHERE, Body=b"x" * 100_000) for _ in range(2)]
    client.put_object(**WHERE, Body=b"2")
    # Then
    assert codes == ["SlowDown"] * 2
    assert [seen.status for seen in stub.seen] == [200, 503, 503, 200]
    assert b"".join(stub.objects.objects[KEY].blocks) == b"2"


@pytest.mark.parametrize(
    ("moment", "stored"),
    [("head", False), ("body", False), ("after", False), ("done", True), ("answer", True)],
)
def test_a_connection_breaks_where_it_is_told_to(stub, client, moment, stored) -> None:
    stub.add(Fault("Put", Break(moment)))
    answer = {}
    with suppress(BotoCoreError, ClientError):
        answer = client.put_object(**WHERE, Body=os.urandom(300_000))
    assert "ETag" not in answer  # half a head is one to urllib3
    assert (KEY in stub.objects.objects) is stored


def test_bytes_and_etags_are_spoilt_in_silence(stub, client) -> None:
    stub.add(Fault("Put", Flip()), Fault("Put", Echo('"0"')))
    assert client.put_object(**WHERE, Body=b"xyz")["ETag"] == f'"{md5(b"xxz").hexdigest()}"'
    assert b"".join(stub.objects.objects[KEY].blocks) == b"xxz"
    assert client.put_object(**WHERE, Body=b"xyz")["ETag"] == '"0"'
    assert b"".join(stub.objects.objects[KEY].blocks) == b"xyz"


@pytest.mark.parametrize("refusing", [False, True])
def test_the_network_goes_and_comes(stub, client, refusing) -> None:
    client.put_object(**WHERE, Body=b"1")
    stub.go_down(refusing=refusing)
    with pytest.raises(BotoCoreError):
        client.put_object(**WHERE, Body=b"2")
    stub.come_up()
    client.put_object(**WHERE, Body=b"3")
    assert b"".join(stub.objects.objects[KEY].blocks) == b"3"


def test_the_sink_is_a_program() -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.sink"],
        cwd=Path(__file__).parents[2],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        told = json.loads(process.stdout.readline())
        client = boto3.client(
            "s3",
            endpoint_url=told["endpoint"],
            region_name=told["region"],
            aws_access_key_id=told["access_key"],
            aws_secret_access_key=told["secret_key"],
        )
        client.put_object(Bucket=told["bucket"], Key="k", Body=b"xyz")
        assert client.head_object(Bucket=told["bucket"], Key="k")["ContentLength"] == 3
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
