"""The queue: takes uploads, runs them in threads, tells who listens."""

from __future__ import annotations

import logging
from functools import partial
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.concurrency.process_end import close_at_end
from jupyter_openeo_artifacts.concurrency.signal import Signal
from jupyter_openeo_artifacts.errors import Cancelled, OpenEOArtifactsError, ResourcesExhausted
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.staging.owed_cleanup import give_up, has_cleanup, settle
from jupyter_openeo_artifacts.staging.recovery import interrupted, sweep, upload_again
from jupyter_openeo_artifacts.staging.upload import Upload
from jupyter_openeo_artifacts.staging.upload_files import keep, let_go, outlives, throw_away
from jupyter_openeo_artifacts.staging.upload_registry import Executors, UploadList
from jupyter_openeo_artifacts.staging.upload_runner import confirm, refute, run, tidy
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.staging.recovery import Root
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import ContentsFile, UploadView
    from jupyter_openeo_artifacts.state.staged_record import Origin


_log = logging.getLogger(__name__)
_CANCEL_SECONDS = 2.0


class UploadManager:
    """Runs staging uploads.

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
        self._uploads = UploadList()
        self._listeners: Signal[UploadView] = Signal()
        self._executors = Executors(workers, lambda upload: run(upload, self.ledger))
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
    ) -> UploadView:
        """Queue a file that lies on disk; `open_source` is called in a worker.

        Where storage holds the same file of today already, that is the artifact and nothing is
        sent; with `reuse=False` it is sent again. Where `contents`, its place in Jupyter's root, is
        given, a restarted server goes on with it (`recover`): that is on disk when this
        returns.

        Raises
        ------
        ArtifactNameInvalid
            The name cannot be stored; no upload is made.
        TooManyUploads, TooManyFailed, ResourcesExhausted
            There is no room for one more now; no upload is made.
        """
        self._uploads.check_room()
        upload = Upload(
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
        return self._take(upload)

    def receive(
        self,
        target: Target,
        *,
        name: str,
        size: int,
        origin: Origin,
        reuse: bool = True,
        needs_confirmation: bool = False,
    ) -> tuple[UploadView, Spool]:
        """Make an upload for `size` bytes that will arrive, and the spool to append them to.

        `reuse` as for `stage`, where that holds nothing up: parts of a large file leave at once. A
        restarted server goes on with it, too. With `needs_confirmation` it stays
        `receiving` until `confirm` was called after the last byte.

        Raises
        ------
        ArtifactNameInvalid
            The name cannot be stored; no upload is made.
        TooManyUploads, TooManyFailed, ResourcesExhausted
            There is no room for one more now; no upload is made.
        OpenEOArtifactsError
            There is no room for a spool.
        """
        self._uploads.check_room()
        checked, upload_id = _checked(name), new_id()
        path = state_folder("spool") / upload_id  # never the user's name
        spool = Spool(path, size, needs_confirmation=needs_confirmation)
        upload = Upload(
            target=target,
            name=checked,
            size=size,
            origin=origin,
            open_source=partial(SpoolSource, spool),
            spool=spool,
            changed=self._listeners.tell,
            upload_id=upload_id,
            reuse=reuse,
        )
        return self._take(upload), spool

    def recover(self, target: Target, root: Root | None = None) -> list[UploadView]:
        """Go on with a login's uploads whose process has ended; return those taken up, in order.

        What such processes could not clean up is cleaned up meanwhile.

        A file whose path only a kernel or a script knows is not among them: staged again, it sends
        what is missing. Nor is one whose bytes cannot be opened now; it is kept for later.

        Parameters
        ----------
        root
            Where files of Jupyter's root are opened again, in a worker.
        """
        taken = []
        for spec, upload_record in interrupted(target.id, root.folder if root else None):
            try:
                upload = upload_again(spec, upload_record, target, root, self._listeners.tell)
            except (OpenEOArtifactsError, OSError) as error:
                upload_record.close()  # for the next who looks
                reason = getattr(error, "message", type(error).__name__)
                _log.warning("An upload that was interrupted has to wait: %s", reason)
                continue
            if upload is not None:
                taken.append(self._take(upload))
        if has_cleanup(target.id):
            self._executors.do(partial(settle, target))
        return taken

    def uploads(self) -> list[UploadView]:
        """Return all uploads, newest first."""
        return [upload.view() for upload in self._uploads.all()]

    def upload(self, upload_id: str) -> UploadView:
        """Return one upload.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        """
        return self._uploads.get(upload_id).view()

    def spool(self, upload_id: str) -> Spool | None:
        """Return where an upload's bytes arrive, None if they lie on disk.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        """
        return self._uploads.get(upload_id).spool

    def arrived(self, upload_id: str) -> UploadView:
        """Note that bytes were appended to a job's spool, and return the upload.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        """
        upload = self._uploads.get(upload_id)
        upload.note_room()
        upload.note_arrival()
        if upload.has_arrived and not upload.begun:
            self._executors.start(
                upload
            )  # it waits for nothing any more, least of all behind who does
        return upload.view()

    def confirm(self, upload_id: str, *, unchanged: bool) -> UploadView:
        """Note what the page has seen of the file after its last byte, and return the upload.

        Once `unchanged`, it ends as others do; else it fails, and nothing is left in storage. Again
        does no harm.

        Raises
        ------
        NoSuchUpload
            It is not known here, or its bytes lie on disk.
        NotArrived
            Not all of its bytes are here.
        """
        upload = self._uploads.get(upload_id)
        if unchanged:
            confirm(upload)
            return self.arrived(upload_id)
        refute(upload)
        return upload.wait(_CANCEL_SECONDS)

    def note_full(self, upload_id: str, problem: SpoolFull) -> None:
        """Note that there was no room for bytes of an upload: it is paused until some arrive.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        """
        self._uploads.get(upload_id).note_trouble(problem)

    def cancel(self, upload_id: str) -> UploadView:
        """Cancel; returns when nothing of it is left in storage, or after 2 s.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        """
        upload = self._uploads.get(upload_id)
        if not upload.view().ended:
            upload.record.remove()  # first: it is to stay cancelled even if this process is killed
        upload.cancel.cancel()
        if upload.spool is not None and not upload.view().ended:
            upload.spool.fail(Cancelled())
        if upload.begin():  # it was still waiting for a thread, and will find that it has ended
            upload.move("cancelled")
            tidy(upload)
        return upload.wait(_CANCEL_SECONDS)

    def retry(self, upload_id: str) -> UploadView:
        """Try a failed upload again; it fails at once where the system has nothing left for it.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        NotRetryable
            It has not failed.
        """
        upload = self._uploads.get(upload_id)
        upload.restart()
        try:
            keep(upload)
        except ResourcesExhausted as problem:
            upload.begin()
            upload.move("failed", problem=problem)
        else:
            self._executors.start(upload)
        return upload.view()

    def forget(self, upload_id: str) -> None:
        """Cancel it if it runs, and take it off the list.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        """
        self.cancel(upload_id)
        upload = self._uploads.pop(upload_id)
        if upload is None:
            return
        throw_away(upload)
        if upload.view().state == "failed":
            give_up(upload.id)
            self._executors.do(partial(settle, upload.target))

    def wait(self, upload_id: str, timeout: float | None = None) -> UploadView:
        """Wait at most `timeout` seconds for its end, and return it as it is then.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        """
        return self._uploads.get(upload_id).wait(timeout)

    def listen(self, callback: Callable[[UploadView], None]) -> Callable[[], None]:
        """Call `callback` at each change, in the thread of the change; return what undoes that."""
        return self._listeners.add(callback)

    def close(self) -> None:
        """Stop what runs, for whoever goes on with it; cancel what nobody can.

        Returns after some seconds even where something does not stop.
        """
        if self._closed:
            return
        self._closed = True
        uploads = self._uploads.all()
        kept = {upload.id for upload in uploads if outlives(upload)}
        for upload in uploads:
            if upload.id in kept:
                upload.cancel.suspend()
                continue
            upload.cancel.cancel()
            if upload.spool is not None:
                upload.spool.fail(Cancelled())
        self._executors.close()
        for upload in uploads:
            (let_go if upload.id in kept else throw_away)(upload)

    def _take(self, upload: Upload) -> UploadView:
        keep(upload)
        self._uploads.add(upload)
        view = upload.view()
        self._listeners.tell(view)
        self._executors.start(upload)
        return view


def _checked(name: str) -> str:
    from jupyter_openeo_artifacts.artifacts.uri import checked_name

    return checked_name(name)
