"""SigV4 signers that date requests by the storage's clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from mypy_boto3_s3.client import S3Client

    from jupyter_openeo_artifacts.s3.credentials import Credentials
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from jupyter_openeo_artifacts.s3.settings import Storage


PAYLOAD = "openeo-artifacts-payload"
"""Where a request's context says what to sign in place of its body's SHA-256."""


SESSION_TOKEN = "openeo-artifacts-session-token"  # noqa: S105 - names an entry
"""Where a request's context says which session token was sent with it."""


def with_clock(now: Callable[[], datetime], signer: type[Any]) -> type[Any]:
    """Return `signer`, one of botocore's for SigV4, with the time taken from `now`.

    botocore itself asks this machine's clock, inside `add_auth` (as of 1.36 to 1.44); what it then
    prepares, signs and sends is all read from the request's context.
    """
    kept: tuple[Any, bytes] = None, b""  # the signing key of a day and a session

    class Dated(signer):  # type: ignore[misc]
        _to_sign: Any = None

        def _modify_request_before_signing(self, request: Any) -> None:
            self._to_sign = None
            request.context["timestamp"] = now().strftime("%Y%m%dT%H%M%SZ")
            super()._modify_request_before_signing(request)

        def headers_to_sign(self, request: Any) -> Any:
            if self._to_sign is None:  # asked for twice, of the same headers
                self._to_sign = super().headers_to_sign(request)
            return self._to_sign

        def canonical_headers(self, headers_to_sign: Any) -> Any:
            # botocore looks for each name among all; here, as a rule, each is there once.
            found = sorted(headers_to_sign.items())
            if len(dict(found)) != len(found) or not all(type(told) is str for _, told in found):
                return super().canonical_headers(headers_to_sign)
            return "\n".join([f"{name}:{' '.join(told.split())}" for name, told in found])

        def signature(self, string_to_sign: Any, request: Any) -> Any:
            nonlocal kept
            secret, day = self.credentials.secret_key, request.context["timestamp"][:8]
            of = (secret, day, self._region_name, self._service_name)
            known, key = kept  # read once: another thread may sign for another session
            if known != of:
                key = f"AWS4{secret}".encode()
                for told in (*of[1:], "aws4_request"):
                    key = self._sign(key, told)
                kept = of, key
            return self._sign(key, string_to_sign, hex=True)

        def payload(self, request: Any) -> Any:
            # Our bodies know their hash; asked for it, botocore would read them once more.
            known = request.context.get(PAYLOAD) or getattr(request.data, "sha256", None)
            return known or super().payload(request)

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
