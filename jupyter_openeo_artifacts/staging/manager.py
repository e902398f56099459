"""The queue: takes jobs, runs them in threads, tells who listens."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.concurrency.process_end import close_at_end
from jupyter_openeo_artifacts.concurrency.signal import Signal
from jupyter_openeo_artifacts.errors import Cancelled, OpenEOArtifactsError, ResourcesExhausted
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.staging.job import Job
from jupyter_openeo_artifacts.staging.job_files import keep, let_go, outlives, throw_away
from jupyter_openeo_artifacts.staging.job_registry import Executors, JobList
from jupyter_openeo_artifacts.staging.job_runner import confirm, refute, run, tidy
from jupyter_openeo_artifacts.staging.owed_cleanup import give_up, has_cleanup, settle
from jupyter_openeo_artifacts.staging.recovery import interrupted, job_again, sweep
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.staging.job_spec import ContentsFile, JobView
    from jupyter_openeo_artifacts.staging.recovery import Root
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.state.staged_record import Origin


_log = logging.getLogger(__name__)


_CANCEL_SECONDS = 2.0


class UploadManager:
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
        self._closed = False
        self._jobs = JobList()
        self._listeners: Signal[JobView] = Signal()
        self._executors = Executors(workers, lambda job: run(job, self.ledger))
        close_at_end(self)
        sweep()

    def stage(
        self,
        target: Target,
        open_source: Callable[[], Source],
        *,
        name: str,
        size: int | None,
        origin: Origin,
        reuse: bool = True,
        contents: ContentsFile | None = None,
    ) -> JobView:
        """Queue a file that lies on disk; `open_source` is called in a worker.

        Where storage holds the same file of today already, that is the artifact and nothing is
        sent; with `reuse=False` it is sent again. Where `contents`, its place in Jupyter's root, is
        given, a restarted server goes on with it (`recover`): that is on disk when this
        returns.

        Raises
        ------
        ArtifactNameInvalid
            The name cannot be stored; no job is made.
        TooManyUploads, TooManyFailed, ResourcesExhausted
            There is no room for one more now; no job is made.
        """
        self._jobs.check_room()
        job = Job(
            target=target,
            name=_checked(name),
            size=size,
            origin=origin,
            open_source=open_source,
            spool=None,
            changed=self._listeners.tell,
            reuse=reuse,
            contents=contents,
        )
        return self._take(job)

    def receive(
        self,
        target: Target,
        *,
        name: str,
        size: int,
        origin: Origin,
        reuse: bool = True,
        needs_confirmation: bool = False,
    ) -> tuple[JobView, Spool]:
        """Make a job for `size` bytes that will arrive, and the spool to append them to.

        `reuse` as for `stage`, where that holds nothing up: parts of a large file leave at once. A
        restarted server goes on with it, too. With `needs_confirmation` it stays
        `receiving` until `confirm` was called after the last byte.

        Raises
        ------
        ArtifactNameInvalid
            The name cannot be stored; no job is made.
        TooManyUploads, TooManyFailed, ResourcesExhausted
            There is no room for one more now; no job is made.
        OpenEOArtifactsError
            There is no room for a spool.
        """
        self._jobs.check_room()
        checked, job_id = _checked(name), new_id()
        path = state_folder("spool") / job_id  # never the user's name
        spool = Spool(path, size, needs_confirmation=needs_confirmation)
        job = Job(
            target=target,
            name=checked,
            size=size,
            origin=origin,
            open_source=partial(SpoolSource, spool),
            spool=spool,
            changed=self._listeners.tell,
            job_id=job_id,
            reuse=reuse,
        )
        return self._take(job), spool

    def recover(self, target: Target, root: Root | None = None) -> list[JobView]:
        """Go on with the jobs of a login whose process has ended; return those taken up, in order.

        What such processes could not clean up is cleaned up meanwhile.

        A file whose path only a kernel or a script knows is not among them: staged again, it sends
        what is missing. Nor is one whose bytes cannot be opened now; it is kept for later.

        Parameters
        ----------
        root
            Where files of Jupyter's root are opened again, in a worker.
        """
        taken = []
        for spec, job_record in interrupted(target.id, root.folder if root else None):
            try:
                job = job_again(spec, job_record, target, root, self._listeners.tell)
            except (OpenEOArtifactsError, OSError) as error:
                job_record.close()  # for the next who looks
                reason = getattr(error, "message", type(error).__name__)
                _log.warning("An upload that was interrupted has to wait: %s", reason)
                continue
            if job is not None:
                taken.append(self._take(job))
        if has_cleanup(target.id):
            self._executors.do(partial(settle, target))
        return taken

    def jobs(self) -> list[JobView]:
        """Return all jobs, newest first."""
        return [job.view() for job in self._jobs.all()]

    def job(self, job_id: str) -> JobView:
        """Return one job.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        return self._jobs.get(job_id).view()

    def spool(self, job_id: str) -> Spool | None:
        """Return where a job's bytes arrive, None if they lie on disk.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        return self._jobs.get(job_id).spool

    def arrived(self, job_id: str) -> JobView:
        """Note that bytes were appended to a job's spool, and return the job.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        job = self._jobs.get(job_id)
        job.note_room()
        job.note_arrival()
        if job.has_arrived and not job.begun:
            self._executors.start(
                job
            )  # it waits for nothing any more, least of all behind who does
        return job.view()

    def confirm(self, job_id: str, *, unchanged: bool) -> JobView:
        """Note what the page has seen of the file after its last byte, and return the job.

        Once `unchanged`, it ends as others do; else it fails, and nothing is left in storage. Again
        does no harm.

        Raises
        ------
        NoSuchJob
            It is not known here, or its bytes lie on disk.
        NotArrived
            Not all of its bytes are here.
        """
        job = self._jobs.get(job_id)
        if unchanged:
            confirm(job)
            return self.arrived(job_id)
        refute(job)
        return job.wait(_CANCEL_SECONDS)

    def note_full(self, job_id: str, problem: SpoolFull) -> None:
        """Note that there was no room for bytes of a job: it is paused until some arrive.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        self._jobs.get(job_id).note_trouble(problem)

    def cancel(self, job_id: str) -> JobView:
        """Cancel; returns when nothing of it is left in storage, or after 2 s.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        job = self._jobs.get(job_id)
        if not job.view().ended:
            job.job_record.remove()  # first: it is to stay cancelled even if this process is killed
        job.cancel.cancel()
        if job.spool is not None and not job.view().ended:
            job.spool.fail(Cancelled())
        if job.begin():  # it was still waiting for a thread, and will find that it has ended
            job.move("cancelled")
            tidy(job)
        return job.wait(_CANCEL_SECONDS)

    def retry(self, job_id: str) -> JobView:
        """Try a failed job again; it fails at once where the system has nothing left for it.

        Raises
        ------
        NoSuchJob
            It is not known here.
        NotRetryable
            It has not failed.
        """
        job = self._jobs.get(job_id)
        job.restart()
        try:
            keep(job)
        except ResourcesExhausted as problem:
            job.begin()
            job.move("failed", problem=problem)
        else:
            self._executors.start(job)
        return job.view()

    def forget(self, job_id: str) -> None:
        """Cancel it if it runs, and take it off the list.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        self.cancel(job_id)
        job = self._jobs.pop(job_id)
        if job is None:
            return
        throw_away(job)
        if job.view().state == "failed":
            give_up(job.id)
            self._executors.do(partial(settle, job.target))

    def wait(self, job_id: str, timeout: float | None = None) -> JobView:
        """Wait at most `timeout` seconds for its end, and return it as it is then.

        Raises
        ------
        NoSuchJob
            It is not known here.
        """
        return self._jobs.get(job_id).wait(timeout)

    def listen(self, callback: Callable[[JobView], None]) -> Callable[[], None]:
        """Call `callback` at each change, in the thread of the change; return what undoes that."""
        return self._listeners.add(callback)

    def close(self) -> None:
        """Stop what runs, for whoever goes on with it; cancel what nobody can.

        Returns after some seconds even where something does not stop.
        """
        if self._closed:
            return
        self._closed = True
        jobs = self._jobs.all()
        kept = {job.id for job in jobs if outlives(job)}
        for job in jobs:
            if job.id in kept:
                job.cancel.suspend()
                continue
            job.cancel.cancel()
            if job.spool is not None:
                job.spool.fail(Cancelled())
        self._executors.close()
        for job in jobs:
            (let_go if job.id in kept else throw_away)(job)

    def _take(self, job: Job) -> JobView:
        keep(job)
        self._jobs.add(job)
        view = job.view()
        self._listeners.tell(view)
        self._executors.start(job)
        return view


def _checked(name: str) -> str:
    from jupyter_openeo_artifacts.artifacts.keys import checked_name

    return checked_name(name)
