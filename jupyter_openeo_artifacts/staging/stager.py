"""The queue: takes jobs, runs them in threads, tells who listens."""

from __future__ import annotations

import logging
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable
from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.records.ids import new_id
from jupyter_openeo_artifacts.records.ledger import Ledger, Origin
from jupyter_openeo_artifacts.staging.exceptions import NoSuchJob, StoppedByUs
from jupyter_openeo_artifacts.staging.interrupted import (
    awaited_spools,
    give_up,
    interrupted,
    owes,
)
from jupyter_openeo_artifacts.staging.job import Job, JobView
from jupyter_openeo_artifacts.staging.recovery import job_again
from jupyter_openeo_artifacts.staging.sending import send
from jupyter_openeo_artifacts.transfer.abandoned import remove_abandoned
from jupyter_openeo_artifacts.transfer.exceptions import Cancelled
from jupyter_openeo_artifacts.transfer.spool import Spool

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.transfer.exceptions import SpoolFull
    from jupyter_openeo_artifacts.transfer.source import Source

_log = logging.getLogger(__name__)

_RECEIVING_AT_ONCE = 16  # such a thread mostly waits for its browser
_CANCEL_SECONDS = 2.0
_DONE = ("staged", "cancelled")
_KEPT = 200  # jobs that are over stay on the list for a while, not for ever


