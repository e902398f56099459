"""An interrupted upload goes on, whoever sends the same file next; what is owed is paid."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts import build_artifact_helper
from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.transfer import CancelToken, FileSource
from jupyter_openeo_artifacts.transfer.exceptions import Cancelled
from jupyter_openeo_artifacts.transfer.journal import FORGOTTEN_AFTER, Journal, intents
from tests.servers.provider import abort_all, connected

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.artifacts.stored import Stored
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

MIB = 1024**2


@pytest.fixture(autouse=True)
def _none_stays(provider: LocalProvider) -> Iterator[None]:
    yield
    abort_all(provider)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "model.onnx"
    path.write_bytes(secrets.token_bytes(40 * MIB))
    return path


@pytest.fixture
def helper(provider: LocalProvider) -> S3STSArtifactHelper:
    return build_artifact_helper(connected(provider))


def journals() -> list[Path]:
    return [path for path, _ in intents(state_folder("journals"))]


def upload(helper: S3STSArtifactHelper, file: Path, **more) -> Stored:
    source = FileSource.from_path(file)
    try:
        return helper.upload(source, file.name, **more)
    finally:
        source.close()


def interrupt(helper: S3STSArtifactHelper, file: Path, *, suspend: bool = True) -> str:
    """Stop after two parts as a process that ends does; return the key."""
    cancel = CancelToken()

    def enough(stored: int) -> None:
        if stored >= 16 * MIB:
            (cancel.suspend if suspend else cancel.cancel)()

    with pytest.raises(Cancelled):
        upload(helper, file, cancel=cancel, on_progress=enough)
    ((_, intent),) = intents(state_folder("journals"))
    return intent.key


def unfinished(provider: LocalProvider, key: str) -> list[str]:
    found = provider.storage.administrator().list_multipart_uploads(Bucket=provider.bucket)
    return [each["UploadId"] for each in found.get("Uploads", []) if each["Key"] == key]


def until(condition, seconds: float = 20.0) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_the_same_file_goes_on_where_it_stood(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    told: list[int] = []
    noted: list[Stored] = []
    # When: another process would build a helper of its own
    stored = upload(
        build_artifact_helper(connected(provider)),
        file,
        on_progress=told.append,
        on_stored=noted.append,
    )
    # Then
    assert (stored.uri.key, stored.resumed) == (key, True)
    assert noted == [stored]
    assert stored.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    found = provider.storage.administrator().get_object(Bucket=provider.bucket, Key=key)
    assert hashlib.sha256(found["Body"].read()).hexdigest() == stored.sha256
    assert (journals(), unfinished(provider, key)) == ([], [])


def test_another_content_name_or_user_does_not_go_on(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    # When
    renamed = helper.upload(FileSource.from_path(file), "other.onnx")
    by_bob = upload(build_artifact_helper(connected(provider, "bob")), file)
    with file.open("r+b") as changed:
        changed.write(b"changed")
    anew = upload(helper, file)
    # Then
    assert key not in {renamed.uri.key, by_bob.uri.key, anew.uri.key}
    assert not any(each.resumed for each in (renamed, by_bob, anew))
    assert len(journals()) == 1


def test_an_upload_in_another_process_is_let_be(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    held = Journal.take(journals()[0])
    # When
    stored = upload(helper, file)
    # Then
    assert held is not None
    assert stored.uri.key != key
    assert unfinished(provider, key) == [held.upload_id]


def test_what_is_owed_is_paid_at_the_next_start(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path, tmp_path: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    journal = Journal.take(journals()[0])
    assert journal is not None
    journal.note_owed()
    journal.close()
    assert unfinished(provider, key)
    # When
    (tmp_path / "small.txt").write_bytes(b"small")
    build_artifact_helper(connected(provider)).upload_file(tmp_path / "small.txt")
    # Then
    until(lambda: journals() == [])
    assert unfinished(provider, key) == []


def test_what_nobody_goes_on_with_is_taken_away(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path, tmp_path: Path
) -> None:
    # Given
    key = interrupt(helper, file)
    long_ago = time.time() - FORGOTTEN_AFTER - 10
    os.utime(journals()[0], (long_ago, long_ago))
    # When
    (tmp_path / "small.txt").write_bytes(b"small")
    build_artifact_helper(connected(provider)).upload_file(tmp_path / "small.txt")
    # Then
    until(lambda: journals() == [])
    assert unfinished(provider, key) == []


def test_what_could_not_be_taken_away_is_no_artifact(
    helper: S3STSArtifactHelper, file: Path, tmp_path: Path
) -> None:
    # Given: an object whose upload has not ended, for all that its journal knows
    interrupt(helper, file)
    kept = journals()[0]
    content = kept.read_bytes()
    stored = upload(helper, file)
    assert stored.uri in [each.uri for each in helper.list()]
    # When
    kept.write_bytes(content + b'{"completing":true}\n{"owed":true}\n')
    # Then
    assert stored.uri not in [each.uri for each in helper.list()]


def test_an_object_stored_just_before_the_kill_is_told_again(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    """Killed between "stored" and "noted": it is found in storage, and nothing is sent again."""
    # Given
    interrupt(helper, file)
    kept = journals()[0]
    content = kept.read_bytes()
    first = upload(helper, file)
    kept.write_bytes(content + b'{"completing":true}\n')
    # When
    second = upload(helper, file)
    # Then
    assert (second.uri, second.sha256) == (first.uri, first.sha256)
    assert journals() == []
