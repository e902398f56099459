"""Uploads on the real local provider."""

from __future__ import annotations

import hashlib
import secrets
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
import requests

from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNameInvalid
from jupyter_openeo_artifacts.sources.exceptions import SpoolClosed
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.exceptions import NotRetryable
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.limits import AT_MOST
from tests.servers.provider import abort_all, storage_down

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
from tests.staging.provider_uploads import MIB, stage, stored_names, unfinished, write


@pytest.fixture(autouse=True)
def _none_was_left(provider: LocalProvider) -> None:
    """Begin without the uploads that servers of other tests have left for their successors."""
    abort_all(provider)


def test_a_file_from_disk(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path
) -> None:
    # Given
    seen: list[UploadView] = []
    upload_manager.listen(seen.append)
    digest = write(tmp_path / "model.onnx", 20 * MIB + 7)
    # When
    ended = upload_manager.wait(stage(upload_manager, target, tmp_path / "model.onnx").id, 60)
    # Then
    assert ended.state == "staged"
    assert ended.bytes_stored == ended.size == 20 * MIB + 7
    assert ended.artifact is not None
    artifact = Artifact.of(upload_manager.ledger.get(ended.artifact), target)
    assert artifact.sha256 == digest
    answer = requests.get(artifact.presigned_url(), timeout=30)
    assert hashlib.sha256(answer.content).hexdigest() == digest
    assert "X-Amz" not in repr(artifact)
    words = list(dict.fromkeys(view.state for view in seen))
    assert words == ["queued", "uploading", "verifying", "staged"]
    steps = [view.bytes_stored for view in seen]
    assert steps == sorted(steps)
    assert len(set(steps)) >= 3, "progress is seen on the way"


def test_bytes_that_arrive_are_sent_meanwhile(
    upload_manager: UploadManager, target: ConnectionTarget
) -> None:
    # Given
    content = secrets.token_bytes(30 * MIB)
    upload, spool = upload_manager.receive(
        target, name="drop.bin", size=len(content), origin="browser"
    )
    # When: all but the last byte is here
    for start in range(0, len(content) - 1, MIB):
        spool.append(content[start : min(start + MIB, len(content) - 1)])
    deadline = time.monotonic() + AT_MOST
    while upload_manager.upload(upload.id).bytes_stored < 16 * MIB and time.monotonic() < deadline:
        time.sleep(0.05)
    # Then: parts have left already
    waiting = upload_manager.upload(upload.id)
    assert waiting.state == "receiving"
    assert waiting.bytes_stored >= 16 * MIB
    assert waiting.bytes_received == len(content) - 1
    # When
    spool.append(content[-1:])
    assert upload_manager.arrived(upload.id).state != "receiving"
    ended = upload_manager.wait(upload.id, 30)
    # Then
    assert ended.state == "staged"
    assert ended.artifact is not None
    assert upload_manager.ledger.get(ended.artifact).sha256 == hashlib.sha256(content).hexdigest()
    assert not spool.path.exists()


def test_an_empty_drop_is_staged(upload_manager: UploadManager, target: ConnectionTarget) -> None:
    upload, _ = upload_manager.receive(target, name="empty.txt", size=0, origin="browser")
    assert upload_manager.wait(upload.id, 30).state == "staged"


def test_a_vanished_file_fails_and_can_be_tried_again(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path
) -> None:
    # Given
    path = tmp_path / "later.tif"
    upload = upload_manager.wait(stage(upload_manager, target, path).id, 30)
    assert upload.state == "failed"
    assert upload.problem is not None
    assert upload.problem.code == "file_vanished"
    assert upload.can_retry
    # When
    path.write_bytes(b"now it is there")
    upload_manager.retry(upload.id)
    # Then
    assert upload_manager.wait(upload.id, 30).state == "staged"


