"""What SeaweedFS and its STS really answer: each sign of the table that they show."""

from __future__ import annotations

import time
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore import auth as botocore_auth
from botocore.auth import S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.artifacts import sts_errors as sts_answers
from jupyter_openeo_artifacts.demo import LocalProvider
from jupyter_openeo_artifacts.error_catalog import find
from tests.error_catalog.reading import read_link, read_s3, row_of, see_words
from tests.error_catalog.real import LINKS, S3, STS
from tests.servers.provider import assume_role, sign_token, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Alice:
    """A person with a session, who asks storage for what she must not."""

    def __init__(self, provider: LocalProvider) -> None:
        self.provider = provider
        self.bucket = provider.bucket
        self.folder = f"{provider.users['alice'].prefix}/2026/01/01/x"
        self.bobs = f"{provider.users['bob'].prefix}/x"
        self.token = tokens(provider)["access_token"]
        given = assume_role(provider, self.token)["Credentials"]
        self.keys = (given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        self.client = self.with_keys(*self.keys)
        self.key = f"{self.folder}/here.txt"
        self.client.put_object(Bucket=self.bucket, Key=self.key, Body=b"here")

    def with_keys(self, access: str, secret: str, token: str | None) -> Any:
        return boto3.client(
            "s3",
            endpoint_url=self.provider.s3,
            region_name=self.provider.region,
            aws_access_key_id=access,
            aws_secret_access_key=secret,
            aws_session_token=token,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path"},
                retries={"total_max_attempts": 1},
                parameter_validation=False,
                request_checksum_calculation="when_required",
            ),
        )

    def administrator(self) -> Any:
        kept = self.provider.identity.storage_secrets
        return self.with_keys(kept["access_key"], kept["secret_key"], None)

    def put(self, client: Any = None, key: str = "", **more: Any) -> None:
        (client or self.client).put_object(
            **{"Bucket": self.bucket, "Key": key or self.key, "Body": b"x"} | more
        )

    def complete(self, numbers: list[int], etags: list[str] | None = None) -> None:
        """Complete an upload of two parts that are too small."""
        names = {"Bucket": self.bucket, "Key": f"{self.folder}/parts"}
        names["UploadId"] = self.client.create_multipart_upload(**names)["UploadId"]
        real = [
            self.client.upload_part(**names, PartNumber=number, Body=b"x")["ETag"]
            for number in (1, 2)
        ]
        found = [{"PartNumber": n, "ETag": (etags or real)[n - 1]} for n in numbers]
        try:
            self.client.complete_multipart_upload(**names, MultipartUpload={"Parts": found})
        finally:
            self.client.abort_multipart_upload(**names)

    def assume(self, token: str = "", **more: Any) -> dict[str, Any]:
        sts = boto3.client(
            "sts",
            endpoint_url=self.provider.sts,
            region_name=self.provider.region,
            config=Config(
                signature_version=UNSIGNED,
                retries={"total_max_attempts": 1},
                parameter_validation=False,
            ),
        )
        asked = {
            "RoleArn": self.provider.role,
            "RoleSessionName": "test",
            "WebIdentityToken": token or self.token,
            "DurationSeconds": 900,
        }
        return sts.assume_role_with_web_identity(**asked | more)

    def link(self, key: str = "", *, seconds: int = 60, keys: tuple[str, ...] = ()) -> str:
        request = AWSRequest("GET", f"{self.provider.s3}/{self.bucket}/{key or self.key}")
        signer = S3SigV4QueryAuth(
            Credentials(*(keys or self.keys)), "s3", self.provider.region, expires=seconds
        )
        signer.add_auth(request)
        return str(request.url)


@pytest.fixture(scope="module")
def alice(provider: LocalProvider) -> Iterator[Alice]:
    found = Alice(provider)
    yield found
    found.client.delete_object(Bucket=found.bucket, Key=found.key)


@pytest.fixture(scope="module")
def late_alice() -> Iterator[Alice]:
    """Yield Alice with a session that has ended."""
    with LocalProvider(session_seconds=5) as provider:  # enough to begin, on a busy machine, too
        found = Alice(provider)
        time.sleep(6.5)
        yield found


