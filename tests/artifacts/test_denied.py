"""A denied first request names the bucket: some storages deny one that is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.s3.exceptions import StorageDenied
from jupyter_openeo_artifacts.transfer.config import TransferConfig
from tests.servers.provider import connected
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

PARTS = TransferConfig().part_size + 1
FIRST = {"in one request": (5, rb"PUT "), "in parts": (PARTS, rb"POST .*uploads")}
DENIED = error_answer(403, "AccessDenied", message="Access Denied")  # as fakes3pp of any bucket
WHERE = "this account may not write to the bucket 'elsewhere', if there is one (AccessDenied)."


@pytest.mark.parametrize("way", FIRST)
def test_the_bucket_is_named_where_the_first_request_is_denied(
    provider: LocalProvider, line: Line, tmp_path: Path, way: str
) -> None:
    # Given
    size, first = FIRST[way]
    (tmp_path / "field.tif").write_bytes(bytes(size))
    config = S3STSConfig(s3_endpoint=line.endpoint, bucket="elsewhere")
    helper = build_artifact_helper(connected(provider), config)
    refused = line.add(Fault("answer", first, answer=DENIED, times=99))
    # When
    with pytest.raises(StorageDenied) as caught:
        helper.upload_file(tmp_path / "field.tif")
    # Then
    assert refused.met.is_set()
    assert WHERE in caught.value.message
    assert caught.value.todo == "Ask the provider for the right to do it."
    assert caught.value.request_id == "REQ42"


def test_the_bucket_is_not_named_where_it_was_written_to(
    helper: S3STSArtifactHelper, line: Line, tmp_path: Path
) -> None:
    # Given: the upload has begun
    (tmp_path / "field.tif").write_bytes(bytes(PARTS))
    line.add(Fault("answer", rb"PUT .*partNumber=", answer=DENIED, times=99))
    # When
    with pytest.raises(StorageDenied) as caught:
        helper.upload_file(tmp_path / "field.tif")
    # Then
    assert "this account may not (AccessDenied)" in caught.value.message
    assert "bucket" not in caught.value.message
