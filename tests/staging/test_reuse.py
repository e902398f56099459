"""The same file staged twice is one artifact, and nothing is sent for it."""

from __future__ import annotations

import secrets
import time
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from tests.limits import AT_MOST
from tests.servers.provider import connected, s3_client

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.manager import UploadManager
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

MIB = 1 << 20


def stage(
    upload_manager: UploadManager,
    target: ConnectionTarget,
    path: Path,
    *,
    name: str = "",
    reuse: bool = True,
) -> UploadView:
    opener = partial(FileSource.from_path, path)
    upload = upload_manager.stage(
        target,
        opener,
        name=name or path.name,
        size=path.stat().st_size,
        origin="api",
        reuse=reuse,
    )
    ended = upload_manager.wait(upload.id, 60)
    assert ended.state == "staged"
    return ended


def drop(
    upload_manager: UploadManager, target: ConnectionTarget, name: str, content: bytes
) -> UploadView:
    """Stage bytes that arrive when the upload is there already, as the browser's do."""
    upload, spool = upload_manager.receive(target, name=name, size=len(content), origin="browser")
    for start in range(0, len(content), MIB):
        spool.append(content[start : start + MIB])
        upload_manager.arrived(upload.id)
    ended = upload_manager.wait(upload.id, 60)
    assert ended.state == "staged"
    return ended


def test_a_file_staged_again_is_the_artifact_that_is_there(
    upload_manager: UploadManager, target: ConnectionTarget, file: Path
) -> None:
    # Given
    first = stage(upload_manager, target, file)
    seen: list[UploadView] = []
    upload_manager.listen(seen.append)
    # When
    second = stage(upload_manager, target, file)
    # Then
    assert (first.reused, second.reused) == (False, True)
    assert second.artifact == first.artifact
    assert len(upload_manager.ledger.list()) == 1
    assert {view.bytes_stored for view in seen} == {0}, "nothing was sent"
    assert [*dict.fromkeys(view.state for view in seen)] == ["queued", "uploading", "staged"]


def test_a_file_of_many_parts_is_the_same_one_too(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path
) -> None:
    # Given
    path = tmp_path / "model.onnx"
    path.write_bytes(secrets.token_bytes(20 * MIB + 7))
    first = stage(upload_manager, target, path)
    # When / Then
    assert stage(upload_manager, target, path).artifact == first.artifact


def test_who_wants_a_new_one_gets_it(
    upload_manager: UploadManager, target: ConnectionTarget, file: Path
) -> None:
    # Given
    first = stage(upload_manager, target, file)
    # When
    second = stage(upload_manager, target, file, reuse=False)
    # Then
    assert not second.reused
    assert second.artifact != first.artifact
    assert len(upload_manager.ledger.list()) == 2
    assert stage(upload_manager, target, file).artifact == second.artifact, "the newest is taken"


def test_what_differs_is_another_artifact(
    upload_manager: UploadManager, target: ConnectionTarget, file: Path
) -> None:
    # Given
    stage(upload_manager, target, file)
    # When / Then: another name
    assert not stage(upload_manager, target, file, name="other.parquet").reused
    # When / Then: other content of the same size
    file.write_bytes(secrets.token_bytes(100_000))
    assert not stage(upload_manager, target, file).reused
    assert len({record.uri for record in upload_manager.ledger.list()}) == 3


def test_an_artifact_that_storage_has_lost_is_stored_again(
    upload_manager: UploadManager, target: ConnectionTarget, provider: LocalProvider, file: Path
) -> None:
    # Given
    first = stage(upload_manager, target, file)
    assert first.artifact is not None
    key = upload_manager.ledger.get(first.artifact).uri.removeprefix(f"s3://{provider.bucket}/")
    s3_client(provider).delete_object(Bucket=provider.bucket, Key=key)
    # When
    second = stage(upload_manager, target, file)
    # Then
    assert not second.reused
    assert second.artifact != first.artifact


