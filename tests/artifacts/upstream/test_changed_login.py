"""What we do otherwise on the way from a login to a session, and how long one lasts."""

from __future__ import annotations

import re
import time
import warnings
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import openeo
import pytest
from botocore.exceptions import ClientError, ProfileNotFound
from openeo.extra.artifacts.exceptions import InvalidProviderConfig, ProviderSpecificException
from openeo.rest.auth.auth import BasicBearerAuth, OidcBearerAuth
from openeo.rest.auth.oidc import OidcRefreshTokenAuthenticator

from jupyter_openeo_artifacts.demo import LocalProvider
from tests.artifacts.upstream.sides import OURS, UPSTREAM, Ground, fetched
from tests.limits import AT_MOST
from tests.servers.provider import CLIENT, other_backend, sign_token, tokens

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ATTEMPTS = 4
SHORT = 3
"""Seconds of a session that a test waits for the end of."""


@contextmanager
def masked() -> Iterator[pytest.ExceptionInfo[RuntimeError]]:
    """Upstream says the same of whatever went wrong."""
    with pytest.raises(RuntimeError, match=r"^Could not get credentials from STS$") as caught:
        yield caught


@pytest.fixture
def basic(ground: Ground) -> Iterator[openeo.Connection]:
    """Yield a connection with name and password for a bearer, as some backends make it."""
    with ground.backend(ground.entry()) as address:
        connection = openeo.connect(address)
        connection.describe_account = dict  # which such a backend answers
        connection.auth = BasicBearerAuth("YWxpY2U6cGFzc3dvcmQ=")
        yield connection


def test_basic_auth_is_never_sent_to_sts(
    ground: Ground, basic: openeo.Connection, slept: list[float]
) -> None:
    """The password is none of the storage's business."""
    with masked():
        UPSTREAM.build(basic)
    assert {form["WebIdentityToken"] for form in ground.shim.asked} == {"YWxpY2U6cGFzc3dvcmQ="}
    ground.shim.asked.clear()
    with pytest.raises(ProviderSpecificException, match="OpenID Connect"):
        OURS.build(basic)
    assert ground.shim.asked == []


def test_the_fresh_token_goes_to_sts(ground: Ground, slept: list[float]) -> None:
    """An ended token is renewed before it is shown to storage, not after it was refused."""
    asked = []
    for side in (UPSTREAM, OURS):
        # Given: a login that can be renewed, whose token has ended
        with ground.backend(ground.entry()) as address:
            connection = openeo.connect(address)
            # A login that has not traded its token in; openEO's client makes none in public.
            _, client = connection._get_oidc_provider_and_client_info(  # noqa: SLF001
                "demo", CLIENT, None
            )
            refresh = tokens(ground.provider)["refresh_token"]
            renewer = OidcRefreshTokenAuthenticator(client, refresh)
            connection._oidc_auth_renewer = renewer  # noqa: SLF001
            ended = sign_token(ground.provider, exp=1)
            connection.auth = OidcBearerAuth(provider_id="demo", access_token=ended)
            # When
            ground.shim.asked.clear()
            side.build(connection)
        asked.append([form["WebIdentityToken"] == ended for form in ground.shim.asked])
    # Then
    assert asked == [[True, False], [False]]


def test_a_session_has_a_name_that_every_sts_takes(
    ground: Ground, slept: list[float], file: Path
) -> None:
    """AWS's own pattern for RoleSessionName has no ':' in it, and SeaweedFS and Ceph keep to it."""
    with ground.backend(ground.entry(sts_endpoint=ground.provider.sts)) as address:
        connection = ground.connect(address)
        with masked() as caught:
            UPSTREAM.build(connection)
        assert "RoleSessionName" in str(caught.value.__cause__)
        assert OURS.build(connection).upload_file(file)
    with ground.helpers():
        names = [form["RoleSessionName"] for form in ground.shim.asked]
    assert [bool(re.fullmatch(r"[\w+=,.@-]{2,64}", name)) for name in names] == [False, True]


