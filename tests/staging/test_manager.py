"""Uploads on the real local provider."""

from __future__ import annotations

import hashlib
import secrets
import socket
import threading
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
import requests

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNameInvalid
from jupyter_openeo_artifacts.sources.exceptions import SpoolClosed
from jupyter_openeo_artifacts.sources.source import FileSource
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload, NotRetryable
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.recovery import give_up
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.limits import AT_MOST
from tests.servers.provider import abort_all, connected, s3_client, storage_down
from tests.transfer.line import Fault, Line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

MIB = 1 << 20
HELD = AT_MOST * 3 / 4
"""Seconds in which what is held back on a line is held back still."""


@pytest.fixture(autouse=True)
def _none_was_left(provider: LocalProvider) -> None:
    """Begin without the uploads that servers of other tests have left for their successors."""
    abort_all(provider)


@pytest.fixture(scope="module")
def target(provider: LocalProvider) -> ConnectionTarget:
    return ConnectionTarget(connected(provider))


def write(path: Path, size: int) -> str:
    content = secrets.token_bytes(size)
    path.write_bytes(content)
    return hashlib.sha256(content).hexdigest()


def stage(upload_manager: UploadManager, target: ConnectionTarget, path: Path) -> UploadView:
    size = path.stat().st_size if path.exists() else None
    opener = partial(FileSource.from_path, path)
    return upload_manager.stage(target, opener, name=path.name, size=size, origin="api")


def unfinished(provider: LocalProvider, name: str) -> list[dict[str, object]]:
    """Return the uploads of that name alone: other tests of this process have the same storage."""
    prefix = f"{provider.users['alice'].prefix}/"
    listed = s3_client(provider).list_multipart_uploads(Bucket=provider.bucket, Prefix=prefix)
    return [each for each in listed.get("Uploads", []) if each["Key"].endswith(f"/{name}")]


def stored_names(provider: LocalProvider) -> set[str]:
    prefix = f"{provider.users['alice'].prefix}/"
    pages = s3_client(provider).get_paginator("list_objects_v2")
    return {
        found["Key"].rpartition("/")[2]
        for page in pages.paginate(Bucket=provider.bucket, Prefix=prefix)
        for found in page.get("Contents", [])
    }


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


@pytest.mark.parametrize("when", ["at once", "first part", "last byte missing"])
def test_a_cancelled_upload_leaves_nothing(
    upload_manager: UploadManager, target: ConnectionTarget, provider: LocalProvider, when: str
) -> None:
    # Given
    name = f"cancelled {when}.bin"
    content = secrets.token_bytes(30 * MIB)
    upload, spool = upload_manager.receive(target, name=name, size=len(content), origin="browser")
    if when != "at once":
        spool.append(content[: 9 * MIB if when == "first part" else -1])
        deadline = time.monotonic() + AT_MOST
        while not upload_manager.upload(upload.id).bytes_stored and time.monotonic() < deadline:
            time.sleep(0.01)
        assert unfinished(provider, name)
    # When
    ended = upload_manager.cancel(upload.id)
    # Then
    assert ended.state == "cancelled"
    assert upload_manager.ledger.list() == []
    assert unfinished(provider, name) == []
    assert name not in stored_names(provider)
    assert not spool.path.exists()


