"""A retry for which the system has nothing left: the upload has failed, and may be tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import ResourcesExhausted
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.staging.upload_record import UploadRecord
from tests.staging.left import Away, queue
from tests.staging.test_upload_registry import failed

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_retry_that_cannot_be_kept_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a drop that has failed, and whose ticket could not be made
    def exhausted(_wish: object) -> UploadRecord:
        raise ResourcesExhausted("This program has reached the system's limit of open files.")

    with queue(tmp_path) as upload_manager:
        with monkeypatch.context() as patched:
            patched.setattr(UploadRecord, "issue", lambda _wish: UploadRecord())
            upload, spool = upload_manager.receive(
                Away(fails=True), name="a.bin", size=3, origin="browser"
            )
        spool.append(b"abc")
        upload_manager.arrived(upload.id)
        assert upload_manager.wait(upload.id, 60).state == "failed"
        # When
        with monkeypatch.context() as patched:
            patched.setattr(UploadRecord, "issue", exhausted)
            again = upload_manager.retry(upload.id)
        # Then
        assert again.state == "failed"
        assert again.can_retry
        assert again.problem is not None
        assert again.problem.code == "resources_exhausted"
        # When / Then
        upload_manager.retry(upload.id)
        ended = upload_manager.wait(upload.id, 60)
        assert ended.problem is not None
        assert ended.problem.code == "storage_unreachable"


def test_what_was_queued_for_an_earlier_try_takes_on_none_that_is_not_kept(tmp_path: Path) -> None:
    # Given
    upload = failed(Spool(tmp_path / "spool", 9))
    assert upload.begin()
    # When
    upload.restart()
    # Then
    assert not upload.begin()
    # When
    upload.allow_try()
    # Then
    assert upload.begin()
