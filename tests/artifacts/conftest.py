"""A helper whose way to storage can be disturbed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from tests.servers.provider import connected
from tests.transfer.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture
def line(provider: LocalProvider) -> Iterator[Line]:
    """Yield the wire to the provider's storage."""
    made = Line(int(provider.s3.rpartition(":")[2]))
    yield made
    made.close()


@pytest.fixture
def helper(provider: LocalProvider, line: Line) -> S3STSArtifactHelper:
    """Return a helper of alice's on that wire."""
    return build_artifact_helper(connected(provider), S3STSConfig(s3_endpoint=line.endpoint))
