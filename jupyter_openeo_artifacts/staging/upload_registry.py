"""The uploads of a process, in order, and the threads that run them."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.concurrency.daemon_pool import DaemonPool
from jupyter_openeo_artifacts.concurrency.process_end import LIMIT_SECONDS, call_after_fork
from jupyter_openeo_artifacts.errors import MachineExhausted, affordable
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload, TooManyFailed, TooManyUploads

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.staging.upload import Upload


MOST = 2000
"""Uploads that have not ended, at a time; and as many that wait for another try."""


KEPT = 200  # uploads that are over stay on the list for a while, not for ever


class UploadList:
    """Uploads by their ids, for any thread."""

    def __init__(self) -> None:
        self._parents: list[dict[str, Upload]] = []
        self._lock = threading.Lock()
        self._uploads: dict[str, Upload] = {}
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Leave the uploads to the parent; they are kept, so that nothing is closed here."""
        self._lock = threading.Lock()
        self._parents.append(self._uploads)
        self._uploads = {}

    def __contains__(self, upload_id: str) -> bool:
        with self._lock:
            return upload_id in self._uploads

    def check_room(self) -> None:
        """Raise where there are as many uploads as a process can follow.

        Raises
        ------
        TooManyUploads
            `MOST` have not ended.
        TooManyFailed
            `MOST` have failed, and what they have is kept for another try: none is given up for
            a new one.
        """
        with self._lock:
            known = list(self._uploads.values())
        if len(known) < MOST:
            return
        going = sum(not upload.view().ended for upload in known)
        if going >= MOST:
            raise TooManyUploads(MOST)
        if sum(not _is_done(upload) for upload in known) - going >= MOST:
            raise TooManyFailed(MOST)

    def add(self, upload: Upload) -> None:
        """Put an upload on the list, and take off what has been over for long."""
        with self._lock:
            self._uploads[upload.id] = upload
            ended = [each.id for each in self._uploads.values() if _is_done(each)]
            for old in sorted(ended)[:-KEPT]:
                del self._uploads[old]

    def get(self, upload_id: str) -> Upload:
        """Return one.

        Raises
        ------
        NoSuchUpload
            It is not on the list.
        """
        with self._lock:
            upload = self._uploads.get(upload_id)
        if upload is None:
            raise NoSuchUpload
        return upload

    def pop(self, upload_id: str) -> Upload | None:
        """Take one off the list, and return it if it was there."""
        with self._lock:
            return self._uploads.pop(upload_id, None)

    def all(self) -> list[Upload]:
        """Return all, newest first."""
        with self._lock:
            known = list(self._uploads.values())
        return sorted(known, key=lambda upload: upload.id, reverse=True)


def _is_done(upload: Upload) -> bool:
    """Tell whether nothing of an upload is kept: neither bytes that arrived nor a record."""
    needed = upload.spool is not None or upload.record.kept
    return upload.is_over or (upload.view().ended and not needed)


_RECEIVING_AT_ONCE = 16  # such a thread mostly waits for its browser
_FOR_ONE_RECEIVED, _FOR_ONE_ON_DISK = 16, 32
"""Descriptors that the process must be allowed for each upload that runs at once.

One takes six at most: its bytes, its journal, four connections. The rest is for whoever else is in
the process. No usual limit is that low but the 256 of macOS, and what administrators set.
"""


class UploadPools:
    """Two queues with threads: a browser that sleeps does not hold up a file that lies on disk.

    Parameters
    ----------
    workers
        How many files whose bytes are all here are sent at a time.
    run
        What a thread does with an upload.
    """

    def __init__(self, workers: int, run: Callable[[Upload], None]) -> None:
        self._run = run
        disk = affordable(workers, _FOR_ONE_ON_DISK)
        arriving = affordable(_RECEIVING_AT_ONCE, _FOR_ONE_RECEIVED)
        self._disk = DaemonPool(disk, "openeo-artifacts-disk")
        self._arriving = DaemonPool(arriving, "openeo-artifacts-arriving")

    def start(self, upload: Upload) -> None:
        """Let an upload have its turn; after `close` it waits for a successor of this process.

        It fails, to be tried again, where the system has no thread for it.
        """
        try:
            (self._disk if upload.has_arrived else self._arriving).submit(self._run, upload)
        except MachineExhausted as problem:
            if upload.begin():
                upload.move("failed", problem=problem)
        except RuntimeError:
            pass  # closed

    def do(self, work: Callable[[], None]) -> None:
        """Let something else have its turn among the files that are here, if there is a thread."""
        with suppress(MachineExhausted):
            self._disk.submit(work)

    def close(self) -> None:
        """Begin nothing more; return when all that runs has ended, or after `LIMIT_SECONDS`."""
        pools = (self._disk, self._arriving)
        deadline = time.monotonic() + LIMIT_SECONDS
        for pool in pools:
            pool.shutdown(wait=False, cancel_futures=True)
        for pool in pools:
            pool.join(max(0.0, deadline - time.monotonic()))