def test_what_is_off_the_list_is_not_taken_from_storage(
    upload_manager: UploadManager, target: ConnectionTarget, file: Path
) -> None:
    # Given
    first = stage(upload_manager, target, file)
    assert first.artifact is not None
    upload_manager.ledger.forget(first.artifact)
    # When / Then
    assert not stage(upload_manager, target, file).reused


def test_another_users_artifact_is_not_ours(
    upload_manager: UploadManager, target: ConnectionTarget, provider: LocalProvider, file: Path
) -> None:
    # Given: two people at one machine and one backend
    bob = ConnectionTarget(connected(provider, "bob"))
    assert bob.id == target.id
    first = stage(upload_manager, target, file)
    # When
    second = stage(upload_manager, bob, file)
    # Then
    assert not second.reused
    assert second.artifact != first.artifact


def test_a_small_file_that_is_dropped_again_is_the_same_one(
    upload_manager: UploadManager, target: ConnectionTarget
) -> None:
    # Given
    content = secrets.token_bytes(3 * MIB)
    first = drop(upload_manager, target, "drop.bin", content)
    # When
    second = drop(upload_manager, target, "drop.bin", content)
    # Then
    assert second.reused
    assert second.artifact == first.artifact
    assert second.bytes_stored == 0


def test_a_large_file_that_arrives_is_not_held_up(
    upload_manager: UploadManager, target: ConnectionTarget
) -> None:
    # Given
    content = secrets.token_bytes(20 * MIB)
    drop(upload_manager, target, "large.bin", content)
    upload, spool = upload_manager.receive(
        target, name="large.bin", size=len(content), origin="browser"
    )
    # When: its last byte is still to come
    spool.append(content[:-1])
    deadline = time.monotonic() + AT_MOST
    while not upload_manager.upload(upload.id).bytes_stored and time.monotonic() < deadline:
        time.sleep(0.02)
    # Then: parts have left
    waiting = upload_manager.upload(upload.id)
    assert waiting.bytes_stored
    assert waiting.state == "receiving"
    spool.append(content[-1:])
    upload_manager.arrived(upload.id)
    assert not upload_manager.wait(upload.id, 30).reused


def test_a_record_that_is_forgotten_meanwhile_is_noted_again(
    upload_manager: UploadManager, target: ConnectionTarget, file: Path
) -> None:
    # Given
    first = stage(upload_manager, target, file)
    assert first.artifact is not None

    def open_late() -> FileSource:
        source = FileSource.from_path(file)
        check = source.check_unchanged

        def forget() -> None:  # when the content is known, the list has been read already
            upload_manager.ledger.forget(str(first.artifact))
            check()

        source.check_unchanged = forget  # type: ignore[method-assign]
        return source

    # When
    upload = upload_manager.stage(target, open_late, name=file.name, size=100_000, origin="api")
    ended = upload_manager.wait(upload.id, 30)
    # Then
    assert (ended.state, ended.reused) == ("staged", True)
    assert [record.id for record in upload_manager.ledger.list()] == [first.artifact]


def test_a_file_that_changes_while_it_is_compared_is_refused(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path
) -> None:
    # Given
    path = tmp_path / "compared.bin"
    path.write_bytes(secrets.token_bytes(20 * MIB))
    stage(upload_manager, target, path)

    def open_it() -> FileSource:
        source = FileSource.from_path(path)
        read = source.read_into

        def read_and_spoil(*given: Any) -> int:
            got = read(*given)
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(8))
            return got

        source.read_into = read_and_spoil  # type: ignore[method-assign]
        return source

    # When
    upload = upload_manager.stage(target, open_it, name=path.name, size=20 * MIB, origin="api")
    ended = upload_manager.wait(upload.id, 30)
    # Then
    assert ended.problem is not None
    assert ended.problem.code == "file_changed"
    assert len(upload_manager.ledger.list()) == 1