def test_forgetting_a_running_upload_leaves_nothing(
    upload_manager: UploadManager, target: ConnectionTarget, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    write(tmp_path / "forgotten.bin", 64 * MIB)
    started = threading.Event()
    upload_manager.listen(lambda view: started.set() if view.bytes_stored else None)
    upload = stage(upload_manager, target, tmp_path / "forgotten.bin")
    assert started.wait(AT_MOST)
    # When
    upload_manager.forget(upload.id)
    # Then
    with pytest.raises(NoSuchUpload):
        upload_manager.upload(upload.id)
    assert unfinished(provider, "forgotten.bin") == []
    assert upload_manager.ledger.list() == []


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


def test_a_file_that_waits_for_a_thread_can_be_cancelled(
    upload_manager: UploadManager, target: ConnectionTarget
) -> None:
    # Given
    for number in range(20):
        upload_manager.receive(target, name=f"{number}.bin", size=10, origin="browser")
    late, spool = upload_manager.receive(target, name="late.bin", size=10, origin="browser")
    spool.append(bytes(5))
    # When / Then
    assert upload_manager.cancel(late.id).state == "cancelled"
    assert not spool.path.exists()


def test_a_login_service_that_hangs_holds_up_neither_cancel_nor_close(
    provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: an STS that takes the request and never answers
    write(tmp_path / "a.bin", 1000)
    connection = connected(provider)
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:
        sts = f"http://127.0.0.1:{silent.getsockname()[1]}"

        class SilentTarget(ConnectionTarget):
            def helper(self) -> S3STSArtifactHelper:
                asked.set()
                return build_artifact_helper(connection, S3STSConfig(sts_endpoint=sts))

        upload_manager = UploadManager(Ledger(tmp_path / "ledger"))
        upload = stage(upload_manager, SilentTarget(connection), tmp_path / "a.bin")
        other = stage(upload_manager, SilentTarget(connection), tmp_path / "a.bin")
        assert asked.wait(AT_MOST)
        # When / Then
        assert upload_manager.cancel(upload.id).state == "cancelled"
        upload_manager.close()
        assert not upload_manager.upload(other.id).ended  # nor is it said to be


def test_a_cancel_does_not_wait_for_a_session_that_is_to_be_renewed(
    upload_manager: UploadManager, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: a helper whose session has ended, and an STS that has fallen silent
    write(tmp_path / "a.bin", 1000)
    connection = connected(provider)
    line = Line(int(provider.sts.rpartition(":")[2]))
    helper = build_artifact_helper(connection, S3STSConfig(sts_endpoint=line.endpoint))
    helper._credentials.renew_expired()
    asked = line.count(b"POST")
    silent = line.add(Fault("hold", b"POST", times=9))

    class Behind(ConnectionTarget):
        def helper(self) -> S3STSArtifactHelper:
            return helper

    upload = stage(upload_manager, Behind(connection), tmp_path / "a.bin")
    assert silent.met.wait(AT_MOST)
    # When
    upload_manager.cancel(upload.id)
    # Then: while the STS is asked for the first time
    assert upload_manager.wait(upload.id, HELD).state == "cancelled"
    assert line.count(b"POST") == asked + 1
    line.close()


def test_a_cancel_leaves_no_question_whether_the_file_is_there_already(
    upload_manager: UploadManager, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: a file that was staged, and a storage that does not say whether it has it still
    write(tmp_path / "a.bin", 1000)
    connection = connected(provider)
    line = Line(int(provider.s3.rpartition(":")[2]))
    helper = build_artifact_helper(connection, S3STSConfig(s3_endpoint=line.endpoint))

    class Behind(ConnectionTarget):
        def helper(self) -> S3STSArtifactHelper:
            return helper

    first = stage(upload_manager, Behind(connection), tmp_path / "a.bin")
    assert upload_manager.wait(first.id, AT_MOST).state == "staged"
    before = set(threading.enumerate())
    silent = line.add(Fault("hold", b"HEAD", times=9))
    upload = stage(upload_manager, Behind(connection), tmp_path / "a.bin")
    assert silent.met.wait(AT_MOST)
    (asking,) = (
        each for each in set(threading.enumerate()) - before if each.name.endswith("-waiting")
    )
    # When
    upload_manager.cancel(upload.id)
    # Then
    assert upload_manager.wait(upload.id, AT_MOST).state == "cancelled"
    asking.join(HELD)
    assert not asking.is_alive()
    line.close()


def test_closing_cancels_what_nobody_can_go_on_with(
    target: ConnectionTarget, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given
    upload_manager = UploadManager(Ledger(tmp_path / "ledger"))
    upload, spool = upload_manager.receive(target, name="open.bin", size=30 * MIB, origin="widget")
    spool.append(bytes(9 * MIB))
    # When
    upload_manager.close()
    # Then
    assert upload_manager.upload(upload.id).state == "cancelled"
    assert unfinished(provider, "open.bin") == []
    assert not spool.path.exists()


def test_closing_leaves_the_rest_for_the_next_one(
    target: ConnectionTarget, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: parts of one that still arrives are in storage
    content = secrets.token_bytes(30 * MIB)
    upload_manager = UploadManager(Ledger(tmp_path / "ledger"))
    upload, spool = upload_manager.receive(target, name="open.bin", size=30 * MIB, origin="browser")
    spool.append(content[: 20 * MIB])
    deadline = time.monotonic() + AT_MOST
    while upload_manager.upload(upload.id).bytes_stored < 16 * MIB:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    # When
    upload_manager.close()
    (begun,) = unfinished(provider, "open.bin")
    successor = UploadManager(Ledger(tmp_path / "ledger"))
    (again,) = successor.recover(target)
    # Then
    assert (again.id, again.name, again.bytes_received) == (upload.id, "open.bin", 20 * MIB)
    found = successor.spool(upload.id)
    assert found is not None
    found.append(content[20 * MIB :])
    successor.arrived(upload.id)
    ended = successor.wait(upload.id, 60)
    assert ended.state == "staged", ended.problem
    assert ended.artifact is not None
    artifact = Artifact.of(successor.ledger.get(ended.artifact), target)
    answer = requests.get(artifact.presigned_url(), timeout=30)
    assert hashlib.sha256(answer.content).hexdigest() == hashlib.sha256(content).hexdigest()
    assert artifact.uri.endswith(str(begun["Key"]))
    assert successor.recover(target) == []
    successor.close()
    assert list(state_folder("spool").iterdir()) == []
    assert list(state_folder("journals").iterdir()) == []


def test_what_was_given_up_is_cleaned_up_at_the_next_start(
    target: ConnectionTarget, provider: LocalProvider, tmp_path: Path
) -> None:
    # Given: one that was left half done, and cannot go on for now
    write(tmp_path / "a.bin", 30 * MIB)
    upload_manager = UploadManager(Ledger(tmp_path / "ledger"))
    upload = stage(upload_manager, target, tmp_path / "a.bin")
    deadline = time.monotonic() + AT_MOST
    while not upload_manager.upload(upload.id).bytes_stored:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    upload_manager.close()
    assert unfinished(provider, "a.bin")
    later = UploadManager(Ledger(tmp_path / "ledger"))

    # When
    give_up(upload.id)
    assert later.recover(target) == []
    # Then
    deadline = time.monotonic() + AT_MOST
    while unfinished(provider, "a.bin"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    later.close()
