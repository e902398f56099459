"""What a failed request means, whatever it failed of."""

from __future__ import annotations

from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.transfer import exceptions as ex
from jupyter_openeo_artifacts.transfer.answers import Answer

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.answers import Kind


TRUST_IT = (
    "Ask the administrator of this machine to install the certificate authority, "
    "or name its file in REQUESTS_CA_BUNDLE."
)
"""What to do about a certificate that is not trusted; AWS_CA_BUNDLE is honoured, too."""


@dataclass(frozen=True)
class Verdict:
    """What to do (`Kind`), what to raise if it is no use, and how many seconds to wait first."""

    kind: Kind
    error: OpenEOArtifactsError
    retry_after: float | None = None


def judge(error: Exception, *, action: str, host: str) -> Verdict | None:
    """Say what `error` of one request means; None when it is a fault of ours.

    An error of our own family that means "wait" (the login could not be renewed because the
    backend is down) is worth another try like the storage's own.
    """
    from botocore import exceptions as boto

    if type(error) is boto.HTTPClientError:  # botocore's wrap of whatever else happened
        error = error.kwargs.get("error") or error
    if isinstance(error, OpenEOArtifactsError):
        return Verdict(_own(error), error)
    if isinstance(error, boto.ClientError):
        answer = Answer.of(error)
        told = answer.error(action=action, host=host)
        return Verdict(answer.row.kind, told, answer.retry_after)
    if is_distrust(error):
        return Verdict("final", _untrusted(action, host))
    if isinstance(error, _lacking_credentials()):
        return Verdict("credentials", _no_credentials(action))
    if isinstance(error, _broken_lines()):
        return Verdict("again", _unreachable(action, host))
    return None


def is_distrust(error: Exception) -> bool:
    """Whether `error` is about a certificate that this machine does not trust."""
    from botocore.exceptions import SSLError

    return isinstance(error, SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)


def _own(error: OpenEOArtifactsError) -> Kind:
    if isinstance(error, ex.ContentMismatch):
        return "few"
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
    from botocore.parsers import ResponseParserError
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
        ResponseParserError,  # a log-in page is no XML
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
