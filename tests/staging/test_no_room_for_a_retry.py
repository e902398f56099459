"""A retry for which the system has nothing left: the job has failed, and may be tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import ResourcesExhausted
from jupyter_openeo_artifacts.staging.job_record import JobRecord
from tests.staging.left import Away, queue

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_retry_that_cannot_be_kept_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a drop that has failed, and whose ticket could not be made
    def exhausted(_wish: object) -> JobRecord:
        raise ResourcesExhausted("This program has reached the system's limit of open files.")

    with queue(tmp_path) as upload_manager:
        with monkeypatch.context() as patched:
            patched.setattr(JobRecord, "issue", lambda _wish: JobRecord())
            job, spool = upload_manager.receive(
                Away(fails=True), name="a.bin", size=3, origin="browser"
            )
        spool.append(b"abc")
        upload_manager.arrived(job.id)
        assert upload_manager.wait(job.id, 60).state == "failed"
        # When
        with monkeypatch.context() as patched:
            patched.setattr(JobRecord, "issue", exhausted)
            again = upload_manager.retry(job.id)
        # Then
        assert again.state == "failed"
        assert again.can_retry
        assert again.problem is not None
        assert again.problem.code == "resources_exhausted"
        # When / Then
        upload_manager.retry(job.id)
        ended = upload_manager.wait(job.id, 60)
        assert ended.problem is not None
        assert ended.problem.code == "storage_unreachable"
