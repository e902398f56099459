"""A retry for which the system has nothing left: the job has failed, and may be tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.exceptions import ResourcesExhausted
from jupyter_openeo_artifacts.staging.ticket import Ticket
from tests.staging.left import Away, queue

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_a_retry_that_cannot_be_kept_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a drop that has failed, and whose ticket could not be made
    def exhausted(_wish: object) -> Ticket:
        raise ResourcesExhausted("This program has reached the system's limit of open files.")

    with queue(tmp_path) as stager:
        with monkeypatch.context() as patched:
            patched.setattr(Ticket, "issue", lambda _wish: Ticket())
            job, spool = stager.receive(Away(fails=True), name="a.bin", size=3, origin="browser")
        spool.append(b"abc")
        stager.arrived(job.id)
        assert stager.wait(job.id, 60).state == "failed"
        # When
        with monkeypatch.context() as patched:
            patched.setattr(Ticket, "issue", exhausted)
            again = stager.retry(job.id)
        # Then
        assert again.state == "failed"
        assert again.can_retry
        assert again.problem is not None
        assert again.problem.code == "resources_exhausted"
        # When / Then
        stager.retry(job.id)
        ended = stager.wait(job.id, 60)
        assert ended.problem is not None
        assert ended.problem.code == "storage_unreachable"
