"""What tests of many folders begin with: a file, a helper, a target, a clock. A pytest plugin."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from tests.servers.provider import connected
from tests.support.clock import FakeClock

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Return a file to stage, whose name must be quoted in a URL."""
    path = tmp_path / "fields 2026.parquet"
    path.write_bytes(secrets.token_bytes(100_000))
    return path


@pytest.fixture
def helper(request: pytest.FixtureRequest, provider: LocalProvider) -> S3STSArtifactHelper:
    """Return alice's helper; where a test has a `line`, too, it reaches the storage by it."""
    if "line" not in request.fixturenames:
        return build_artifact_helper(connected(provider))
    line = request.getfixturevalue("line")
    return build_artifact_helper(connected(provider), S3STSConfig(s3_endpoint=line.endpoint))


@pytest.fixture
def clock() -> FakeClock:
    """Return a clock that only the test moves."""
    return FakeClock()


@pytest.fixture
def target(provider: LocalProvider) -> ConnectionTarget:
    """Return alice's connection, as what uploads go to."""
    return ConnectionTarget(connected(provider))
