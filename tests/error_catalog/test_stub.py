"""Each answer that no server of the tests gives, over real HTTP, through our own clients."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.artifacts import sts as sts_module
from jupyter_openeo_artifacts.artifacts import sts_errors as sts_answers
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactsException
from jupyter_openeo_artifacts.auth import oauth_client as refusal
from jupyter_openeo_artifacts.auth.exceptions import LoginProviderFailed, LoginProviderUnreachable
from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
from jupyter_openeo_artifacts.auth.provider_metadata import LoginProvider
from jupyter_openeo_artifacts.s3 import client as clients
from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.s3.settings import DISABLE_TRACING_TRACE_ID as TRACE
from jupyter_openeo_artifacts.s3.settings import Storage
from tests.artifacts.login_service import TokenHolder
from tests.error_catalog import cases
from tests.error_catalog.products import SECRET
from tests.error_catalog.reading import read_link, read_s3, row_of, see_words
from tests.error_catalog.stub import running_stub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.error_catalog.stub import Case, Stub

ASKING = {
    "PutObject": lambda client: client.put_object(Bucket="b", Key="k", Body=b"x"),
    "DeleteObject": lambda client: client.delete_object(Bucket="b", Key="k"),
    "UploadPart": lambda client: client.upload_part(
        Bucket="b", Key="k", UploadId="u", PartNumber=1, Body=b"x"
    ),
}
TRIES = 3  # of one that is busy, at a helper's first request


@pytest.fixture(scope="module")
def stub() -> Iterator[Stub]:
    with running_stub() as running:
        yield running


@pytest.fixture(scope="module")
def storage(stub: Stub) -> Storage:
    return Storage(stub.url, stub.url, TRACE, "role", "b", {}, "us-east-1", 43_200, "p")


@pytest.fixture(scope="module")
def s3_client(storage: Storage) -> Any:
    end = datetime.now(timezone.utc) + timedelta(hours=1)
    session = Session("AKTEST", "secret", "token", "subject", datetime.now(timezone.utc), end)
    return clients.s3_client(storage, Credentials(lambda: session), ServerClock())


@pytest.mark.parametrize("case", cases.S3, ids=str)
def test_what_storage_answers(stub: Stub, s3_client: Any, case: Case) -> None:
    # Given
    stub.answers(case)
    # When
    with pytest.raises(ClientError) as caught:
        ASKING[case.asked](s3_client)
    # Then
    told = read_s3(caught.value, case.sign)
    if "REQ42" in str(case.body):
        assert told.request_id == "REQ42"


def test_a_wrong_clock_is_said_with_its_minutes(stub: Stub, s3_client: Any) -> None:
    # Given
    stub.answers(cases.SKEWED)
    # When
    with pytest.raises(ClientError) as caught:
        ASKING["PutObject"](s3_client)
    # Then
    told = read_s3(caught.value, cases.SKEWED.sign)
    assert "this machine's clock is 47 minutes ahead" in told.message
    assert told.who == "you"
    assert "clock" in told.todo


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sts_module, "BACKOFF_SECONDS", 0.0)


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("case", cases.STS, ids=str)
def test_what_a_login_service_answers(stub: Stub, storage: Storage, case: Case) -> None:
    # Given
    row = row_of("sts", case.sign)
    stub.answers(case)
    # When
    with pytest.raises(ArtifactsException) as caught:
        sts_module.STSSessions(storage, TokenHolder(lambda: SECRET), ServerClock()).obtain()
    # Then
    told = caught.value
    assert type(told) is sts_answers.ERRORS[row.meaning]
    assert told.who == row.who
    assert told.message.startswith(row.says.removesuffix("."))
    see_words(told.message, told.todo, row)
    if "REQ42" in str(case.body):
        assert told.request_id == "REQ42"
    times = {"again": TRIES, "few": TRIES, "shorter": len(sts_module.LENGTHS)}
    assert stub.times == times.get(row.kind, 1), row.kind


@pytest.mark.parametrize("case", cases.OIDC, ids=str)
def test_what_a_login_provider_answers(stub: Stub, case: Case) -> None:
    # Given
    row = row_of("oidc", case.sign)
    stub.answers(case)
    # When
    told = asked_for_tokens(provider(f"{stub.url}/token"), case.asked)
    # Then
    assert type(told) is refusal.ERRORS[row.meaning]
    assert told.who == row.who
    says = row.says.format(at="Test login").removesuffix(".")
    assert told.message.startswith(says)
    assert told.todo == row.todo
    assert SECRET not in told.todo


def test_a_login_provider_that_is_none_is_said(stub: Stub) -> None:
    stub.answers(cases.link("", 404, "<a/>"))
    told = asked_for_tokens(provider(f"{stub.url}/token"), "refresh_token")
    assert isinstance(told, LoginProviderFailed)


@pytest.mark.parametrize("case", cases.LINK, ids=str)
def test_what_the_reader_of_a_link_is_answered(stub: Stub, case: Case) -> None:
    stub.answers(case)
    told = read_link(f"{stub.url}/b/k?X-Amz-Signature={SECRET}", case.sign, case.asked)
    if "REQ42" in str(case.body):
        assert told.request_id == "REQ42"


def provider(endpoint: str, client_id: str = "c", secret: str | None = None) -> LoginProvider:
    """Return a login provider of which only the token endpoint counts."""
    return LoginProvider(
        id="op",
        title="Test login",
        issuer=endpoint,
        client_id=client_id,
        client_secret=secret,
        pkce=False,
        scope="openid",
        lasting_scope="openid",
        narrow_scope="openid",
        token_endpoint=endpoint,
        device_endpoint=None,
        revocation_endpoint=None,
        basic_only=False,
        authorization_parameters={},
    )


def asked_for_tokens(provider: LoginProvider, grant: str, **fields: str) -> Exception:
    """Ask for tokens in vain; return what is said."""
    try:
        OAuthClient(provider).tokens(grant_type=grant, **fields)
    except refusal.Refused as refused:
        return refused.explained(provider.title)
    except (LoginProviderUnreachable, LoginProviderFailed) as error:
        return error
    raise AssertionError("there are tokens")


def test_a_provider_that_is_busy_for_a_moment_ends_no_login(stub: Stub) -> None:
    stub.answers(cases.oidc("temporarily_unavailable", "refresh_token"))
    with pytest.raises(LoginProviderUnreachable):  # and not `Refused`, which would end it
        OAuthClient(provider(f"{stub.url}/token")).tokens(grant_type="refresh_token")
