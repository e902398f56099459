"""The way to storage where it can be disturbed, what is stored there, and a storage of ours."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from tests.artifacts.login_service import LoginService
from tests.faults.stub import Stub
from tests.servers.provider import connected
from tests.transfer.line import Line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts import S3URI
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

SIZE = 3_000_000


@pytest.fixture
def line(provider: LocalProvider) -> Iterator[Line]:
    """Yield the wire to the provider's storage; `helper` goes by it."""
    made = Line(int(provider.s3.rpartition(":")[2]))
    yield made
    made.close()


@pytest.fixture
def content() -> bytes:
    """Return what is stored at `uri`."""
    return secrets.token_bytes(SIZE)


@pytest.fixture
def uri(helper: S3STSArtifactHelper, tmp_path: Path, content: bytes) -> S3URI:
    """Return where `content` is stored, of which no record is kept."""
    (tmp_path / "source.bin").write_bytes(content)
    return helper.upload_file(tmp_path / "source.bin", record=False)


@pytest.fixture
def stranger(provider: LocalProvider, line: Line) -> S3STSArtifactHelper:
    """Return a helper that has stored nothing itself."""
    return build_artifact_helper(connected(provider), S3STSConfig(s3_endpoint=line.endpoint))


@pytest.fixture
def storage() -> Iterator[Stub]:
    """Yield a storage that can say anything."""
    with Stub() as made:
        yield made


@pytest.fixture
def service(storage: Stub) -> LoginService:
    """Return a login service for that storage."""
    return LoginService(storage)
