"""What each error answer of a storage means: one row a code.

Codes and their meaning: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html; where the
production proxy (fakes3pp), Ceph and SeaweedFS differ, the row says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from time import time
from typing import TYPE_CHECKING, Literal

from jupyter_openeo_artifacts.transfer import exceptions as ex

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

Kind = Literal["again", "few", "credentials", "denied", "final"]
"""What to do: ask again while there is patience; ask again a few times; renew the credentials and
ask again; the same, but only if these credentials have worked before; give up."""


@dataclass(frozen=True)
class Row:
    """What to do about an answer, and what to say."""

    kind: Kind
    error: type[ex.StorageError]
    says: str
    todo: str


_WAIT = "Wait a few minutes and try again."
_LOG_IN = "Sign in again."
_PROVIDER = "Send the details to the provider's support."

_BUSY = Row("again", ex.StorageBusy, "it is busy or has a fault", _WAIT)
_CORRUPT = Row("few", ex.ContentMismatch, "the bytes arrive there damaged", _PROVIDER)
_EXPIRED = Row("credentials", ex.CredentialsExpired, "the credentials have expired", _LOG_IN)
_UNKNOWN = Row("credentials", ex.CredentialsExpired, "it does not know the credentials", _LOG_IN)
_IDENTITY = Row("final", ex.CredentialsExpired, "it does not accept the login", _LOG_IN)
_CLOCK = Row(
    "few", ex.ClockWrong, "this machine's clock is wrong", "Have the clock of this machine set."
)
_DENIED = Row(
    "denied", ex.StorageDenied, "this account may not", "Ask the provider for the right to do it."
)
_WRONG = Row("final", ex.StorageRefused, "it cannot do what it was asked", _PROVIDER)
_PLACE = Row("final", ex.StorageRefused, "it is not the place the provider names", _PROVIDER)
_FULL = Row("final", ex.StorageFull, "it has no room left", "Ask the provider for room.")
_LARGE = Row("final", ex.StorageRefused, "the file is too large for it", "Send a smaller file.")
_LOST = Row("final", ex.UploadLost, "it has forgotten the upload", "Try again.")
_DURATION = Row(
    "final", ex.StorageRefused, "it does not accept a value that was asked for", _PROVIDER
)

ROWS: dict[str, Row] = {
    # It will pass.
    "InternalError": _BUSY,
    "InternalFailure": _BUSY,
    "ServiceUnavailable": _BUSY,
    "SlowDown": _BUSY,
    "Throttling": _BUSY,
    "ThrottlingException": _BUSY,
    "TooManyRequests": _BUSY,
    "RequestLimitExceeded": _BUSY,
    "RequestTimeout": _BUSY,  # S3 says this with status 400: it waited for our bytes
    "OperationAborted": _BUSY,
    "IDPCommunicationError": _BUSY,
    "IncompleteBody": _BUSY,  # the line broke before all was sent
    # The wire changed something.
    "BadDigest": _CORRUPT,
    "InvalidDigest": _CORRUPT,
    "XAmzContentSHA256Mismatch": _CORRUPT,
    "XAmzContentChecksumMismatch": _CORRUPT,
    # Time and credentials.
    "RequestTimeTooSkewed": _CLOCK,
    "ExpiredToken": _EXPIRED,
    "TokenRefreshRequired": _EXPIRED,
    "RequestExpired": _EXPIRED,
    "InvalidToken": _UNKNOWN,
    "InvalidAccessKeyId": _UNKNOWN,  # SeaweedFS says this of an expired session
    "ExpiredTokenException": _IDENTITY,
    "InvalidIdentityToken": _IDENTITY,
    "IDPRejectedClaim": _IDENTITY,
    # It will not.
    "AccessDenied": _DENIED,  # Ceph says this of an expired session, too
    "AllAccessDisabled": _DENIED,
    "AccountProblem": _DENIED,
    "SignatureDoesNotMatch": _WRONG,
    "AuthorizationHeaderMalformed": _PLACE,  # the wrong region; see `_row` for fakes3pp
    "NoSuchBucket": _PLACE,
    "InvalidBucketName": _PLACE,
    "PermanentRedirect": _PLACE,
    "TemporaryRedirect": _PLACE,
    "MethodNotAllowed": _WRONG,
    "NotImplemented": _WRONG,
    "MissingContentLength": _WRONG,
    "InvalidArgument": _WRONG,
    "InvalidRequest": _WRONG,
    "InvalidPart": _WRONG,
    "InvalidPartOrder": _WRONG,
    "EntityTooSmall": _WRONG,
    "KeyTooLongError": _WRONG,
    "MetadataTooLarge": _WRONG,
    "ValidationError": _DURATION,
    "InvalidParameterValue": _DURATION,
    "NoSuchUpload": _LOST,
    "EntityTooLarge": _LARGE,
    "QuotaExceeded": _FULL,
    "InsufficientStorage": _FULL,
    "XMinioStorageFull": _FULL,
}

_STATUSES: dict[int, Row] = {
    401: _UNKNOWN,
    403: _DENIED,
    408: _BUSY,
    413: _LARGE,
    425: _BUSY,
    429: _BUSY,
    501: _WRONG,
    507: _FULL,
}
_SERVER_FAULT = 500


@dataclass(frozen=True)
class Answer:
    """An error answer.

    `code` is S3's word, or the status where there was none (to a HEAD, from a proxy);
    `retry_after` is in seconds.
    """

    code: str
    status: int
    row: Row
    request_id: str | None
    retry_after: float | None

    @classmethod
    def of(cls, error: ClientError) -> Answer:
        """Read what botocore made of the answer."""
        told = error.response.get("Error", {})
        meta = error.response.get("ResponseMetadata", {})
        headers = meta.get("HTTPHeaders", {})
        code, status = str(told.get("Code") or ""), int(meta.get("HTTPStatusCode") or 0)
        return cls(
            code=code,
            status=status,
            row=_row(code, status, str(told.get("Message") or "")),
            request_id=meta.get("RequestId") or headers.get("x-amz-request-id") or None,
            retry_after=_seconds(headers.get("retry-after")),
        )

    def error(self, *, action: str, host: str) -> ex.StorageError:
        """Return what to raise."""
        known = f" ({self.code or self.status})"
        return self.row.error(
            f"Could not {action}: {host} says that {self.row.says}{known}.",
            todo=self.row.todo,
            request_id=self.request_id,
        )


def _row(code: str, status: int, message: str) -> Row:
    text = message.lower()
    if code == "AuthorizationHeaderMalformed" and "expired" in text:
        return _EXPIRED  # fakes3pp: "Session credentials are expired"
    if code == "InvalidParameterValue" and "token" in text:
        return _IDENTITY  # fakes3pp: "invalid webidentity token"
    if code in ROWS:
        return ROWS[code]
    return _STATUSES.get(status, _BUSY if status >= _SERVER_FAULT else _WRONG)


def _seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After header: seconds, or a date."""
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    try:
        return max(0.0, parsedate_to_datetime(retry_after).timestamp() - time())
    except ValueError:
        return None
