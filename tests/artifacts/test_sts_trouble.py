"""What answers in the login service's place, and what a refused login's own token tells."""

from __future__ import annotations

import base64
import json
import os
import ssl
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.artifacts import sts as sts_module
from jupyter_openeo_artifacts.artifacts.access_token import TokenClaims
from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactsException,
    LoginRefused,
    NoUsableLogin,
    StorageClocksDiffer,
    StorageLoginUnreachable,
    StorageLoginUntrusted,
)
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.journal.journal import Journal, new_token
from jupyter_openeo_artifacts.s3.credentials import Credentials
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.transfer.config import RetryPolicy, TransferConfig
from jupyter_openeo_artifacts.transfer.upload import upload_object
from tests.artifacts.login_service import LoginService, sts_sessions
from tests.error_catalog.products import aws_sts, fakes3pp_sts, page
from tests.faults import objects
from tests.faults.clients import our_client
from tests.faults.effects import Do, Fault
from tests.faults.stub import BUCKET, Stub
from tests.servers.certificates import make_certificates
from tests.servers.openeo_stub import serving
from tests.support.uploads import Observer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

PART = 1000
LENGTHS = 7
"""As many as a login service may ask for, at the most."""


@pytest.fixture
def address(service: LoginService) -> Iterator[str]:
    with serving(service.answer) as found:
        yield found


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask again at once, and take parts of any size."""
    monkeypatch.setattr(sts_module, "BACKOFF_SECONDS", 0.0)
    monkeypatch.setattr(CancelToken, "wait", lambda self, _: self.cancelled)
    monkeypatch.setattr(objects, "MIN_PART", 1)


STATUSES = (301, 302, 307, 400, 401, 403, 404, 405, 407, 408, 411, 418, 429)
STATUSES += (500, 501, 502, 503, 504, 511, 520)
BODIES = {
    "HTML": ("text/html", b"<!DOCTYPE html><html><form>Hotel log-in</form></html>"),
    "page": ("text/html", page(403).encode()),
    "text": ("text/plain", b"default backend"),
    "empty": ("text/plain", b""),
    "other XML": ("text/xml", b"<ListBucketResult/>"),
}
TROUBLE = {
    **{f"{s} {b}": (s, *BODIES[b]) for s in (200, *STATUSES) for b in BODIES},
    "500 InternalError": (500, "text/xml", fakes3pp_sts("InternalError", "Try again.").encode()),
    "503 SlowDown": (503, "text/xml", fakes3pp_sts("SlowDown", "Slow down.").encode()),
}
NO = {
    "AccessDenied": (403, LoginRefused),
    "InvalidIdentityToken": (400, NoUsableLogin),
    "ExpiredTokenException": (400, NoUsableLogin),
    "NoSuchEntity": (404, ArtifactsException),
}


@pytest.mark.parametrize("what", TROUBLE)
def test_what_answers_in_place_of_a_service_that_was_reached_passes(
    service: LoginService, address: str, what: str
) -> None:
    # Given
    made = sts_sessions(address)
    made.obtain()
    service.trouble = [TROUBLE[what]] * LENGTHS
    # When
    with pytest.raises(StorageLoginUnreachable) as caught:
        made.obtain()
    # Then
    assert caught.value.who == "wait"
    assert caught.value.todo
    assert service.refused <= 3
    service.trouble = []
    assert made.obtain().subject == "alice"


def test_another_certificate_of_a_service_that_was_reached_passes(
    service: LoginService, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a network's log-in page comes in between, which has a certificate of its own
    (tmp_path / "own").mkdir()
    (tmp_path / "other").mkdir()
    own, other = (make_certificates(tmp_path / name) for name in ("own", "other"))
    monkeypatch.setenv("AWS_CA_BUNDLE", str(own.authority))
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(own.certificate, own.key)

    def answer(*_: Any) -> tuple[int, dict[str, str], bytes]:
        status, headers, body = service.answer()
        return status, {**headers, "Connection": "close"}, body  # a line shows one certificate

    with serving(answer, tls=tls) as address:
        made = sts_sessions(address)
        made.obtain()
        tls.load_cert_chain(other.certificate, other.key)
        # When
        with pytest.raises(StorageLoginUnreachable, match="answers in its place") as caught:
            made.obtain()
        # Then: of one that has granted nothing yet the address or the machine is wrong
        assert caught.value.who == "wait"
        assert "certificate is not trusted" in caught.value.message
        with pytest.raises(StorageLoginUntrusted):
            sts_sessions(address).obtain()
        # Then
        tls.load_cert_chain(own.certificate, own.key)
        assert made.obtain().subject == "alice"
        assert service.granted == 2


@pytest.mark.parametrize("what", NO)
def test_an_explicit_no_is_one_however_often_it_was_a_yes(
    service: LoginService, address: str, what: str
) -> None:
    # Given
    made = sts_sessions(address)
    made.obtain()
    status, kind = NO[what]
    service.trouble = [(status, "text/xml", aws_sts(what, "No.").encode())]
    # When / Then
    with pytest.raises(kind) as caught:
        made.obtain()
    assert caught.value.who != "wait"
    assert service.refused == 1


@pytest.mark.parametrize("status", [408, 429, 502, 503, 504])
@pytest.mark.parametrize("body", BODIES)
def test_a_status_that_passes_is_known_without_a_document(
    service: LoginService, address: str, status: int, body: str
) -> None:
    service.trouble = [(status, *BODIES[body])] * LENGTHS
    with pytest.raises(StorageLoginUnreachable):
        sts_sessions(address).obtain()
    assert service.refused == 3


@pytest.mark.parametrize("what", ["404 text", "429 empty", "403 HTML", "200 HTML", "302 empty",
                                  "500 empty", "500 InternalError"])  # fmt: skip
def test_an_upload_whose_session_ends_waits_for_the_service(
    storage: Stub, service: LoginService, address: str, what: str, tmp_path: Path
) -> None:
    # Given: the session ends in the middle, and something answers in the service's place
    clock = ServerClock()
    credentials = Credentials(sts_sessions(address).obtain, clock)
    client = our_client(storage, credentials, clock)

    def end(_: object) -> None:
        storage.end_sessions()
        service.trouble = [TROUBLE[what]] * 8

    storage.add(Fault("UploadPart", Do(end), part=2))
    journal = Journal.none()
    journal.note_plan(new_token(), PART)
    path = tmp_path / "field.tif"
    path.write_bytes(os.urandom(3 * PART))
    source = FileSource.from_path(path)
    told: list[OpenEOArtifactsError | None] = []
    # When
    upload_object(
        client,
        bucket=BUCKET,
        key="me/field.tif",
        source=source,
        content_type="image/tiff",
        observer=Observer(on_retrying=told.append),
        credentials=credentials,
        config=TransferConfig(retry=RetryPolicy(report_after=0.0), watch_every=60.0),
        journal=journal,
    )
    source.close()
    # Then
    assert service.granted == 2
    assert not service.trouble
    assert isinstance(told[0], StorageLoginUnreachable)
    assert told[-1] is None
    assert "me/field.tif" in storage.objects.objects


def jwt(**claims: object) -> str:
    text = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"e30.{text}.c2ln"


UNTOLD = (400, "text/xml", fakes3pp_sts("InvalidParameterValue", "invalid webidentity token.").encode())  # fmt: skip  # noqa: E501
ISSUER = "https://aai.egi.eu/auth/realms/egi"
AGES = {
    "ended": ({"exp": -60, "iss": ISSUER}, NoUsableLogin, "Sign in again."),
    "fresh": ({"exp": 600, "iss": ISSUER}, LoginRefused, "Sign in by another provider"),
    "not valid yet": ({"exp": 600, "nbf": 300, "iss": ISSUER}, StorageClocksDiffer, "Wait"),
    "fresh, of nobody": ({"exp": 600}, NoUsableLogin, "Sign in again."),
    "without an end": ({"iss": ISSUER}, NoUsableLogin, "Sign in again."),
}


@pytest.mark.parametrize("age", AGES)
def test_what_a_refused_login_says_of_itself_is_said(
    storage: Stub, service: LoginService, address: str, age: str
) -> None:
    # Given: fakes3pp has one text for all that can be wrong with a token
    claims, kind, todo = AGES[age]
    now = storage.now().timestamp()
    times = {name: now + claims[name] for name in ("exp", "nbf") if name in claims}
    token = jwt(**{**claims, **times})
    service.trouble = [UNTOLD]
    # When
    with pytest.raises(ArtifactsException) as caught:
        sts_sessions(address, lambda: token).obtain()
    # Then
    assert type(caught.value) is kind
    assert todo in caught.value.todo
    assert ("aai.egi.eu" in caught.value.message) == (kind is LoginRefused)
    assert caught.value.request_id == "REQ42"
    assert token not in str(caught.value)


SILENT = b"<Error><Code>AccessDenied</Code><RequestId>REQ42</RequestId></Error>"
DOUBTFUL = {"fakes3pp": UNTOLD, "Ceph": (403, "text/xml", SILENT)}


@pytest.mark.parametrize("who", DOUBTFUL)
def test_a_service_that_has_granted_sessions_takes_logins_of_that_issuer(
    storage: Stub, service: LoginService, address: str, who: str
) -> None:
    # Given: a session was granted, and the next fresh token is refused (revoked, or a broken STS)
    token = jwt(exp=storage.now().timestamp() + 600, iss=ISSUER)
    made = sts_sessions(address, lambda: token)
    made.obtain()
    service.trouble = [DOUBTFUL[who]]
    # When
    with pytest.raises(NoUsableLogin) as caught:
        made.obtain()
    # Then: signing in again may help, so what is under way is kept for it
    assert caught.value.code == "not_signed_in"
    assert "does not take logins" not in caught.value.message


@pytest.mark.parametrize(
    "token",
    [
        "opaque",
        "a.b.c",
        "..",
        f"e30.{'A' * 70_000}.c2ln",
        jwt(iss=7, exp="soon", nbf=True),
        jwt(iss="https://[", exp=1e300, nbf=[]),
        jwt(iss="https://evil host\n/", exp=None),
        "e30.W10.c2ln",
    ],
)
def test_an_odd_token_says_nothing(token: str) -> None:
    assert TokenClaims.of(token) == TokenClaims()
