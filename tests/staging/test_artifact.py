"""An artifact in a person's hands: what of it leaves the process, and what does not."""

from __future__ import annotations

import copy
import pickle
from datetime import datetime, timezone
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.artifacts.build import build_artifact_helper
from jupyter_openeo_artifacts.notebook.display import ArtifactTable
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.staged_record import StagedRecord
from tests.servers.provider import connected

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    import openeo

    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture
def connection(provider: LocalProvider) -> openeo.Connection:
    """Return alice's connection."""
    return connected(provider)


@pytest.fixture
def artifact(connection: openeo.Connection) -> Artifact:
    """Return an artifact that signs by a login."""
    target = ConnectionTarget(connection)
    record = StagedRecord(
        id=new_id(),
        name="fields.parquet",
        uri="s3://artifacts/ab/2026/11/27/0123456789/fields.parquet",
        backend=target.backend,
        connection=target.id,
        provider="s3",
        size=12,
        sha256="00" * 32,
        content_type="application/vnd.apache.parquet",
        origin="magic",
        staged_at=datetime.now(timezone.utc),
    )
    return Artifact.of(record, target, 600, reused=True)


@pytest.mark.parametrize(
    "held",
    [
        pytest.param(lambda artifact: artifact, id="an artifact, as %store pickles it"),
        pytest.param(lambda artifact: ArtifactTable([artifact]), id="the table of artifacts"),
        pytest.param(lambda artifact: {"fields": [artifact]}, id="an artifact in a container"),
    ],
)
def test_a_pickle_holds_what_is_known_of_the_artifact_and_no_login(
    connection: openeo.Connection, artifact: Artifact, held: Callable[[Artifact], Any]
) -> None:
    # Given
    token = connection.auth.bearer.split("/", 2)[2]
    # When
    pickled = pickle.dumps(held(artifact))
    # Then
    assert token.encode() not in pickled
    assert artifact.uri.encode() in pickled


def test_an_unpickled_artifact_is_the_same_and_finds_a_login_when_it_signs(
    artifact: Artifact,
) -> None:
    # When
    back = pickle.loads(pickle.dumps(artifact))
    # Then
    assert back == artifact
    assert (back.target, back.lifetime, back.reused) == (None, 600, True)


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_in_the_same_process_keeps_the_login(
    artifact: Artifact, copied: Callable[[Artifact], Artifact]
) -> None:
    # When
    other = copied(artifact)
    # Then
    assert other == artifact
    assert other.target is artifact.target


def test_a_helper_is_not_pickled_at_all(connection: openeo.Connection) -> None:
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(build_artifact_helper(connection))
