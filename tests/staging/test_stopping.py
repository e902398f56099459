"""Uploads that are cancelled, forgotten, or closed with their queue."""

from __future__ import annotations

import hashlib
import secrets
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest
import requests

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.staging.artifact import Artifact
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload
from jupyter_openeo_artifacts.staging.manager import UploadManager
from jupyter_openeo_artifacts.staging.recovery import give_up
from jupyter_openeo_artifacts.staging.target import ConnectionTarget
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ledger import Ledger
from tests.limits import AT_MOST
from tests.servers.provider import abort_all, connected
from tests.transfer.line import Fault, Line

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider
from tests.staging.provider_uploads import MIB, stage, stored_names, unfinished, write

HELD = AT_MOST * 3 / 4
"""Seconds in which what is held back on a line is held back still."""


@pytest.fixture(autouse=True)
def _none_was_left(provider: LocalProvider) -> None:
    """Begin without the uploads that servers of other tests have left for their successors."""
    abort_all(provider)


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
    helper.credentials.renew_expired()
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
