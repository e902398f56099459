"""Our signatures are botocore's; a kept key is of no other day, session or region."""

from __future__ import annotations

import hmac
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.s3.signing import RequestSigner, with_clock

BEGIN = datetime(2026, 11, 26, 23, 59, tzinfo=timezone.utc)


def signature(signer: type[Any], number: int, day: datetime) -> str:
    keys = ReadOnlyCredentials(f"AK{number}", f"SK{number}", f"ST{number}")
    request = AWSRequest("GET", "https://storage.example/bucket/key")
    request.context = {"timestamp": day.strftime("%Y%m%dT%H%M%SZ")}
    made = signer(keys, "s3", f"region-{number % 2}").signature("what is signed", request)
    return str(made)


@pytest.mark.parametrize("at_once", [1, 8])
def test_it_is_as_botocores(at_once: int) -> None:
    signer = with_clock(lambda: BEGIN, S3SigV4Auth)
    wanted = [
        (number, BEGIN + timedelta(minutes=number % 3)) for number in (1, 1, 2, 3, 2, 1) * 500
    ]
    usual = sys.getswitchinterval()
    # When
    sys.setswitchinterval(1e-6)  # threads meet everywhere
    with ThreadPoolExecutor(at_once) as threads:
        made = list(threads.map(lambda what: signature(signer, *what), wanted))
    sys.setswitchinterval(usual)
    # Then
    assert made == [signature(S3SigV4Auth, *what) for what in wanted]


class StoppedClock(ServerClock):
    """Always says the same."""

    def now(self) -> datetime:
        return BEGIN


NAMED = {
    "Host": "storage.example:8333",
    "User-Agent": "is not signed",
    "Content-Type": "text/plain;  charset=utf-8",
    "x-amz-meta-openeo-artifacts-upload": " 0123  4 ",
    "X-Request-ID": "Trace-Me",
}


@pytest.mark.parametrize("query", ["", "partNumber=7&uploadId=a%2Fb%2Bc%3D"])
@pytest.mark.parametrize("path", ["/bucket/key", "/base/b/%C3%84cker%20%25%26%3D~%27/x"])
@pytest.mark.parametrize("more", [{}, {"Content-MD5": "CY9rzUYh03PK3k6DJie09g=="}, {"Expect": "x"}])
def test_headers_are_signed_as_by_botocore(query: str, path: str, more: dict[str, str]) -> None:
    session = Session("AK", "SK", "a token", "subject", BEGIN, BEGIN + timedelta(hours=1))
    clock = StoppedClock()
    named, payload, context = {**NAMED, **more}, "0f" * 32, {}
    # When
    RequestSigner("r-1", Credentials(lambda: session, clock), clock).sign(
        "PUT", (path, query), named, payload, context
    )
    # Then
    url = f"https://storage.example:8333{path}{'?' if query else ''}{query}"
    theirs = AWSRequest("PUT", url, {**NAMED, **more, "X-Amz-Content-SHA256": payload}, b"")
    signer = with_clock(clock.now, S3SigV4Auth)(session.frozen(), "s3", "r-1")
    signer.payload = lambda _: payload
    signer.add_auth(theirs)
    assert named == dict(theirs.headers.items())
    assert "SignedHeaders=" in named["Authorization"]
    assert context


def test_the_key_is_derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = with_clock(lambda: BEGIN, S3SigV4Auth)
    derived: list[bytes] = []
    new = hmac.new

    def hear(key: bytes, message: bytes, how: Any) -> Any:
        derived.append(message)
        return new(key, message, how)

    monkeypatch.setattr(hmac, "new", hear)
    # When
    for _ in range(3):
        signature(signer, 1, BEGIN)
    # Then
    assert derived.count(b"aws4_request") == 1
