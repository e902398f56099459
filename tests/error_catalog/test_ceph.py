"""What Ceph and its STS really answer: fewer words than others, and other ones."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.artifacts import sts_errors as sts_answers
from jupyter_openeo_artifacts.error_catalog import find
from tests.error_catalog.reading import read_link, read_s3, row_of, see_words
from tests.error_catalog.test_seaweed import Alice, clock_off
from tests.servers.provider import sign_token

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.servers.ceph import CephProvider

__all__ = ["clock_off"]

Asking = dict[str, tuple[str, "Callable[[Alice], Any]"]]
SILENT = "AccessDenied without a message"
NO_PARTS = "NoSuchKey (UploadPart, CompleteMultipartUpload, ListParts, AbortMultipartUpload)"
WRONG_VALUE = "InvalidArgument without a message"

S3: Asking = {
    "a session token that is none": (
        WRONG_VALUE,
        lambda a: a.put(a.with_keys(*a.keys[:2], "bogus")),
    ),
    "an unknown key": ("AccessDenied", lambda a: a.put(a.with_keys("AKNOPE", "x", None))),
    "a wrong secret": (
        "SignatureDoesNotMatch",
        lambda a: a.put(a.with_keys(a.keys[0], "wrong", a.keys[2])),
    ),
    "another's folder": ("AccessDenied", lambda a: a.put(key=a.bobs)),
    "another's file by HEAD": (
        "403",
        lambda a: a.client.head_object(Bucket=a.bucket, Key=a.bobs),
    ),
    "a bucket that is not there": (
        "NoSuchBucket",
        lambda a: a.provider.administrator().get_object(Bucket="nowhere", Key="x"),
    ),
    "another MD5": ("BadDigest", lambda a: a.put(ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg==")),
    "no MD5": ("InvalidDigest", lambda a: a.put(ContentMD5="xx")),
    "small parts": ("EntityTooSmall", lambda a: a.complete([1, 2])),
    "a part of no upload": (
        "NoSuchUpload",
        lambda a: a.client.upload_part(
            Bucket=a.bucket, Key=a.key, UploadId="none", PartNumber=1, Body=b"x"
        ),
    ),
    "a file that is not there, to who may not list": (
        "AccessDenied",
        lambda a: a.client.get_object(Bucket=a.bucket, Key=f"{a.folder}/none"),
    ),
    "a file that is not there, to who may": (
        "NoSuchKey",
        lambda a: a.provider.administrator().get_object(Bucket=a.bucket, Key="none"),
    ),
    "parts of an upload that is not there": (
        NO_PARTS,
        lambda a: a.provider.administrator().list_parts(
            Bucket=a.bucket, Key="none", UploadId="none"
        ),
    ),
    "bytes that are not there": (
        "InvalidRange",
        lambda a: a.client.get_object(Bucket=a.bucket, Key=a.key, Range="bytes=100-200"),
    ),
    "a long name": ("InvalidObjectName", lambda a: a.put(key=f"{a.folder}/{'x' * 1100}")),
    "a file that must not be there": ("PreconditionFailed", lambda a: a.put(IfNoneMatch="*")),
    "encryption": ("InvalidRequest", lambda a: a.put(ServerSideEncryption="aws:kms")),
}
STS: Asking = {
    "a token with a wrong signature": (SILENT, lambda a: a.assume(a.token[:-4] + "AAAA")),
    "a token that has expired": (SILENT, lambda a: a.assume(signed(a, exp=1))),
    "a token for later": (SILENT, lambda a: a.assume(signed(a, nbf=int(time.time()) + 3600))),
    "a token of another client": (SILENT, lambda a: a.assume(signed(a, azp="other"))),
    "another role": (SILENT, lambda a: a.assume(RoleArn="arn:aws:iam:::role/Unheard")),
    "a long session": (WRONG_VALUE, lambda a: a.assume(DurationSeconds=50_000)),
    "a session with a colon": (WRONG_VALUE, lambda a: a.assume(RoleSessionName="at:noon")),
    "a policy that is none": ("MalformedPolicyDocument", lambda a: a.assume(Policy="nonsense")),
}
LINKS: Asking = {
    "another signature": ("SignatureDoesNotMatch", lambda a: a.link()[:-4] + "0000"),
    "one with more behind it": ("SignatureDoesNotMatch", lambda a: a.link() + "&x=1"),
    "one that was cut": ("AccessDenied", lambda a: a.link().partition("&X-Amz-Sig")[0]),
    "one without all that follows the ?": ("AccessDenied", lambda a: a.link().partition("?")[0]),
    "one for another's file": ("AccessDenied", lambda a: a.link(a.bobs)),
    "one for a file that is not there": ("AccessDenied", lambda a: a.link(f"{a.folder}/none")),
    "one for more than a week": ("AccessDenied", lambda a: a.link(seconds=700_000)),
}


@pytest.fixture(scope="module")
def alice(ceph: CephProvider) -> Alice:
    return Alice(ceph)


def signed(alice: Alice, **claims: Any) -> str:
    return sign_token(alice.provider.signing_in, **claims)


@pytest.mark.parametrize("what", S3)
def test_what_storage_answers(alice: Alice, what: str) -> None:
    # Given
    sign, ask = S3[what]
    # When
    with pytest.raises(ClientError) as caught:
        ask(alice)
    # Then
    assert read_s3(caught.value, sign).request_id


@pytest.mark.parametrize("what", STS)
def test_what_its_login_service_answers(alice: Alice, what: str) -> None:
    # Given
    sign, ask = STS[what]
    row = row_of("sts", sign)
    # When
    with pytest.raises(ClientError) as caught:
        ask(alice)
    # Then
    answer = sts_answers.STSAnswer.of(caught.value)
    assert answer
    assert find("sts", answer.response).sign.name == sign, caught.value.response
    told = answer.error()
    assert told.request_id
    see_words(told.message, told.todo, row)


@pytest.mark.parametrize("what", LINKS)
def test_what_the_reader_of_a_link_is_answered(alice: Alice, what: str) -> None:
    sign, link = LINKS[what]
    assert read_link(link(alice), sign).request_id


def test_a_link_that_has_expired_is_refused_without_a_word(
    alice: Alice, clock_off: Callable[[int], None]
) -> None:
    clock_off(-3600)
    assert "it has expired" in read_link(alice.link(), "AccessDenied").says


def test_a_clock_that_is_wrong(alice: Alice, clock_off: Callable[[int], None]) -> None:
    clock_off(3600)
    with pytest.raises(ClientError) as caught:
        alice.put()
    assert read_s3(caught.value, "RequestTimeTooSkewed").code == "clock_wrong"


def test_a_session_that_has_ended_is_denied(alice: Alice) -> None:
    # Given
    given = alice.assume(DurationSeconds=1)["Credentials"]
    keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
    link = alice.link(seconds=3600, keys=keys)
    time.sleep(2.5)
    # When / Then: of kind "denied", for which the engine renews a session that has worked
    with pytest.raises(ClientError) as caught:
        alice.put(alice.with_keys(*keys))
    read_s3(caught.value, "AccessDenied")
    assert row_of("s3", "AccessDenied").kind == "denied"
    read_link(link, "AccessDenied")