def test_a_role_with_a_shorter_maximum_is_taken(ground: Ground, slept: list[float]) -> None:
    """An hour is AWS's default for a role; twelve are asked for first, then what is allowed."""
    ground.shim.longest = 3600
    with ground.backend(ground.entry()) as address:
        connection = ground.connect(address)
        with masked():
            UPSTREAM.build(connection)
        assert [form["DurationSeconds"] for form in ground.shim.asked] == ["43200"] * ATTEMPTS
        ground.shim.asked.clear()
        OURS.build(connection)
        hours = [int(form["DurationSeconds"]) // 3600 for form in ground.shim.asked]
        assert hours == [12, 8, 6, 4, 2, 1]


def test_what_cannot_be_helped_fails_at_once_with_its_cause(
    ground: Ground, slept: list[float]
) -> None:
    """Asking four times makes a wrong role no better; who must act wants to know why."""
    with ground.backend(ground.entry(role="arn:aws:iam::role/unheard-of")) as address:
        connection = ground.connect(address)
        with masked() as caught:
            UPSTREAM.build(connection)
        assert isinstance(caught.value.__cause__, ClientError)
        assert (len(ground.shim.asked), len(slept)) == (ATTEMPTS, ATTEMPTS - 1)
        ground.shim.asked.clear()
        began = time.monotonic()
        with pytest.raises(InvalidProviderConfig, match="does not know the role"):
            OURS.build(connection)
        assert len(ground.shim.asked) == 1
        assert time.monotonic() - began < AT_MOST


def test_the_persons_own_aws_settings_have_no_say(
    ground: Ground, slept: list[float], monkeypatch: pytest.MonkeyPatch, file: Path
) -> None:
    """The storage is the backend's; a profile for another one is not meant for it."""
    with ground.backend(ground.entry()) as address:
        connection = ground.connect(address)
        monkeypatch.setenv("AWS_PROFILE", "nobody")
        with masked() as caught:
            UPSTREAM.build(connection)
        assert isinstance(caught.value.__cause__, ProfileNotFound)
        assert OURS.build(connection).upload_file(file)


def test_no_metadata_service_is_asked(ground: Ground, monkeypatch: pytest.MonkeyPatch) -> None:
    """The one call that needs no signature waits for no other credentials; some networks hang."""
    from botocore.exceptions import ConnectTimeoutError
    from botocore.httpsession import URLLib3Session

    called: list[str] = []
    send = URLLib3Session.send

    def sending(self: Any, request: Any) -> Any:
        called.append(str(urlsplit(request.url).hostname))
        if called[-1] != "127.0.0.1":
            raise ConnectTimeoutError(endpoint_url=request.url)
        return send(self, request)

    monkeypatch.setattr(URLLib3Session, "send", sending)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "false")
    with ground.backend(ground.entry()) as address:
        connection = ground.connect(address)
        UPSTREAM.build(connection)
        assert "169.254.169.254" in called
        called.clear()
        OURS.build(connection)
    assert set(called) == {"127.0.0.1"}


@pytest.fixture(scope="module")
def short_lived(shared_ground: Ground) -> Iterator[LocalProvider]:
    with LocalProvider(session_seconds=SHORT) as running:
        yield running


def test_a_session_that_ended_is_renewed(
    ground: Ground, short_lived: LocalProvider, file: Path
) -> None:
    """A helper is made once and used all day; and a link that dies with its session says so."""
    from boto3.exceptions import S3UploadFailedError

    from tests.servers.sts_shim import sts_shim

    with sts_shim(short_lived.sts) as shim:
        there = Ground(short_lived, shim)
        with other_backend(short_lived, {"providers": [there.entry()]}) as address:
            # Given
            connection = there.connect(address)
            mine = OURS.build(connection)
            uri = mine.upload_file(file)
            theirs = UPSTREAM.build(connection)
            with warnings.catch_warnings():
                warnings.simplefilter("error")
                link = theirs.get_presigned_url(uri)
            assert fetched(link).status_code == 200
            with pytest.warns(UserWarning, match="works until"):
                mine.get_presigned_url(uri, 604_800)
            # When
            time.sleep(SHORT + 1)
            # Then: asked for seven days, it is dead
            assert parse_qs(urlsplit(link).query)["X-Amz-Expires"] == ["604800"]
            assert fetched(link).status_code in (400, 403)
            with pytest.raises(S3UploadFailedError, match=r"InvalidAccessKeyId|ExpiredToken"):
                theirs.upload_file(file)
            again = mine.upload_file(file)
            assert fetched(mine.sign(again).url).content == file.read_bytes()


def test_more_than_seven_days_are_cut_with_a_warning(ground: Ground) -> None:
    """SigV4 knows no longer links: a storage that keeps to it refuses them."""
    month = 30 * 86_400
    with ground.helpers() as (theirs, mine):
        uri = OURS.uri(ground.provider.bucket, "a/b")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            links = [theirs.get_presigned_url(uri, month)]
        with pytest.warns(UserWarning, match="works until") as warned:
            links.append(mine.get_presigned_url(uri, month))
        assert {warning.filename for warning in warned} == {__file__}, "the line that asked"
    asked = [parse_qs(urlsplit(link).query)["X-Amz-Expires"][0] for link in links]
    assert asked == [str(month), "604800"]
    assert fetched(links[0]).status_code in (400, 403)
