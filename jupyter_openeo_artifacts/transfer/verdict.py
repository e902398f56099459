"""What a failed request means, whatever it failed of."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from http.client import HTTPException
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.transfer import exceptions as ex
from jupyter_openeo_artifacts.transfer.answers import Answer

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.answers import Kind
    from jupyter_openeo_artifacts.transfer.contact import Contact


TRUST_IT = (
    "Ask the administrator of this machine to install the certificate authority, "
    "or name its file in REQUESTS_CA_BUNDLE."
)
"""What to do about a certificate that is not trusted; AWS_CA_BUNDLE is honoured, too."""


_MAYBE_EXPIRED = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})


@dataclass(frozen=True)
class Verdict:
    """What to do (`Kind`), what to raise if it is no use, and how many seconds to wait first.

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


def judge(
    error: Exception, *, action: str, host: str, contact: Contact | None = None, bucket: str = ""
) -> Verdict | None:
    """Say what `error` of one request means; None when it is a fault of ours.

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
    from botocore import exceptions as boto
    from botocore.parsers import ResponseParserError

    reached = contact is not None and contact.made

    if type(error) is boto.HTTPClientError:  # botocore's wrap of whatever else happened
        error = error.kwargs.get("error") or error
    if isinstance(error, ResponseParserError):  # a success, but no XML
        error = ex.not_s3(host)
    if isinstance(error, OpenEOArtifactsError):
        return Verdict(_of_ours(error, reached=reached), error)
    if isinstance(error, boto.ClientError):
        answer = Answer.of(error)
        told = answer.error(action=action, host=host, bucket=bucket)
        return _of_answer(answer, told, action, host, reached=reached)
    if is_distrust(error):
        return _of_distrust(action, host, reached=reached)
    if isinstance(error, _lacking_credentials()):
        return Verdict("credentials", _no_credentials(action))
    if isinstance(error, _broken_lines()):
        return Verdict("again", _unreachable(action, host))
    return None


def _of_answer(
    answer: Answer, told: ex.StorageError, action: str, host: str, *, reached: bool
) -> Verdict:
    kind, status = answer.row.kind, answer.heard.status
    if answer.heard.own:
        return Verdict(kind, told, answer.retry_after, own=True)
    if kind == "again":
        return Verdict(kind, told, answer.retry_after)
    if isinstance(told, ex.FileTooLarge):  # of a body that stays as large as it is
        return Verdict("few", told)
    between = ex.IntermediaryAnswered.of(action, host, status)
    if reached:
        maybe_expired = status in _MAYBE_EXPIRED
        return Verdict("again", between, answer.retry_after, maybe_expired=maybe_expired)
    return Verdict("final", told if isinstance(told, ex.NetworkLoginNeeded) else between)


def _of_distrust(action: str, host: str, *, reached: bool) -> Verdict:
    if not reached:
        return Verdict("final", _untrusted(action, host))
    how = "its certificate is not trusted"
    return Verdict("again", ex.IntermediaryAnswered.of(action, host, how))


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
