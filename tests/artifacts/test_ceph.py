"""The artifact helper on Ceph: what another S3 and STS than SeaweedFS's make of it."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
import requests

from jupyter_openeo_artifacts import build_artifact_helper
from tests.servers.provider import connected

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from tests.servers.ceph import CephProvider


@pytest.fixture(scope="module")
def helper(ceph: CephProvider) -> S3STSArtifactHelper:
    return build_artifact_helper(connected(ceph), provider="alice")


def test_a_file_goes_up_and_comes_back(helper: S3STSArtifactHelper, tmp_path: Path) -> None:
    # Given
    path = tmp_path / "fields 2026.parquet"
    path.write_bytes(secrets.token_bytes(200_000))
    # When
    uri = helper.upload_file(path)
    url = helper.get_presigned_url(uri, 600)
    # Then
    answer = requests.get(url, timeout=10)
    assert answer.status_code == 200
    assert answer.content == path.read_bytes()
