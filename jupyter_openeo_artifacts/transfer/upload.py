"""One file to one stored object: whole and checked, or not at all."""

from __future__ import annotations

import threading
from concurrent.futures import wait
from functools import partial
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.errors import Cancelled, MachineExhausted, OpenEOArtifactsError
from jupyter_openeo_artifacts.journal.journal import Journal, new_token
from jupyter_openeo_artifacts.s3.error_mapping import StorageSeen
from jupyter_openeo_artifacts.s3.exceptions import (
    ClockWrong,
    CredentialsExpired,
    NetworkLoginNeeded,
    StorageError,
    UploadLost,
)
from jupyter_openeo_artifacts.s3.remote_object import CleanupOutcome, RemoteObject
from jupyter_openeo_artifacts.transfer.buffer_pool import BUFFER_POOL
from jupyter_openeo_artifacts.transfer.cleanup import name_remains
from jupyter_openeo_artifacts.transfer.config import PartPlan, TransferConfig, UploadObserver
from jupyter_openeo_artifacts.transfer.multipart import Multipart
from jupyter_openeo_artifacts.transfer.single_put import FailedPut, SinglePut
from jupyter_openeo_artifacts.transfer.upload_context import Progress, UploadContext

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openeo_artifacts.s3.object_client import ObjectClient
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.transfer.retry import RenewableCredentials
    from jupyter_openeo_artifacts.transfer.upload_context import StoredObject


def upload_object(
    client: ObjectClient,
    *,
    bucket: str,
    key: str,
    source: Source,
    content_type: str,
    metadata: Mapping[str, str] | None = None,
    observer: UploadObserver | None = None,
    cancel: CancelToken | None = None,
    credentials: RenewableCredentials | None = None,
    config: TransferConfig | None = None,
    journal: Journal | None = None,
    contact: StorageSeen | None = None,
) -> StoredObject:
    """Store `source` at `key`, and return when it is there and has been checked.

    A cancel before the storage was asked to finish leaves nothing. One that comes later loses
    the race: the object is then deleted again, and if the provider cannot delete it is returned
    like any other. A failed or cancelled upload waits `config.grace` seconds for its clean-up; if
    a request hangs for longer, the error is raised, and the clean-up follows in the background as
    soon as the last request has ended.

    Parameters
    ----------
    client
        With botocore's own retries off (`retries={"total_max_attempts": 1}`), checksums
        `when_required`, and connect and read timeouts of at most a minute; its credentials are
        `credentials`.
    key
        Used by nobody else, ever: what is there may be replaced or deleted.
    source
        Of known size; the caller closes it, which is allowed as soon as this has returned.
    observer
        Told how it goes.
    cancel
        May be cancelled in any thread. Without one, what goes in one request is sent by the thread
        that calls, unless that is the main one, which has to get Ctrl-C.
    credentials
        What the client signs with, where that can be renewed.
    journal
        Where to note what is done. One that was taken over says what need not be done again: its
        parts are read and compared, and sent only where they differ. When this returns, it is the
        caller's to remove; so it is kept when `cancel` was suspended, or when what failed is to be
        waited for and may be gone on with. After any other failure it is removed, or, where the
        clean-up failed too, kept as owed.
    contact
        Whether the storage has shown itself to this client before; noted here, too.

    Raises
    ------
    Cancelled
        `cancel` was.
    TransferError
        As said in `exceptions`; nothing is stored.
    """
    size = source.size
    if size is None:
        raise ValueError("the size of the source must be known")
    config, journal = config or TransferConfig(), journal or Journal.none()
    if not journal.begun:
        part_size = PartPlan.for_size(size, config.part_size).part_size
        journal.note_plan(new_token(), part_size)
    contact = contact or StorageSeen()
    if journal.upload_id is not None:  # it has worked once, in an earlier try or process
        contact.note()
    remote = RemoteObject(client, bucket, key, token=journal.token or "", contact=contact)
    observer = observer or UploadObserver()
    progress = Progress(observer.on_progress)
    make_context = partial(
        UploadContext,
        remote=remote,
        source=source,
        size=size,
        content_type=content_type,
        metadata=metadata or {},
        config=config,
        journal=journal,
        progress=progress,
        observer=observer,
        credentials=credentials,
    )
    return _Upload(
        make_context,
        remote=remote,
        source=source,
        plan=PartPlan(size, journal.part_size),
        journal=journal,
        progress=progress,
        config=config,
        cancel=cancel,
    ).run()


