"""The list of jobs stays short, and loses nothing that is still needed."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.s3.exceptions import StorageUnreachable
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.staging import job_registry as job_list
from jupyter_openeo_artifacts.staging.exceptions import TooManyFailed
from jupyter_openeo_artifacts.staging.job import Job
from jupyter_openeo_artifacts.staging.job_registry import JobList
from tests.staging.left import Away

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


def test_no_file_is_taken_while_too_many_wait_for_another_try(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(job_list, "MOST", 3)
    jobs = JobList()
    for number in range(2):
        jobs.add(failed(Spool(tmp_path / str(number), 9)))
        jobs.add(failed())  # of which nothing is kept
    jobs.check_room()
    last = failed(Spool(tmp_path / "last", 9))
    jobs.add(last)
    # When / Then: nothing is lost, and it is said what makes room
    with pytest.raises(TooManyFailed, match=r"3 files .* tried again.* remove") as refused:
        jobs.check_room()
    assert refused.value.who == "you"
    assert len(jobs.all()) == 5
    # When
    jobs.pop(last.id)
    # Then
    jobs.check_room()
