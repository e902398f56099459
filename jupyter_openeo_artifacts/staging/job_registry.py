"""The jobs that a queue knows."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.staging.exceptions import NoSuchJob, TooManyUploads

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.staging.job import Job


MOST = 2000
"""Jobs that have not ended, at a time."""


_KEPT = 200  # jobs that are over stay on the list for a while, not for ever


class JobList:
    """Jobs by their ids, for any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._jobs: dict[str, Job] = {}

    def __contains__(self, job_id: str) -> bool:
        with self._lock:
            return job_id in self._jobs

    def check_room(self) -> None:
        """Raise where there are as many jobs as a process can follow.

        Raises
        ------
        TooManyUploads
            `MOST` have not ended.
        """
        with self._lock:
            known = list(self._jobs.values())
        if len(known) >= MOST and sum(not job.view().ended for job in known) >= MOST:
            raise TooManyUploads(MOST)

    def add(self, job: Job) -> None:
        """Put a job on the list, and take off what has been over for long."""
        with self._lock:
            self._jobs[job.id] = job
            ended = [each.id for each in self._jobs.values() if _is_done(each)]
            for old in sorted(ended)[:-_KEPT]:
                del self._jobs[old]

    def get(self, job_id: str) -> Job:
        """Return one.

        Raises
        ------
        NoSuchJob
            It is not on the list.
        """
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise NoSuchJob
        return job

    def pop(self, job_id: str) -> Job | None:
        """Take one off the list, and return it if it was there."""
        with self._lock:
            return self._jobs.pop(job_id, None)

    def all(self) -> list[Job]:
        """Return all, newest first."""
        with self._lock:
            known = list(self._jobs.values())
        return sorted(known, key=lambda job: job.id, reverse=True)


def _is_done(job: Job) -> bool:
    """Tell whether nothing of a job is kept: neither bytes that arrived nor a ticket."""
    needed = job.spool is not None or job.job_record.kept
    return job.is_over or (job.view().ended and not needed)
