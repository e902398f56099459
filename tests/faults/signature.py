"""Who asks: Signature Version 4, checked anew by botocore's signer over what has arrived.

https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from hmac import compare_digest
from typing import TYPE_CHECKING

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.faults.answer import Refused, refuse

if TYPE_CHECKING:
    from tests.faults.request import Request

REGION = "waw3-1"
SKEW = timedelta(minutes=15)
_FORM = re.compile(
    r"AWS4-HMAC-SHA256 Credential=(?P<key>[^/]+)/(?P<day>\d{8})/(?P<region>[^/]+)/s3/aws4_request,"
    r" ?SignedHeaders=(?P<signed>[^,]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Key:
    """One set of credentials that the stub knows; `ends` in its own time, None is never."""

    access_key: str
    secret_key: str
    token: str | None = None
    ends: datetime | None = None


def check(request: Request, keys: dict[str, Key], now: datetime, expired: Refused) -> None:
    """Raise `Refused` unless `request` is signed by one of `keys`, now.

    Parameters
    ----------
    expired
        What this storage says of a session that is over.
    """
    found = _FORM.fullmatch(request.headers.get("authorization", ""))
    if not found:
        raise refuse(403, "AccessDenied", "no signature")
    key = keys.get(found["key"])
    if key is None:
        raise refuse(403, "InvalidAccessKeyId")
    if found["region"] != REGION:
        raise refuse(400, "AuthorizationHeaderMalformed", more=f"<Region>{REGION}</Region>")
    if request.headers.get("x-amz-security-token") != key.token:
        raise refuse(400, "InvalidToken")
    _check_time(request, found["day"], now)
    _check_coverage(request, found["signed"].split(";"))
    if not compare_digest(_sign(request, key, found["signed"].split(";")), found["signature"]):
        raise refuse(403, "SignatureDoesNotMatch")
    if key.ends is not None and now >= key.ends:
        raise expired


def _check_time(request: Request, day: str, now: datetime) -> None:
    stamp = request.headers.get("x-amz-date", "")
    try:
        then = datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    except ValueError:
        raise refuse(403, "AccessDenied", "no date") from None
    if not stamp.startswith(day):
        raise refuse(400, "AuthorizationHeaderMalformed", "the days differ")
    if abs(then - now) > SKEW:
        told = (
            f"<RequestTime>{stamp}</RequestTime><ServerTime>{now:%Y-%m-%dT%H:%M:%SZ}</ServerTime>"
        )
        raise refuse(403, "RequestTimeTooSkewed", more=told)


def _check_coverage(request: Request, signed: list[str]) -> None:
    """Refuse a request of which a header that matters could have been changed on the way."""
    needed = {"host", "content-type", "content-md5"} & set(request.headers) | {"host"}
    needed |= {name for name in request.headers if name.startswith("x-amz-")}
    if missing := needed - set(signed):
        raise refuse(403, "AccessDenied", f"not signed: {sorted(missing)}")


def _sign(request: Request, key: Key, signed: list[str]) -> str:
    signer = S3SigV4Auth(Credentials(key.access_key, key.secret_key, key.token), "s3", REGION)
    headers = {name: request.headers.get(name, "") for name in signed}
    seen = AWSRequest(
        request.method, f"http://{request.headers.get('host')}{request.target}", headers
    )
    seen.context["timestamp"] = request.headers["x-amz-date"]
    text = signer.string_to_sign(seen, signer.canonical_request(seen))
    return str(signer.signature(text, seen))
