"""Classify a failed request: retry, refresh credentials, or give up; and its exception."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from time import time
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.error_catalog import find
from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer, read_date
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, warn_once, without_texts
from jupyter_openeo_artifacts.s3 import exceptions as ex

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

    from jupyter_openeo_artifacts.error_catalog.rule import ErrorRule, Kind


_log = logging.getLogger(__name__)

TRUST_IT = (
    "Ask the administrator of this machine to install the certificate authority, "
    "or name its file in REQUESTS_CA_BUNDLE."
)
"""What to do about a certificate that is not trusted; AWS_CA_BUNDLE is honoured, too."""

_MAYBE_EXPIRED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

_WITH_BODIES = frozenset({"PutObject", "UploadPart"})
"""What sends bytes of a file; no other request is too large for anything."""


class StorageSeen:
    """Remembers whether a storage itself has answered, to any thread of a helper.

    Until it has, an answer of something else is an error at once: the address may be wrong. After
    that it is a passing trouble of the network (docs/decisions/016-whose-word.md).
    """

    def __init__(self, *, seen: bool = False) -> None:
        self._seen = threading.Event()
        if seen:
            self._seen.set()

    @property
    def seen(self) -> bool:
        """Whether the storage itself has answered."""
        return self._seen.is_set()

    def note(self) -> None:
        """Note that the storage itself has answered."""
        if not self._seen.is_set():
            self._seen.set()


@dataclass(frozen=True)
class RetryDecision:
    """Whether and when to try a failed request again, and the error to raise in the end.

    Parameters
    ----------
    own
        Whether the storage itself has said it.
    maybe_expired
        Whether new credentials may help, once, though that was not said.
    """

    kind: Kind
    error: OpenEOArtifactsError
    retry_after: float | None = None
    own: bool = False
    maybe_expired: bool = False


def classify_error(
    error: Exception,
    *,
    action: str,
    host: str,
    contact: StorageSeen | None = None,
    bucket: str = "",
) -> RetryDecision | None:
    """Say what `error` of one request means; None when it is a fault of ours.

    A fault of ours in here, about what nobody has foreseen in an answer, passes: it undoes nothing.

    A refusal is final only where it is the storage's own word. What answers in its place is waited
    for where the storage has shown itself before, and is an error at once where it has not.

    An error of our own family that means "wait" (the login could not be renewed because the
    backend is down) is worth another try like the storage's own.

    Parameters
    ----------
    contact
        Whether the storage was reached before; None counts as not.
    bucket
        Named where nothing has shown yet that this account may write to it.
    """
    reached = contact is not None and contact.seen
    try:
        return _classify(error, action, host, reached=reached, bucket=bucket)
    except Exception as fault:  # noqa: BLE001  said in the log
        warn_once(_log, f"An error of the storage cannot be read: {without_texts(fault)}")
        return RetryDecision("again", ex.not_s3(host))


def _classify(
    error: Exception, action: str, host: str, *, reached: bool, bucket: str
) -> RetryDecision | None:
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

    if type(error) is boto.HTTPClientError:  # botocore's wrap of whatever else happened
        error = error.kwargs.get("error") or error
    if isinstance(error, ResponseParserError):  # a success, but no XML
        error = ex.not_s3(host)
    if isinstance(error, OpenEOArtifactsError):
        return RetryDecision(_of_ours(error, reached=reached), error)
    if isinstance(error, boto.ClientError):
        answer = S3Refusal.of(error)
        told = answer.error(action=action, host=host, bucket=bucket)
        return _of_answer(answer, told, action, host, reached=reached)
    if is_distrust(error):
        return _of_distrust(action, host, reached=reached)
    if isinstance(error, _lacking_credentials()):
        return RetryDecision("credentials", _no_credentials(action))
    if isinstance(error, _broken_lines()):
        return RetryDecision("again", _unreachable(action, host))
    return None


def _of_answer(
    answer: S3Refusal, told: ex.StorageError, action: str, host: str, *, reached: bool
) -> RetryDecision:
    kind, status = answer.row.kind, answer.response.status
    if answer.response.own:
        return RetryDecision(kind, told, answer.retry_after, own=True)
    if kind == "again":
        return RetryDecision(kind, told, answer.retry_after)
    if answer.is_too_large_in_between:  # a body stays as large as it is
        return RetryDecision("few", told)
    between = ex.IntermediaryAnswered.of(action, host, status)
    if reached:
        maybe_expired = status in _MAYBE_EXPIRED
        return RetryDecision("again", between, answer.retry_after, maybe_expired=maybe_expired)
    return RetryDecision("final", told if isinstance(told, ex.NetworkLoginNeeded) else between)


def _of_distrust(action: str, host: str, *, reached: bool) -> RetryDecision:
    if not reached:
        return RetryDecision("final", _untrusted(action, host))
    how = "its certificate is not trusted"
    return RetryDecision("again", ex.IntermediaryAnswered.of(action, host, how))


def is_distrust(error: Exception) -> bool:
    """Whether `error` is about a certificate that this machine does not trust."""
    from botocore.exceptions import SSLError

    return isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _of_ours(error: OpenEOArtifactsError, *, reached: bool) -> Kind:
    if isinstance(error, ex.ContentMismatch):
        return "few"
    if isinstance(error, ex.AnswerUnreadable):
        patiently = reached and error.again == "patiently"
        return "again" if patiently else "final" if error.again == "never" else "few"
    if isinstance(error, ex.IntermediaryAnswered):
        return "again" if reached else "few"
    return "again" if error.who == "wait" and not isinstance(error, ex.UploadLost) else "final"


def _lacking_credentials() -> tuple[type[Exception], ...]:
    from botocore import exceptions as boto

    return (
        boto.NoCredentialsError,
        boto.PartialCredentialsError,
        boto.CredentialRetrievalError,
        boto.TokenRetrievalError,
    )


def _broken_lines() -> tuple[type[Exception], ...]:
    from botocore import exceptions as boto
    from urllib3.exceptions import HTTPError

    return (
        boto.ConnectionError,
        boto.ReadTimeoutError,
        boto.ConnectionClosedError,
        boto.ResponseStreamingError,
        boto.IncompleteReadError,
        ConnectionError,
        TimeoutError,
        HTTPException,
        HTTPError,
    )


def _unreachable(action: str, host: str) -> ex.StorageUnreachable:
    return ex.StorageUnreachable(
        f"Could not {action}: no working connection to {host}.",
        todo="Check the network, then try again.",
    )


def _untrusted(action: str, host: str) -> ex.StorageUntrusted:
    return ex.StorageUntrusted(
        f"Could not {action}: this machine does not trust the certificate of {host}.",
        todo=TRUST_IT,
    )


def _no_credentials(action: str) -> ex.CredentialsExpired:
    return ex.CredentialsExpired(
        f"Could not {action}: there are no credentials for the storage.", todo="Sign in again."
    )


ERRORS: dict[str, type[ex.StorageError]] = {
    "busy": ex.StorageBusy,
    "damaged": ex.ContentMismatch,
    "clock_wrong": ex.ClockWrong,
    "session_expired": ex.CredentialsExpired,
    "session_unknown": ex.CredentialsExpired,
    "session_doubtful": ex.StorageRefused,
    "denied": ex.StorageDenied,
    "signature_refused": ex.StorageRefused,
    "region_wrong": ex.StorageRefused,
    "place_wrong": ex.StorageRefused,
    "proxy_login": ex.NetworkLoginNeeded,
    "trailers_refused": ex.StorageRefused,
    "cannot_delete": ex.StorageRefused,
    "full": ex.StorageFull,
    "too_large": ex.FileTooLarge,
    "name_refused": ex.FileNameRefused,
    "lost": ex.UploadLost,
    "taken": ex.KeyTaken,
    "gone": ex.ObjectGone,
    "refused": ex.StorageRefused,
}
"""Which exception says each meaning of the service "s3"."""


@dataclass(frozen=True)
class S3Refusal:
    """An error answer and its row; `retry_after` is in seconds."""

    response: ProviderAnswer
    row: ErrorRule
    retry_after: float | None

    @classmethod
    def of(cls, error: ClientError) -> S3Refusal:
        """Read what botocore made of the answer."""
        response = ProviderAnswer.from_boto(error.response, error.operation_name)
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        return cls(response, find("s3", response).row, _seconds(headers.get("retry-after")))

    @property
    def is_too_large_in_between(self) -> bool:
        """Whether something in the storage's place says that bytes of a file are too many."""
        of_a_body = self.response.asked in _WITH_BODIES
        return of_a_body and self.row.meaning == "too_large" and not self.response.own

    def error(self, *, action: str, host: str, bucket: str = "") -> ex.StorageError:
        """Return what to raise.

        Parameters
        ----------
        bucket
            Named where it may be the trouble; some proxies deny one that is not there.
        """
        response = self.response
        region = f", {response.region}" if response.region else ""
        place = f" write to the bucket {bucket!r}, if there is one" if bucket else ""
        says = self.row.says.format(skew=response.skew, region=region, place=place)
        return ERRORS[self.row.meaning](
            f"Could not {action}: {host} says that {says} ({response.code or response.status}).",
            todo=self.row.todo,
            request_id=response.request_id,
        )


def _seconds(retry_after: str | None) -> float | None:
    """Read a Retry-After header: seconds, or a date."""
    if not retry_after:
        return None
    if retry_after.strip().isdecimal():
        return float(retry_after)
    date = read_date(retry_after)
    return None if date is None else max(0.0, date.timestamp() - time())