def test_what_is_not_failed_is_left_as_it_is_by_a_retry(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path
) -> None:
    # Given
    path = tmp_path / "later.tif"
    failed = upload_manager.wait(stage(upload_manager, target, path).id, 30)
    path.write_bytes(b"now it is there")
    told: list[str] = []
    upload_manager.listen(lambda view: told.append(view.state))
    # When it is pressed again and again, by whoever sees it
    with ThreadPoolExecutor(4) as people:
        views = [*people.map(upload_manager.retry, [failed.id] * 12)]
    # Then it was tried once, and nobody was told that it has not failed
    assert "failed" not in {view.state for view in views}
    staged = upload_manager.wait(failed.id, 30)
    assert upload_manager.retry(failed.id) == staged
    assert staged.state == "staged"
    assert told.count("queued") == told.count("staged") == 1


def test_a_cancelled_upload_cannot_be_tried_again(
    upload_manager: UploadManager, target: ConnectionTarget
) -> None:
    upload, _ = upload_manager.receive(target, name="a.bin", size=10, origin="browser")
    upload_manager.cancel(upload.id)
    with pytest.raises(NotRetryable):
        upload_manager.retry(upload.id)


def test_a_file_that_grew_in_the_queue_has_its_new_size(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path
) -> None:
    # Given
    path = tmp_path / "growing.bin"
    write(path, 10)

    def open_later() -> FileSource:
        path.write_bytes(bytes(2000))
        return FileSource.from_path(path)

    # When
    upload = upload_manager.stage(
        target, open_later, name="growing.bin", size=10, origin="contents"
    )
    ended = upload_manager.wait(upload.id, 30)
    # Then
    assert (ended.state, ended.size, ended.bytes_stored) == ("staged", 2000, 2000)


