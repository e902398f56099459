"""How it is known that an artifact is whole, and what can be done where that is little."""

from __future__ import annotations

import secrets
from contextlib import closing
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNotOwned
from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from tests.servers.provider import connected

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.manager import UploadManager

SIZES = pytest.mark.parametrize("size", [1000, 20 * 2**20], ids=["in one request", "in parts"])


def without_md5s(helper: S3STSArtifactHelper) -> None:
    """Let storage answer as with SSE-KMS, for which SeaweedFS has no keys here."""

    def encrypted(parsed: dict[str, Any], **_: Any) -> None:
        parsed["ServerSideEncryption"] = "aws:kms"

    helper.client.meta.events.register("after-call.s3", encrypted)


def stage(upload_manager: UploadManager, target: ConnectionTarget, path: Path) -> Artifact:
    opener, size = partial(FileSource.from_path, path), path.stat().st_size
    upload = upload_manager.stage(target, opener, name=path.name, size=size, origin="api")
    ended = upload_manager.wait(upload.id, 60)
    assert ended.state == "staged", ended.problem
    assert ended.artifact is not None
    return Artifact.of(upload_manager.ledger.get(ended.artifact), target, reused=ended.reused)


@SIZES
def test_where_etags_are_md5s_nothing_more_is_said_or_read(
    upload_manager: UploadManager, target: ConnectionTarget, file: Path, size: int
) -> None:
    # Given
    file.write_bytes(secrets.token_bytes(size))
    # When
    artifact = stage(upload_manager, target, file)
    found = artifact.verify()
    # Then
    assert artifact.verified == "etag"
    assert "checked" not in repr(artifact)
    assert (found.there, found.same, found.sha256) == (True, None, "")
    assert artifact.verify(read_back=True).same


@SIZES
def test_where_they_are_not_that_is_kept_and_it_is_read_back(
    upload_manager: UploadManager, target: ConnectionTarget, file: Path, size: int
) -> None:
    # Given
    without_md5s(target.helper())
    file.write_bytes(content := secrets.token_bytes(size))
    # When
    artifact = stage(upload_manager, target, file)
    # Then
    assert artifact.verified == "size"
    assert "content not checked (size matches)" in repr(artifact)
    assert wire.artifacts([artifact])[0]["verified"] == "size"
    assert artifact.to_record().verified == "size"
    # When
    found = artifact.verify()
    # Then
    assert (found.same, found.sha256) == (True, sha256(content).hexdigest())
    assert artifact.verify(read_back=False).sha256 == ""


def test_damage_is_found_by_reading_back(
    provider: LocalProvider, upload_manager: UploadManager, target: ConnectionTarget, file: Path
) -> None:
    # Given
    without_md5s(target.helper())
    artifact = stage(upload_manager, target, file)
    key = artifact.uri.removeprefix(f"s3://{provider.bucket}/")
    # When
    provider.storage.administrator().put_object(
        Bucket=provider.bucket, Key=key, Body=bytes(artifact.size)
    )
    # Then
    assert artifact.verify().same is False
    # When
    provider.storage.administrator().delete_object(Bucket=provider.bucket, Key=key)
    # Then
    assert not artifact.verify().there


def test_the_same_file_again_is_checked_no_better(
    upload_manager: UploadManager, target: ConnectionTarget, file: Path
) -> None:
    # Given
    helper = target.helper()
    without_md5s(helper)
    # When
    first, again = stage(upload_manager, target, file), stage(upload_manager, target, file)
    # Then
    assert again.reused
    assert (again.uri, again.verified) == (first.uri, "size")
    # When: by the helper alone
    with closing(FileSource.from_path(file)) as source:
        stored = helper.upload(source, file.name, known=[first])
    # Then
    assert (stored.reused, stored.verified) == (True, "size")


def test_another_login_cannot_say(
    provider: LocalProvider, upload_manager: UploadManager, target: ConnectionTarget, file: Path
) -> None:
    artifact = stage(upload_manager, target, file)
    bob = Artifact.of(artifact, ConnectionTarget(connected(provider, "bob")))
    with pytest.raises(ArtifactNotOwned):
        bob.verify()
