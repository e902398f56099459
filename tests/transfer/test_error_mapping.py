"""What a person reads of a storage's answer."""

from __future__ import annotations

import subprocess
import sys

from botocore.exceptions import ClientError

from jupyter_openeo_artifacts.errors import TransferError
from jupyter_openeo_artifacts.s3 import exceptions
from jupyter_openeo_artifacts.s3.error_mapping import S3Refusal

SECRET = "AKIASECRET https://s3.example.org/b/k?X-Amz-Signature=c0ffee"


STORED = {"action": "store the file", "host": "the storage"}


def client_error(code: str, status: int = 400, message: str = SECRET) -> ClientError:
    return ClientError(
        {
            "Error": {"Code": code, "Message": message},
            "ResponseMetadata": {"HTTPStatusCode": status, "RequestId": "REQ1"},
        },
        "PutObject",
    )


def test_an_answer_of_no_words_is_told_by_its_status() -> None:
    error = S3Refusal.of(client_error("403", 403, "Forbidden")).error(**STORED)
    assert (error.code, error.who) == ("storage_denied", "provider")
    assert (
        error.message
        == "Could not store the file: the storage says that this account may not (403)."
    )


def test_a_region_that_storage_expects_is_named() -> None:
    message = f"The region 'us-east-1' is wrong; expecting 'eu-central-1' {SECRET}"
    answer = client_error("AuthorizationHeaderMalformed", 400, message)
    error = S3Refusal.of(answer).error(action="store the file", host="s3.example.org")
    assert "it is of another region, eu-central-1 (" in error.message
    assert "AKIA" not in str(error)
    assert error.request_id == "REQ1"


def test_an_answer_without_anything_is_an_answer() -> None:
    error = S3Refusal.of(ClientError({}, "PutObject")).error(**STORED)
    assert error.code == "storage_refused"
    assert error.request_id is None


def test_every_error_has_a_code_of_its_own() -> None:
    family = [
        each
        for each in vars(exceptions).values()
        if isinstance(each, type) and issubclass(each, TransferError)
    ]
    codes = [each.code for each in family]
    assert len(set(codes)) == len(codes)
    assert all(each.who in ("you", "provider", "wait") for each in family)


def test_no_boto_is_loaded_before_it_is_needed() -> None:
    names = [
        "concurrency.cancellation",
        "s3.exceptions",
        "sources.source",
        "sources.spool",
        "staging.manager",
        "transfer.config",
        "transfer.upload",
    ]
    script = "import sys\n" + "".join(f"import jupyter_openeo_artifacts.{name}\n" for name in names)
    script += "assert not {'boto3', 'botocore', 'openeo'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)
