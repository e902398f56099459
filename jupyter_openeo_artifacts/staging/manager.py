"""The queue: takes uploads, runs them in threads, tells who listens."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.concurrency.process_end import close_at_end
from jupyter_openeo_artifacts.concurrency.signal import Signal
from jupyter_openeo_artifacts.errors import ResourcesExhausted
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.staging.recovery import give_up, has_cleanup, restored, settle, sweep
from jupyter_openeo_artifacts.staging.upload import Upload
from jupyter_openeo_artifacts.staging.upload_registry import UploadList, UploadPools
from jupyter_openeo_artifacts.staging.upload_runner import confirm, refute, run, tidy
from jupyter_openeo_artifacts.staging.upload_spec import Owner, UploadSpec
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


CANCEL_SECONDS = 2.0


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
        self.ledger: Ledger = ledger or Ledger()
        self._closed = False
        self._uploads = UploadList()
        self._listeners: Signal[UploadView] = Signal()
        self._pools = UploadPools(workers, lambda upload: run(upload, self.ledger))
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
        spec = _spec(target, name, origin, size, reuse=reuse, contents=contents)
        return self._take(Upload(spec, target, open_source, self._listeners.tell))

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
        spec = _spec(
            target, name, origin, size, reuse=reuse, arrives=True, confirm=needs_confirmation
        )
        path = state_folder("spool") / spec.upload  # never the user's name
        spool = Spool(path, size, needs_confirmation=needs_confirmation)
        source = partial(SpoolSource, spool)
        upload = Upload(spec, target, source, self._listeners.tell, spool=spool)
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
        found = restored(target, root, self._listeners.tell)
        taken = [self._take(upload) for upload in found]
        if has_cleanup(target.id):
            self._pools.do(partial(settle, target))
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
        """Note that bytes were appended to an upload's spool, and return the upload.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        """
        upload = self._uploads.get(upload_id)
        upload.note_room()
        upload.note_arrival()
        if upload.has_arrived and not upload.begun:
            self._pools.start(upload)  # it waits for nothing more, least of all behind who does
        return upload.view()

    def confirm(self, upload_id: str, *, unchanged: bool, digest: str | None = None) -> UploadView:
        """Note what the page has seen of the file after its last byte, and return the upload.

        Once `unchanged`, it ends as others do; else, or with another `digest` than that of what
        has arrived, it fails, and nothing is left in storage. Again does no harm.

        Raises
        ------
        NoSuchUpload
            It is not known here, or its bytes lie on disk.
        NotArrived
            Not all of its bytes are here.
        """
        upload = self._uploads.get(upload_id)
        if unchanged:
            confirm(upload, digest)
        else:
            refute(upload)
        if upload.spool is not None and upload.spool.complete:
            return self.arrived(upload_id)
        return upload.wait(CANCEL_SECONDS)

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
        upload.stop()
        if upload.begin():  # it was still waiting for a thread, and will find that it has ended
            upload.move("cancelled")
            tidy(upload)
        return upload.wait(CANCEL_SECONDS)

    def retry(self, upload_id: str) -> UploadView:
        """Try a failed upload again; it fails at once where the system has nothing left for it.

        One that is under way, or staged, stays as it is: asked twice, it is tried once.

        Raises
        ------
        NoSuchUpload
            It is not known here.
        NotRetryable
            It was cancelled, or its bytes will never be here.
        """
        upload = self._uploads.get(upload_id)
        if not upload.restart():
            return upload.view()
        try:
            upload.keep()
        except ResourcesExhausted as problem:
            upload.move("failed", problem=problem)
        else:
            upload.allow_try()
            self._pools.start(upload)
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
        upload.throw_away()
        if upload.view().state == "failed":
            give_up(upload.id)
            self._pools.do(partial(settle, upload.target))

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
        kept = {upload.id for upload in uploads if upload.outlives}
        for upload in uploads:
            if upload.id in kept:
                upload.cancel.suspend()
            else:
                upload.stop()
        self._pools.close()
        for upload in uploads:
            if upload.id in kept:
                upload.let_go()
            else:
                upload.throw_away()

    def _take(self, upload: Upload) -> UploadView:
        upload.keep()
        self._uploads.add(upload)
        view = upload.view()
        self._listeners.tell(view)
        self._pools.start(upload)
        return view


def _spec(target: Target, name: str, origin: Origin, size: int | None, **more: Any) -> UploadSpec:
    from jupyter_openeo_artifacts.artifacts.uri import checked_name

    owner = target.owner or Owner()
    checked = checked_name(name)
    return UploadSpec(
        new_id(), target.id, target.backend, checked, origin, size, owner=owner, **more
    )