@pytest.fixture
def clock_off(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Sign by a clock that is so many seconds ahead."""

    def put_off(seconds: int) -> None:
        def now(*, remove_tzinfo: bool = True) -> datetime:
            found = datetime.now(timezone.utc) + timedelta(seconds=seconds)
            return found.replace(tzinfo=None) if remove_tzinfo else found

        monkeypatch.setattr(botocore_auth, "get_current_datetime", now)

    return put_off


ASKING: dict[str, dict[str, Callable[[Alice], Any]]] = {
    "s3": {
        "a session token that is none": lambda a: a.put(a.with_keys(*a.keys[:2], "bogus")),
        "an unknown key": lambda a: a.put(a.with_keys("AKNOPE", "secret", None)),
        "a wrong secret": lambda a: a.put(a.with_keys(a.keys[0], "wrong", a.keys[2])),
        "another's folder": lambda a: a.put(key=a.bobs),
        "another's file by HEAD": lambda a: a.client.head_object(Bucket=a.bucket, Key=a.bobs),
        "a bucket that is not there": lambda a: a.administrator().get_object(
            Bucket="nowhere", Key="x"
        ),
        "a bucket of another name": lambda a: a.put(a.administrator(), Bucket="NoWhere_"),
        "another MD5": lambda a: a.put(ContentMD5="1B2M2Y8AsgTpgAmY7PhCfg=="),
        "no MD5": lambda a: a.put(ContentMD5="xx"),
        "small parts": lambda a: a.complete([1, 2]),
        "parts in disorder": lambda a: a.complete([2, 1]),
        "parts of other content": lambda a: a.complete([1, 2], ['"0"', '"0"']),
        "a part of no upload": lambda a: a.client.upload_part(
            Bucket=a.bucket, Key=a.key, UploadId="none", PartNumber=1, Body=b"x"
        ),
        "a file that is not there": lambda a: a.client.get_object(
            Bucket=a.bucket, Key=f"{a.folder}/none"
        ),
        "the same by HEAD": lambda a: a.client.head_object(Bucket=a.bucket, Key=f"{a.folder}/none"),
        "bytes that are not there": lambda a: a.client.get_object(
            Bucket=a.bucket, Key=a.key, Range="bytes=100-200"
        ),
        "a long name": lambda a: a.put(key=f"{a.folder}/{'x' * 1100}"),
        "a file that must not be there": lambda a: a.put(IfNoneMatch="*"),
        "encryption": lambda a: a.put(ServerSideEncryption="aws:kms"),
    },
    "sts": {
        "a token with a wrong signature": lambda a: a.assume(a.token[:-4] + "AAAA"),
        "a token that has expired": lambda a: a.assume(sign_token(a.provider, exp=1)),
        "a token for later": lambda a: a.assume(
            sign_token(a.provider, nbf=int(time.time()) + 3600)
        ),
        "a token of another client": lambda a: a.assume(sign_token(a.provider, azp="other")),
        "another role": lambda a: a.assume(RoleArn="arn:aws:iam::000000000000:role/Unheard"),
        "a long session": lambda a: a.assume(DurationSeconds=50_000),
        "a short session": lambda a: a.assume(DurationSeconds=10),
        "a session with a colon": lambda a: a.assume(RoleSessionName="at:noon"),
        "a session without a name": lambda a: a.assume(RoleSessionName=""),
        "a policy that is none": lambda a: a.assume(Policy="nonsense"),
    },
    "link": {
        "another signature": lambda a: a.link()[:-4] + "0000",
        "one that was cut": lambda a: a.link()[:-10],
        "one that was cut before the signature": lambda a: a.link().partition("&X-Amz-Sig")[0],
        "one with more behind it": lambda a: a.link() + "&x=1",
        "one without all that follows the ?": lambda a: a.link().partition("?")[0],
        "one copied from HTML": lambda a: a.link().replace("&", "&amp;"),
        "one for another's file": lambda a: a.link(a.bobs),
        "one for a file that is not there": lambda a: a.link(f"{a.folder}/none"),
        "one for more than a week": lambda a: a.link(seconds=700_000),
    },
}


@pytest.mark.parametrize("what", S3)
def test_what_storage_answers(alice: Alice, what: str) -> None:
    with pytest.raises(ClientError) as caught:
        ASKING["s3"][what](alice)
    assert read_s3(caught.value, S3[what]).request_id


@pytest.mark.parametrize("what", STS)
def test_what_its_login_service_answers(alice: Alice, what: str) -> None:
    # Given
    row = row_of("sts", STS[what])
    # When
    with pytest.raises(ClientError) as caught:
        ASKING["sts"][what](alice)
    # Then
    answer = sts_answers.STSAnswer.of(caught.value)
    assert answer
    assert find("sts", answer.response).sign.name == STS[what], caught.value
    told = answer.error()
    assert type(told) is sts_answers.ERRORS[row.meaning]
    assert told.request_id
    assert told.who == row.who
    see_words(told.message, told.todo, row)


@pytest.mark.parametrize("what", LINKS)
def test_what_the_reader_of_a_link_is_answered(alice: Alice, what: str) -> None:
    told = read_link(ASKING["link"][what](alice), LINKS[what])
    assert told.request_id


def test_a_link_that_has_expired(alice: Alice, clock_off: Callable[[int], None]) -> None:
    clock_off(-3600)
    told = read_link(alice.link(), "AccessDenied: request has expired")
    assert (told.meaning, told.who, told.todo) == ("expired", "you", "Make a new link.")


def test_a_link_by_head_and_beyond_the_end(alice: Alice) -> None:
    read_link(alice.link(), "403 (HEAD)", "HEAD")
    read_link(alice.link(), "InvalidRange", headers={"Range": "bytes=100-200"})


@pytest.mark.parametrize(("seconds", "said"), [(3600, "ahead"), (-3600, "behind")])
def test_a_clock_that_is_wrong(
    alice: Alice, clock_off: Callable[[int], None], seconds: int, said: str
) -> None:
    # Given
    clock_off(seconds)
    # When
    with pytest.raises(ClientError) as caught:
        alice.put()
    # Then: our clock is right here, only the signature's was not
    told = read_s3(caught.value, "RequestTimeTooSkewed")
    assert "right now, but it was not" in told.message
    assert told.who == "you"
    # When: the whole machine's is wrong
    from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer

    heard = ProviderAnswer.from_boto(caught.value.response)
    assert heard.server_time
    wrong = ProviderAnswer(server_time=heard.server_time, at=heard.at + timedelta(seconds=seconds))
    assert wrong.skew == f"60 minutes {said}"


def test_a_session_that_has_ended(late_alice: Alice) -> None:
    # Given
    link = late_alice.link(seconds=3600)
    # When / Then
    with pytest.raises(ClientError) as caught:
        late_alice.put()
    assert read_s3(caught.value, "InvalidAccessKeyId").code == "storage_credentials_expired"
    assert read_link(link, "InvalidAccessKeyId").meaning == "session_expired"