class Stager:
    """Runs staging jobs.

    Parameters
    ----------
    ledger
        Where staged artifacts are noted; the user's own if not given.
    workers
        How many files from disk are sent at a time.
    """

    def __init__(self, ledger: Ledger | None = None, *, workers: int = 3) -> None:
        self.ledger = ledger or Ledger()
        self._jobs: dict[str, Job] = {}
        self._listeners: list[Callable[[JobView], None]] = []
        self._lock = threading.Lock()
        # Bytes that are still arriving have threads of their own: a browser that sleeps must not
        # hold up a file that lies on disk.
        self._disk = ThreadPoolExecutor(workers, "openeo-artifacts-disk")
        self._arriving = ThreadPoolExecutor(_RECEIVING_AT_ONCE, "openeo-artifacts-arriving")
        with suppress(RecordsUnusable, OSError):  # whoever needs the folder is told then
            remove_abandoned(state_folder("spool"), keep=awaited_spools())

    def stage(
        self,
        target: Target,
        open_source: Callable[[], Source],
        *,
        name: str,
        size: int | None,
        origin: Origin,
        reuse: bool = True,
        contents: str | None = None,
    ) -> JobView:
        """Queue a file that lies on disk; `open_source` is called in a worker.

        Where storage holds the same file of today already, that is the artifact and nothing is
        sent; with `reuse=False` it is sent again. Where `contents`, its path in Jupyter's root, is
        given, a server that is started anew goes on with it (`recover`).

        Raises
        ------
        ArtifactNameInvalid
            The name cannot be stored; no job is made.
        """
        job = Job(
            target=target,
            name=_checked(name),
            size=size,
            origin=origin,
            open_source=open_source,
            spool=None,
            changed=self._tell,
            reuse=reuse,
            contents=contents,
        )
        return self._take(job)

    def receive(
        self, target: Target, *, name: str, size: int, origin: Origin, reuse: bool = True
    ) -> tuple[JobView, Spool]:
        """Make a job for `size` bytes that will arrive, and the spool to append them to.

        `reuse` as for `stage`, where that holds nothing up: parts of a large file leave at once.

        Raises
        ------
        ArtifactNameInvalid
            The name cannot be stored; no job is made.
        OpenEOArtifactsError
            There is no room for a spool.
        """
        checked, job_id = _checked(name), new_id()
        spool = Spool(state_folder("spool") / job_id, size)  # never the user's name
        job = Job(
            target=target,
            name=checked,
            size=size,
            origin=origin,
            open_source=spool.source,
            spool=spool,
            changed=self._tell,
            job_id=job_id,
            reuse=reuse,
        )
        return self._take(job), spool

    def recover(self, target: Target, open_contents: Callable[[str], Source]) -> list[JobView]:
        """Go on with the jobs of a login whose process has ended; return those taken up.

        What such processes could not clean up is cleaned up meanwhile.

        A file whose path only a kernel or a script knows is not among them: whoever stages it again
        goes on where it stood.

        Parameters
        ----------
        open_contents
            Opens a path in Jupyter's root; called in a worker.
        """
        taken = []
        for each in interrupted(target.id):
            with self._lock:
                known = each.id in self._jobs
            job = None if known else job_again(each, target, open_contents, self._tell)
            if job is not None:
                taken.append(self._take(job))
        if owes(target.id):
            self._disk.submit(self._settle, target)
        return taken

    def jobs(self) -> list[JobView]:
        """Return all jobs, newest first."""
        with self._lock:
            known = list(self._jobs.values())
        return [job.view() for job in sorted(known, key=lambda job: job.id, reverse=True)]

    def job(self, job_id: str) -> JobView:
        """Return one job.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        return self._job(job_id).view()

    def spool(self, job_id: str) -> Spool | None:
        """Return where a job's bytes arrive, None if they lie on disk.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        return self._job(job_id).spool

    def arrived(self, job_id: str) -> JobView:
        """Note that bytes were appended to a job's spool, and return the job.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        job = self._job(job_id)
        job.note_room()
        job.note_arrival()
        if job.spool is not None and job.spool.complete and not job.begun:
            self._start(job)  # it waits for nothing any more, least of all behind those who do
        return job.view()

    def note_full(self, job_id: str, problem: SpoolFull) -> None:
        """Note that there was no room for bytes of a job: it is paused until some arrive.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        self._job(job_id).note_trouble(problem)

    def cancel(self, job_id: str) -> JobView:
        """Cancel; returns when nothing of it is left in storage, or after 2 s.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        job = self._job(job_id)
        job.cancel.cancel()
        if job.spool is not None and not job.view().ended:
            job.spool.fail(Cancelled())
        if job.begin():  # it was still waiting for a thread, and will find that it has ended
            job.move("cancelled")
            self._tidy(job)
        return job.wait(_CANCEL_SECONDS)

    def retry(self, job_id: str) -> JobView:
        """Try a failed job again.

        Raises
        ------
        NoSuchJob
            It is not known here.
        NotRetryable
            It has not failed.
        """
        job = self._job(job_id)
        job.restart()
        self._start(job)
        return job.view()

    def forget(self, job_id: str) -> None:
        """Cancel it if it runs, and take it off the list.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        self.cancel(job_id)
        with self._lock:
            job = self._jobs.pop(job_id, None)
        if job is None:
            return
        if job.spool is not None:
            job.spool.remove()
        if job.view().state == "failed":
            give_up(job.id)
            self._disk.submit(self._settle, job.target)

    def wait(self, job_id: str, timeout: float | None = None) -> JobView:
        """Wait at most `timeout` seconds for its end, and return it as it is then.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        return self._job(job_id).wait(timeout)

    def listen(self, callback: Callable[[JobView], None]) -> Callable[[], None]:
        """Call `callback` at each change, in the thread of the change; return what undoes that."""
        with self._lock:
            self._listeners.append(callback)

        def unlisten() -> None:
            with self._lock:
                if callback in self._listeners:
                    self._listeners.remove(callback)

        return unlisten

    def close(self) -> None:
        """Stop what runs, for whoever goes on with it; cancel what nobody can."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            unfinished = job.spool is not None and not job.spool.complete
            if unfinished and job.origin == "widget":  # its page talks to this process alone
                job.cancel.cancel()
            else:
                job.cancel.suspend()
            if job.spool is not None:
                job.spool.fail(Cancelled())
        self._disk.shutdown(wait=True, cancel_futures=True)
        self._arriving.shutdown(wait=True, cancel_futures=True)
        for job in jobs:
            if job.spool is None:
                continue
            if job.view().ended or not job.cancel.suspended:
                job.spool.remove()
            else:
                job.spool.detach()

    def _take(self, job: Job) -> JobView:
        with self._lock:
            self._jobs[job.id] = job
            ended = [each.id for each in self._jobs.values() if each.view().state in _DONE]
            for old in sorted(ended)[:-_KEPT]:
                del self._jobs[old]
        view = job.view()
        self._tell(view)
        self._start(job)
        return view

    def _start(self, job: Job) -> None:
        arriving = job.spool is not None and not job.spool.complete
        (self._arriving if arriving else self._disk).submit(self._run, job)

    def _run(self, job: Job) -> None:
        if not job.begin() or (job.view().state == "queued" and not job.move("uploading")):
            return
        try:
            sent = send(job, self.ledger)
        except Cancelled:
            if job.cancel.suspended:
                return  # it has not ended: another process goes on with it
            job.move("cancelled")
        except OpenEOArtifactsError as problem:
            job.move("failed", problem=problem)
        except Exception as error:  # noqa: BLE001  a worker must end its job whatever happens
            # Its text may hold a signed request, so only its kind and place are logged.
            way = " < ".join(
                f"{frame.name} ({frame.filename}:{frame.lineno})"
                for frame in reversed(traceback.extract_tb(error.__traceback__))
            )
            _log.error("job %s stopped by %s in %s", job.id, type(error).__name__, way)
            job.move("failed", problem=StoppedByUs())
        else:
            job.move("staged", artifact=sent.record.id, reused=sent.reused)
        self._tidy(job)

    @staticmethod
    def _settle(target: Target) -> None:
        with suppress(OpenEOArtifactsError):  # it stays owed, and is paid at the next start
            target.helper().settle()

    @staticmethod
    def _tidy(job: Job) -> None:
        """Throw away bytes that nobody will ask for again."""
        ended = job.view()
        if job.spool is not None and ended.ended and not ended.can_retry:
            job.spool.remove()

    def _job(self, job_id: str) -> Job:
        with self._lock:
            job = self._jobs.get(job_id)
        if job is None:
            raise NoSuchJob
        return job

    def _tell(self, view: JobView) -> None:
        with self._lock:
            listeners = list(self._listeners)
        for listener in listeners:
            try:
                listener(view)
            except Exception:  # noqa: BLE001  a listener's fault is not the job's
                _log.exception("a listener of job %s failed", view.id)


def _checked(name: str) -> str:
    from jupyter_openeo_artifacts.artifacts.keys import checked_name

    return checked_name(name)
