"""Under moto, in which people test their code, a helper stages files as it does elsewhere."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from moto import mock_aws

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from tests.servers.provider import connected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

MIB = 1024 * 1024
REGION = "eu-central-1"
# The login is the demo's: moto's STS does not say whose token it was given.
AWS = S3STSConfig(
    s3_endpoint=f"https://s3.{REGION}.amazonaws.com",
    bucket="artifacts",
)


@pytest.fixture
def helper(provider: LocalProvider) -> Iterator[S3STSArtifactHelper]:
    with mock_aws():
        made = build_artifact_helper(connected(provider), AWS)
        made.client.botocore.create_bucket(
            Bucket="artifacts", CreateBucketConfiguration={"LocationConstraint": REGION}
        )
        yield made


@pytest.mark.parametrize("size", [0, 1, 300_000, 11 * MIB], ids=["empty", "byte", "one", "parts"])
def test_a_file_is_staged_under_moto(
    helper: S3STSArtifactHelper, tmp_path: Path, size: int
) -> None:
    # Given
    content = os.urandom(size)
    (tmp_path / "fields.tif").write_bytes(content)
    # When
    uri = helper.upload_file(tmp_path / "fields.tif")
    # Then
    stored = helper.client.get_object(Bucket=uri.bucket, Key=uri.key)
    assert stored["Body"].read() == content