class _Upload:
    """The threads of one upload: a conductor, its workers, and the caller, who only waits.

    So the caller never hangs in a request or a read, and what hangs is still cleaned up after.

    Parameters
    ----------
    make_context
        Makes the context of one try, which is not kept here: it leads back here, and Python is slow
        to find such circles.
    """

    def __init__(
        self,
        make_context: partial[UploadContext],
        *,
        remote: RemoteObject,
        source: Source,
        plan: PartPlan,
        journal: Journal,
        progress: Progress,
        config: TransferConfig,
        cancel: CancelToken | None,
    ) -> None:
        self._make_context = make_context
        self._undisturbed = cancel is None and _gets_no_ctrl_c()
        self._tried: FailedPut | None = None
        self._plan = plan
        self._journal = journal
        self._left = CleanupOutcome.NOTHING
        self._threads: DaemonPool | None = None
        self._cancel = cancel or CancelToken()
        self._stop = CancelToken()
        self._failing = threading.Lock()
        self._failure: BaseException | None = None
        self._remote = remote
        self._source = source
        self._progress = progress
        self._config = config

    def run(self) -> StoredObject:
        """Wait for the outcome, or for no longer than the grace after a failure or cancel."""
        if self._undisturbed and self._plan.count == 1:
            stored = self._send_here()
            if stored is not None:
                return stored
        grace = self._config.grace
        at_once = self._config.parts_at_once(self._plan.part_size, self._plan.count)
        self._threads = DaemonPool(at_once + 1, "artifact-upload", finish=True, own_threads=True)
        turned = threading.Event()
        unhook = self._cancel.on_cancel(self._stop.cancel)
        try:
            outcome = self._threads.submit(self._conduct)
        except MachineExhausted as error:
            unhook()
            self._progress.close()
            if self._tried is not None:
                self._left = self._tried.undo()
            self._let_go(error)
            raise
        outcome.add_done_callback(lambda _: turned.set())
        self._stop.on_cancel(turned.set)
        try:
            turned.wait()
            wait([outcome], grace)
        except BaseException:  # Ctrl-C while waiting
            self._stop.cancel()
            wait([outcome], grace)
            raise
        finally:
            unhook()
            self._progress.close()
        if outcome.done():
            return outcome.result()
        failure = self._failure or Cancelled(settled=False)
        if self._may_go_on(failure):
            self._journal.note_ending()  # for a next try, which may come before that
        raise failure

    def _send_here(self) -> StoredObject | None:
        """Send it in this thread, as two more cost as much; None leaves a failure to them."""
        way = SinglePut(self._make_context(stop=self._stop, fail=self._fail, threads=None))
        BUFFER_POOL.join()
        try:
            return way.send()
        except BaseException as error:  # noqa: BLE001  raised again by `_send`
            self._tried = FailedPut(way, error)
            return None
        finally:
            BUFFER_POOL.leave()

    def _fail(self, error: BaseException) -> None:
        """Keep the first error, and stop everything."""
        with self._failing:
            if self._failure is None and not self._stop.cancelled:
                self._failure = error
        if not self._may_go_on(error):
            self._source.forgotten()
        self._stop.cancel()

    def _conduct(self) -> StoredObject:
        BUFFER_POOL.join()
        try:
            try:
                return self._send()
            except UploadLost:
                self._journal.mark_lost()
                self._progress.restart()
                return self._send()
        except BaseException as error:
            self._let_go(error)
            raise
        finally:
            BUFFER_POOL.leave()
            if self._threads is not None:
                self._threads.shutdown(wait=False)

    def _send(self) -> StoredObject:
        stop = CancelToken()  # of this try alone
        unhook = self._stop.on_cancel(stop.cancel)

        def fail(error: BaseException) -> None:
            if not isinstance(error, UploadLost):
                self._fail(error)
            stop.cancel()

        context = self._make_context(stop=stop, fail=fail, threads=self._threads)
        tried, self._tried = self._tried, None
        way = tried or (
            SinglePut(context) if self._plan.count == 1 else Multipart(context, self._plan)
        )
        try:
            stored = way.send()
        except BaseException as error:
            fail(error)
            if not self._may_go_on(error):
                self._left = way.undo()
                if self._left is CleanupOutcome.WHOLE and isinstance(
                    error, Cancelled | StorageError
                ):
                    return way.stored()  # it is there, and nobody can take it away
                if self._left is not CleanupOutcome.NOTHING and isinstance(
                    error, OpenEOArtifactsError
                ):
                    name_remains(error, self._remote.uri, owed=self._journal.kept)
            raise
        finally:
            unhook()
        if self._stop.cancelled and not self._cancel.suspended:
            self._left = way.undo()
            if self._left is not CleanupOutcome.WHOLE:
                cancelled = Cancelled()
                if self._left is CleanupOutcome.UNKNOWN:
                    name_remains(cancelled, self._remote.uri, owed=self._journal.kept)
                raise cancelled
        return stored

    def _may_go_on(self, error: BaseException) -> bool:
        """Whether what was sent is kept for another try, perhaps of another process."""
        if not self._journal.kept or isinstance(error, UploadLost):
            return False
        if self._cancel.suspended:
            return True
        passing = isinstance(
            error, CredentialsExpired | ClockWrong | NetworkLoginNeeded | MachineExhausted
        )
        return isinstance(error, OpenEOArtifactsError) and (
            passing or error.who == "wait" or error.code == "not_signed_in"
        )

    def _let_go(self, error: BaseException) -> None:
        """Leave the journal as whoever comes next has to find it."""
        if self._left is CleanupOutcome.NOTHING and not self._may_go_on(error):
            self._journal.remove()
            return
        if not self._may_go_on(error):
            self._journal.mark_for_cleanup()
        self._journal.close()


def _gets_no_ctrl_c() -> bool:
    """Whether this thread gets no Ctrl-C."""
    return threading.current_thread() is not threading.main_thread()
