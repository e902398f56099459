"""What a person reads of a storage's answer."""

from __future__ import annotations

import subprocess
import sys

import pytest
from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.transfer import exceptions
from jupyter_openeo_artifacts.transfer.answers import ROWS
from jupyter_openeo_artifacts.transfer.exceptions import from_client_error

SECRET = "AKIASECRET https://s3.example.org/b/k?X-Amz-Signature=c0ffee"


def client_error(code: str, status: int = 400, message: str = SECRET) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "REQ1"},
        },
        "PutObject",
    )


@pytest.mark.parametrize("code", ROWS)
def test_every_code_has_a_sentence_and_an_advice(code) -> None:
    error = from_client_error(client_error(code), action="store the file", host="s3.example.org")
    assert isinstance(error, OpenEOArtifactsError)
    assert error.message.startswith("Could not store the file: s3.example.org says that")
    assert code in error.message
    assert error.todo.endswith(".")
    assert error.request_id == "REQ1"
    assert "AKIA" not in str(error)
    assert "c0ffee" not in str(error)


@pytest.mark.parametrize(
    ("code", "status", "message", "expected", "who"),
    [
        # fakes3pp, the production proxy
        (
            "AuthorizationHeaderMalformed",
            400,
            "Session credentials are expired",
            "storage_credentials_expired",
            "you",
        ),
        ("AuthorizationHeaderMalformed", 400, "region is wrong", "storage_refused", "provider"),
        (
            "InvalidParameterValue",
            400,
            "invalid webidentity token",
            "storage_credentials_expired",
            "you",
        ),
        ("InvalidParameterValue", 400, "unknown role", "storage_refused", "provider"),
        ("AccessDenied", 403, "", "storage_denied", "provider"),
        # SeaweedFS and Ceph
        ("InvalidAccessKeyId", 403, "", "storage_credentials_expired", "you"),
        ("QuotaExceeded", 403, "", "storage_full", "provider"),
        # AWS
        ("ExpiredToken", 400, "", "storage_credentials_expired", "you"),
        ("ExpiredTokenException", 400, "", "storage_credentials_expired", "you"),
        ("InvalidIdentityToken", 400, "", "storage_credentials_expired", "you"),
        ("RequestTimeTooSkewed", 403, "", "clock_wrong", "you"),
        ("SlowDown", 503, "", "storage_busy", "wait"),
        ("NoSuchUpload", 404, "", "upload_lost", "wait"),
        # No code: HEAD, proxies, log-in pages
        ("404", 404, "Not Found", "storage_refused", "provider"),
        ("403", 403, "Forbidden", "storage_denied", "provider"),
        ("502", 502, "Bad Gateway", "storage_busy", "wait"),
        ("", 507, "", "storage_full", "provider"),
        ("", 413, "", "storage_refused", "provider"),
        ("Unheard", 418, "", "storage_refused", "provider"),
        ("Unheard", 0, "", "storage_refused", "provider"),
    ],
)
def test_storages_that_differ_mean_the_same(code, status, message, expected, who) -> None:
    error = from_client_error(client_error(code, status, message), action="store the file")
    assert (error.code, error.who) == (expected, who)


def test_an_answer_without_anything_is_an_answer() -> None:
    error = from_client_error(ClientError({}, "PutObject"), action="store the file")
    assert error.code == "storage_refused"
    assert error.request_id is None


def test_every_error_has_a_code_of_its_own() -> None:
    family = [
        each
        for each in vars(exceptions).values()
        if isinstance(each, type) and issubclass(each, exceptions.TransferError)
    ]
    codes = [each.code for each in family]
    assert len(set(codes)) == len(codes)
    assert all(each.who in ("you", "provider", "wait") for each in family)


def test_no_boto_is_loaded_before_it_is_needed() -> None:
    names = ["cancel", "config", "exceptions", "source", "speed", "spool", "upload"]
    script = "import sys\n" + "".join(
        f"import jupyter_openeo_artifacts.transfer.{name}\n" for name in names
    )
    script += "assert not {'boto3', 'botocore', 'openeo'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