def test_a_file_that_changes_on_the_way_is_refused(
    upload_manager: UploadManager, target: ConnectionTarget, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    path = tmp_path / "changing.bin"
    write(path, 64 * MIB)

    def spoil(view: UploadView) -> None:
        if 0 < view.bytes_stored < 40 * MIB:
            with path.open("r+b") as file:
                file.write(secrets.token_bytes(8))

    upload_manager.listen(spoil)
    # When
    ended = upload_manager.wait(stage(upload_manager, target, path).id, 60)
    # Then
    assert ended.problem is not None
    assert ended.problem.code == "file_changed"
    assert "changing.bin" not in stored_names(provider)
    assert unfinished(provider, path.name) == []


@pytest.mark.parametrize("name", ["../x", "a\nb", "x" * 300])
def test_a_bad_name_makes_no_upload(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path, name: str
) -> None:
    with pytest.raises(ArtifactNameInvalid):
        upload_manager.receive(target, name=name, size=1, origin="browser")
    assert upload_manager.uploads() == []


def test_a_login_that_is_missing_fails_the_upload_with_its_sentence(
    upload_manager: UploadManager, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    import openeo

    write(tmp_path / "a.bin", 10)
    nobody = ConnectionTarget(openeo.connect(provider.backend))
    # When
    ended = upload_manager.wait(stage(upload_manager, nobody, tmp_path / "a.bin").id, 30)
    # Then
    assert ended.problem is not None
    assert ended.problem.code == "not_signed_in"
    assert "sign in" in ended.problem.todo


def test_a_fault_of_ours_ends_the_upload_and_hides_its_text(
    upload_manager: UploadManager, target: ConnectionTarget, caplog: pytest.LogCaptureFixture
) -> None:
    # Given
    def broken() -> FileSource:
        raise RuntimeError("canary-secret-text")

    # When
    upload = upload_manager.stage(target, broken, name="a", size=1, origin="api")
    ended = upload_manager.wait(upload.id, 30)
    # Then
    assert ended.problem is not None
    assert ended.problem.code == "internal"
    assert "RuntimeError" in caplog.text
    assert "canary" not in caplog.text + str(ended.problem)


def test_a_listener_that_fails_does_no_harm(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path
) -> None:
    # Given
    def broken(_: UploadView) -> None:
        raise RuntimeError

    stop: Callable[[], None] = upload_manager.listen(broken)
    write(tmp_path / "a.bin", 10)
    # When
    upload = stage(upload_manager, target, tmp_path / "a.bin")
    # Then
    assert upload_manager.wait(upload.id, 30).state == "staged"
    stop()


def test_many_uploads_run_in_turn(
    upload_manager: UploadManager, target: ConnectionTarget, tmp_path: Path
) -> None:
    # Given
    for number in range(12):
        write(tmp_path / f"{number}.bin", 1000 + number)
    # When
    uploads = [stage(upload_manager, target, tmp_path / f"{number}.bin") for number in range(12)]
    ended = [upload_manager.wait(upload.id, 60) for upload in uploads]
    # Then
    assert {view.state for view in ended} == {"staged"}
    assert len(upload_manager.ledger.list()) == 12
    assert [view.id for view in upload_manager.uploads()] == sorted(
        (upload.id for upload in uploads), reverse=True
    )


def test_storage_that_goes_away_pauses_the_upload_until_it_is_back(
    upload_manager: UploadManager, target: ConnectionTarget, provider: LocalProvider
) -> None:
    # Given
    content = secrets.token_bytes(30 * MIB)
    seen: list[UploadView] = []
    upload_manager.listen(seen.append)
    upload, spool = upload_manager.receive(
        target, name="pause.bin", size=len(content), origin="browser"
    )
    spool.append(content[: 9 * MIB])
    while not upload_manager.upload(upload.id).bytes_stored:
        time.sleep(0.01)
    # When
    with storage_down(provider):
        spool.append(content[9 * MIB :])
        upload_manager.arrived(upload.id)
        deadline = time.monotonic() + AT_MOST
        while upload_manager.upload(upload.id).state != "paused" and time.monotonic() < deadline:
            time.sleep(0.05)
        paused = upload_manager.upload(upload.id)
    ended = upload_manager.wait(upload.id, 60)
    # Then
    assert paused.problem is not None
    assert paused.problem.code == "storage_unreachable"
    assert ended.state == "staged"
    assert ended.problem is None
    assert ended.artifact is not None
    assert upload_manager.ledger.get(ended.artifact).sha256 == hashlib.sha256(content).hexdigest()
    words = list(dict.fromkeys(view.state for view in seen))
    assert words == ["receiving", "uploading", "paused", "verifying", "staged"]


def test_bytes_that_no_try_can_use_are_not_kept(
    upload_manager: UploadManager, target: ConnectionTarget
) -> None:
    # Given
    upload, spool = upload_manager.receive(target, name="half.bin", size=30 * MIB, origin="browser")
    spool.append(bytes(MIB))
    # When: the rest will not come
    spool.fail(SpoolClosed("The browser sent no more."))
    ended = upload_manager.wait(upload.id, 30)
    # Then
    assert (ended.state, ended.can_retry) == ("failed", False)
    deadline = time.monotonic() + AT_MOST
    while spool.path.exists() and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not spool.path.exists()


def test_a_new_queue_removes_what_a_killed_process_left(tmp_path: Path) -> None:
    # Given
    (state_folder("spool") / "left").write_bytes(b"somebody's data")
    # When
    UploadManager(Ledger(tmp_path / "ledger")).close()
    # Then
    assert list(state_folder("spool").iterdir()) == []


def test_whose_bytes_are_here_waits_for_no_one_whose_bytes_are_not(
    upload_manager: UploadManager, target: ConnectionTarget
) -> None:
    # Given: more files that never arrive than threads that wait for them
    for number in range(20):
        upload_manager.receive(target, name=f"{number}.bin", size=10, origin="browser")
    late, spool = upload_manager.receive(target, name="late.bin", size=10, origin="browser")
    # When
    spool.append(bytes(10))
    upload_manager.arrived(late.id)
    # Then
    assert upload_manager.wait(late.id, 20).state == "staged"
