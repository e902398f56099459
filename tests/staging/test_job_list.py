"""The list of jobs stays short, and loses nothing that is still needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.s3.exceptions import StorageUnreachable
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.staging import job_registry as job_list
from jupyter_openeo_artifacts.staging.job import Job
from jupyter_openeo_artifacts.staging.job_registry import JobList
from tests.staging.left import Away

if TYPE_CHECKING:
    import pytest

FAILED = StorageUnreachable("Storage does not answer.")


def failed(spool: Spool | None = None) -> Job:
    source: Any = None
    job = Job(
        target=Away(),
        name="a.tif",
        size=9,
        origin="browser",
        open_source=source,
        spool=spool,
        changed=lambda _: None,
    )
    assert job.move("failed", problem=FAILED)
    return job


def test_the_oldest_failed_jobs_leave_but_those_whose_bytes_are_kept(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(job_list, "_KEPT", 2)
    given_up = Spool(tmp_path / "given up", 9)
    given_up.fail(Cancelled())
    waiting = failed(Spool(tmp_path / "waiting", 9))
    gone = [failed(given_up), failed(), failed()]
    left = [failed(), failed()]
    jobs = JobList()
    # When
    for job in [waiting, *gone, *left]:
        jobs.add(job)
    # Then
    assert {job.id for job in jobs.all()} == {job.id for job in [waiting, *left]}
