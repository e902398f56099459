"""The day's signing key is kept, and never used for another day, session or region."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import ReadOnlyCredentials

from jupyter_openeo_artifacts.s3.signing import with_clock

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


def test_the_key_is_derived_once(monkeypatch: pytest.MonkeyPatch) -> None:
    signer = with_clock(lambda: BEGIN, S3SigV4Auth)
    derived: list[str] = []
    sign = S3SigV4Auth._sign

    def hear(self: Any, key: bytes, message: str, hex: bool = False) -> Any:  # noqa: A002, FBT001, FBT002
        derived.append(message)
        return sign(self, key, message, hex)

    monkeypatch.setattr(S3SigV4Auth, "_sign", hear)
    # When
    for _ in range(3):
        signature(signer, 1, BEGIN)
    # Then
    assert derived.count("aws4_request") == 1
    assert derived.count("what is signed") == 3
