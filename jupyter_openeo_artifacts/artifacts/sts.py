"""From an openEO login to a storage session, by AssumeRoleWithWebIdentity.

https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
"""

from __future__ import annotations

import random
import secrets
import time
from datetime import UTC
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.artifacts.credentials import Session
from jupyter_openeo_artifacts.artifacts.exceptions import (
    InvalidProviderConfig,
    LoginRefused,
    NoUsableLogin,
    ProviderSpecificException,
    StorageLoginUnreachable,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.exceptions import ClientError

    from jupyter_openeo_artifacts.artifacts.clock import ServerClock
    from jupyter_openeo_artifacts.artifacts.config import Storage

_SHORTER_SESSIONS = (3_600, 900)  # the usual limit of a role, and the least that STS knows
_ATTEMPTS = 3
_BACKOFF_SECONDS = 0.5

_SIGN_IN_AGAIN = {
    "ExpiredTokenException",
    "ExpiredToken",
    "InvalidIdentityToken",
    "IDPRejectedClaim",
}
_NOT_ALLOWED = {"AccessDenied", "AccessDeniedException", "PackedPolicyTooLarge"}
_BAD_SETUP = {"NoSuchEntity", "MalformedPolicyDocument", "RegionDisabledException"}


class SessionDesk:
    """Obtains storage sessions for one login.

    Parameters
    ----------
    access_token
        Returns a fresh OpenID Connect access token; may raise `NoUsableLogin`.
    clock
        Learns the storage's time from what the STS answers.
    """

    def __init__(
        self, storage: Storage, access_token: Callable[[], str], clock: ServerClock
    ) -> None:
        self._storage = storage
        self._clock = clock
        self._access_token = access_token
        self._client: Any = None
        self._seconds = storage.session_seconds

    def obtain(self) -> Session:
        """Return a new session, as long as the provider allows.

        Raises
        ------
        NoUsableLogin
            There is no login, or it has ended.
        LoginRefused, InvalidProviderConfig, ProviderSpecificException
            STS said no, for good.
        StorageLoginUnreachable
            It did not answer.
        """
        from botocore.exceptions import ClientError

        lengths = [self._seconds, *(s for s in _SHORTER_SESSIONS if s < self._seconds)]
        for seconds in lengths[:-1]:
            try:
                return self._assume(seconds)
            except ClientError as error:
                if not _may_be_the_length(error):
                    raise self._explained(error) from error
        try:
            return self._assume(lengths[-1])
        except ClientError as error:
            raise self._explained(error) from error

    def _assume(self, seconds: int) -> Session:
        if self._client is None:
            from jupyter_openeo_artifacts.artifacts.clients import sts_client

            self._client = sts_client(self._storage, self._clock)
        answer = self._patiently(
            lambda: self._client.assume_role_with_web_identity(
                RoleArn=self._storage.role,
                RoleSessionName=f"openeo-artifacts-{secrets.token_hex(4)}",
                WebIdentityToken=self._access_token(),
                DurationSeconds=seconds,
            )
        )
        self._seconds = seconds
        subject = answer.get("SubjectFromWebIdentityToken")
        if not subject:
            raise ProviderSpecificException(
                "Storage's login service did not say who you are (SubjectFromWebIdentityToken).",
                todo="Please tell the backend's provider.",
            )
        given = answer["Credentials"]
        return Session(
            access_key=given["AccessKeyId"],
            secret_key=given["SecretAccessKey"],
            token=given["SessionToken"],
            subject=subject,
            obtained_at=self._clock.now(),
            expires_at=given["Expiration"].astimezone(UTC),
        )

    def _patiently(self, call: Callable[[], Any]) -> Any:
        from botocore.exceptions import ClientError, EndpointConnectionError, HTTPClientError

        host = urlsplit(self._storage.sts_endpoint).netloc
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return call()
            except (EndpointConnectionError, HTTPClientError) as error:
                if attempt == _ATTEMPTS:
                    raise StorageLoginUnreachable(
                        f"The storage's login service at {host} does not answer.",
                        todo="Wait a moment and try again; if it stays so, tell the provider.",
                    ) from error
            except ClientError as error:
                status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
                if attempt == _ATTEMPTS or status not in (429, 502, 503, 504):
                    raise
            time.sleep(random.uniform(0, _BACKOFF_SECONDS * 2**attempt))  # noqa: S311  only jitter
        raise AssertionError  # the loop returns or raises

    def _explained(self, error: ClientError) -> ProviderSpecificException | InvalidProviderConfig:
        code, message = _said(error)
        request = error.response.get("ResponseMetadata", {}).get("RequestId")
        if code in _SIGN_IN_AGAIN or (code == "InvalidParameterValue" and "token" in message):
            return NoUsableLogin(
                "The storage no longer accepts your login.",
                todo="Sign in again.",
                request_id=request,
            )
        if code in _NOT_ALLOWED:
            return LoginRefused(
                "The storage does not let your account stage artifacts.",
                todo="Ask the backend's provider for the right to, and give this request id.",
                request_id=request,
            )
        if code in _BAD_SETUP or code == "InvalidParameterValue":
            return InvalidProviderConfig(
                f"The storage does not know the role that the backend advertises ({code})."
            )
        return ProviderSpecificException(
            f"The storage's login service refused ({code or 'no reason given'}).",
            todo="Try again later; if it stays so, give the backend's provider this request id.",
            request_id=request,
        )


def _may_be_the_length(error: ClientError) -> bool:
    """Tell whether a shorter session may be granted.

    AWS says so, fakes3pp answers plain 500, and Ceph InvalidArgument without a word more.
    """
    code, message = _said(error)
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return (
        "DurationSeconds" in message
        or code == "InternalError"
        or (code == "InvalidArgument" and not message)
        or status == 500  # noqa: PLR2004
    )


def _said(error: ClientError) -> tuple[str, str]:
    """Return code and message; Ceph's STS answers in S3's form, not in that of an STS."""
    answer: dict[str, Any] = {**error.response}
    said = answer.get("Error") or answer
    return str(said.get("Code") or ""), str(said.get("Message") or "")
