"""SigV4 signers that date requests by the storage's clock."""

from __future__ import annotations

import hmac
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_s3.client import S3Client

    from jupyter_openeo_artifacts.s3.credentials import Credentials
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from jupyter_openeo_artifacts.s3.settings import Storage


SESSION_TOKEN = "openeo-artifacts-session-token"  # noqa: S105 - names an entry
"""Where a request's context says which session token was sent with it."""

_UNSIGNED_HEADERS = ("user-agent", "expect")  # of what is sent here, botocore signs all but these


@lru_cache(maxsize=16)  # an upload's requests all have the same headers
def _signed(names: tuple[str, ...]) -> tuple[list[tuple[str, str]], str]:
    """Return those of these headers that are signed, in lower case and as given, and their list."""
    lower = sorted([(name.lower(), name) for name in names])
    signed = [each for each in lower if each[0] not in _UNSIGNED_HEADERS]
    return signed, ";".join([each for each, _ in signed])


class _SigningKeys:
    """Derives the key of a day and a session once; for any number of threads."""

    def __init__(self) -> None:
        self._kept: tuple[tuple[str, ...], bytes] = (), b""

    def key(self, secret: str, *scope: str) -> bytes:
        """Return the key for `scope`: day, region and service."""
        known, key = self._kept  # read once: another thread may sign for another session
        if known != (secret, *scope):
            key = f"AWS4{secret}".encode()
            for told in (*scope, "aws4_request"):
                key = _hmac(key, told)
            self._kept = (secret, *scope), key
        return key


def _hmac(key: bytes, text: str) -> bytes:
    """Return HMAC-SHA256.

    Not by `hmac.digest`, which hands Python's lock on for each of some hundred bytes.
    """
    return hmac.new(key, text.encode(), sha256).digest()


class RequestSigner:
    """Signs the headers of requests to S3, byte for byte as botocore's `S3SigV4Auth` does.

    With a quarter of its work: a request of ours has each header once, and its body's hash is
    known. Steps: https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
    """

    def __init__(self, region: str, credentials: Credentials, clock: ServerClock) -> None:
        self._region = region
        self._credentials = credentials
        self._clock = clock
        self._keys = _SigningKeys()

    def sign(
        self,
        method: str,
        target: tuple[str, str],
        headers: dict[str, str],
        payload: str,
        context: dict[str, Any],
    ) -> None:
        """Put date, session token, payload hash and signature into `headers`.

        Parameters
        ----------
        target
            Path and query of the URL, both percent-encoded; the query sorted by name.
        headers
            All that are sent, `Host` too, but for `Content-Length`.
        payload
            SHA-256 of the body in hex, or `UNSIGNED-PAYLOAD`.
        context
            The request's; told which session token was sent, and by which clock it was dated.
        """
        session = self._credentials.current()
        self._clock.begin(context)
        context[SESSION_TOKEN] = session.token
        date = self._clock.now().strftime("%Y%m%dT%H%M%SZ")
        headers["X-Amz-Date"] = date
        headers["X-Amz-Security-Token"] = session.token
        headers["X-Amz-Content-SHA256"] = payload
        signed, names = _signed(tuple(headers))
        lines = [f"{lower}:{' '.join(headers[name].split())}" for lower, name in signed]
        request = "\n".join((method, *target, *lines, "", names, payload))
        scope = f"{date[:8]}/{self._region}/s3/aws4_request"
        text = f"AWS4-HMAC-SHA256\n{date}\n{scope}\n{sha256(request.encode()).hexdigest()}"
        key = self._keys.key(session.secret_key, date[:8], self._region, "s3")
        signature = _hmac(key, text).hex()
        headers["Authorization"] = (
            f"AWS4-HMAC-SHA256 Credential={session.access_key}/{scope}, "
            f"SignedHeaders={names}, Signature={signature}"
        )


def with_clock(now: Callable[[], datetime], signer: type[Any]) -> type[Any]:
    """Return `signer`, one of botocore's for SigV4, with the time taken from `now`.

    botocore itself asks this machine's clock, inside `add_auth` (as of 1.36 to 1.44); what it then
    prepares, signs and sends is all read from the request's context.
    """
    keys = _SigningKeys()

    class Dated(signer):  # type: ignore[misc]
        def _modify_request_before_signing(self, request: Any) -> None:
            request.context["timestamp"] = now().strftime("%Y%m%dT%H%M%SZ")
            super()._modify_request_before_signing(request)

        def signature(self, string_to_sign: Any, request: Any) -> Any:
            day = request.context["timestamp"][:8]
            secret = self.credentials.secret_key
            key = keys.key(secret, day, self._region_name, self._service_name)
            return self._sign(key, string_to_sign, hex=True)

    return Dated


def sign_requests(
    client: S3Client, *, storage: Storage, credentials: Credentials, clock: ServerClock
) -> None:
    """Have every request of `client` signed here, with the session that is current then.

    botocore's own signer is told to leave them alone by its events, so that nothing is changed
    that another client in this process uses.
    """
    from botocore import UNSIGNED
    from botocore.auth import S3SigV4Auth

    signer = with_clock(clock.now, S3SigV4Auth)

    def leave(**_: Any) -> Any:
        return UNSIGNED

    def sign(request: Any, **_: Any) -> None:
        frozen = credentials.current().frozen()
        request.context[SESSION_TOKEN] = frozen.token
        signer(frozen, "s3", storage.region).add_auth(request)

    client.meta.events.register_first("choose-signer.s3", leave)
    client.meta.events.register_last("before-sign.s3", sign)
