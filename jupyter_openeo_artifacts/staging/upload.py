"""One file's way into storage, as a state machine."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, get_args

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
from jupyter_openeo_artifacts.staging.exceptions import NotRetryable
from jupyter_openeo_artifacts.staging.upload_record import UploadRecord
from jupyter_openeo_artifacts.staging.upload_spec import ENDED, SpeedMeter, UploadState, UploadView
from jupyter_openeo_artifacts.state.ids import boot_id, moment_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.sources.spool import Spool
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadSpec


_NEXT: dict[str, set[str]] = {
    "queued": {"uploading", "failed", "cancelled"},
    "receiving": {"uploading", "paused", "verifying", "staged", "failed", "cancelled"},
    "uploading": {"verifying", "staged", "paused", "failed", "cancelled"},
    "verifying": {"paused", "staged", "failed", "cancelled"},
    "paused": {"receiving", "uploading", "verifying", "staged", "failed", "cancelled"},
    "failed": set(),  # but for `restart`
    "staged": set(),
    "cancelled": set(),
}


class Upload:
    """The state of one upload; `move` changes it, and `restart` begins again.

    Parameters
    ----------
    spec
        What it is to do.
    open_source
        Opens what is to be sent; called again for each try, in a worker thread.
    changed
        Told after each change, in whatever thread it happened, without the lock held.
    spool
        Where its bytes arrive, None if they lie on disk already.
    record
        What its process has taken over from the one before.
    """

    def __init__(
        self,
        spec: UploadSpec,
        target: Target,
        open_source: Callable[[], Source],
        changed: Callable[[UploadView], None],
        *,
        spool: Spool | None = None,
        record: UploadRecord | None = None,
    ) -> None:
        self.id: str = spec.upload
        self.spec: UploadSpec = spec
        self.target = target
        self.open_source = open_source
        self.spool = spool
        self.record: UploadRecord = record or UploadRecord()
        if spool is not None:
            spool.chain.note = self._note_digest
        self.cancel: CancelToken = CancelToken()
        self._created_at = _created_at(self.id)
        self._changed = changed
        self._lock = threading.Condition()
        self._state: UploadState = "receiving" if spool else "queued"
        self._stored = 0
        self._meter = SpeedMeter()
        self._artifact: str | None = None
        self._reused = False
        self._advice = ""
        self._problem: OpenEOArtifactsError | None = None
        self._begun = False

    def view(self) -> UploadView:
        """Return it as it is now."""
        with self._lock:
            return self._view()

    def move(
        self,
        state: UploadState,
        *,
        problem: OpenEOArtifactsError | None = None,
        artifact: str | None = None,
        reused: bool = False,
    ) -> bool:
        """Change the state; False (and nothing changes) where it cannot follow the present one."""
        with self._lock:
            if state not in _NEXT[self._state]:
                return False
            view = self._enter(state, problem, artifact, reused=reused)
        self._changed(view)
        return True

    def _enter(
        self,
        state: UploadState,
        problem: OpenEOArtifactsError | None = None,
        artifact: str | None = None,
        *,
        reused: bool = False,
    ) -> UploadView:
        """Change the state, with the lock held, and return what is to be told without it."""
        self._state, self._problem = state, problem
        self._artifact, self._reused = artifact, reused
        self._lock.notify_all()
        return self._view()

    @property
    def begun(self) -> bool:
        """Whether a thread has taken this try on."""
        return self._begun

    def begin(self) -> bool:
        """Take this try on; False where somebody has done so already."""
        with self._lock:
            begun, self._begun = self._begun, True
        return not begun

    def allow_try(self) -> None:
        """Let somebody take the next try on; one that was queued for an earlier one, too."""
        with self._lock:
            self._begun = False

    @property
    def has_arrived(self) -> bool:
        """Whether all of its bytes are here."""
        return self.spool is None or self.spool.complete

    @property
    def is_over(self) -> bool:
        """Whether it has ended, and cannot be tried again."""
        view = self.view()
        return view.ended and not view.can_retry

    def restart(self) -> bool:
        """Make a failed upload ready for another try, which nobody takes on before `allow_try`.

        One that is not known to be anybody's is from now on the one's who is signed in. False, and
        nothing changes, where it is under way, or staged: somebody else was quicker.

        Raises
        ------
        NotRetryable
            It was cancelled, or its bytes will never be here.
        """
        owner = self.spec.owner if self.spec.owner.subject else self.target.owner
        with self._lock:
            if self._state == "cancelled":
                raise NotRetryable(self._state)
            if self._state != "failed":
                return False
            if self.spool is not None and self.spool.failed:
                raise NotRetryable("given up, as not all of its bytes are here")
            self.cancel, self._stored, self._meter = CancelToken(), 0, SpeedMeter()
            self._respecify(owner=owner or self.spec.owner)
            view = self._enter("queued" if self.has_arrived else "receiving")
        self._changed(view)
        return True

    def acknowledge(self, stored: int) -> None:
        """Note how many bytes storage has acknowledged, and that all have arrived if they have."""
        with self._lock:
            self._stored = max(self._stored, stored)
            self._meter.update(self._stored, time.monotonic())
            view = self._view()
        self.note_arrival()
        self._changed(view)

    def note_arrival(self) -> None:
        """Go from `receiving` to `uploading` once the last byte is here."""
        if self.has_arrived and self.view().state == "receiving":
            self.move("uploading")

    def note_size(self, size: int | None) -> None:
        """Take the size that the file has now that it is opened: it may have grown in the queue."""
        self._respecify(size=size)

    def note_advice(self, advice: str) -> None:
        """Note what a look at the file has shown."""
        with self._lock:
            same, self._advice = self._advice == advice, advice
            view = self._view()
        if not same:
            self._changed(view)

    def note_verifying(self) -> None:
        """Note that all is sent and what was stored is being checked."""
        self.move("verifying")

    def note_trouble(self, problem: OpenEOArtifactsError | None) -> None:
        """Go to `paused` while storage cannot be reached, and on from there when it can."""
        if problem is not None:
            self.move("paused", problem=problem)
        elif self.view().state == "paused":
            self.move("uploading" if self.has_arrived else "receiving")

    def note_room(self) -> None:
        """Go on from `paused` where that was for a full disk."""
        if isinstance(self.view().problem, SpoolFull):
            self.note_trouble(None)

    def _note_digest(self, received: int, digest: str) -> None:
        self.record.note_digest(received, digest)  # by then it may be another one

    def wait(self, timeout: float | None = None) -> UploadView:
        """Wait until it has ended, at most `timeout` seconds, and return it as it is then."""
        with self._lock:
            self._lock.wait_for(lambda: self._state in ENDED, timeout)
            return self._view()

    def keep(self) -> None:
        """Have it on disk that it is under way, where a successor could go on with it."""
        if self.spec.is_resumable and not self.record.kept:
            self.record = UploadRecord.issue(replace(self.spec, boot=boot_id()))

    @property
    def outlives(self) -> bool:
        """Whether a successor of this process may go on with it, or try it again."""
        if self.is_over or self.cancel.cancelled:
            return False
        return self.spec.origin != "widget" or self.has_arrived  # a page talks to one process

    def let_go(self) -> None:
        """Leave to a successor what it has on disk."""
        if self.spool is not None:
            self.spool.detach()
        self.record.close()

    def throw_away(self) -> None:
        """Throw away what it has on disk, and nobody will ask for again.

        The record goes first: whoever finds a spool without one (`recovery.sweep`) removes it.
        """
        self.record.remove()
        if self.spool is not None:
            self.spool.remove()

    def stop(self) -> None:
        """Cancel what is under way, and take no more bytes."""
        self.cancel.cancel()
        if self.spool is not None and not self.view().ended:
            self.spool.fail(Cancelled())

    def _respecify(self, **changes: Any) -> None:
        with self._lock:
            self.spec = replace(self.spec, **changes)

    def _view(self) -> UploadView:
        moving = self._state in ("receiving", "uploading", "verifying")
        size = self.spec.size
        if moving:
            self._meter.update(self._stored, time.monotonic())
        return UploadView(
            self.spec,
            state=self._state,
            bytes_received=self.spool.received if self.spool else size or 0,
            bytes_stored=self._stored,
            speed=self._meter.speed if moving else None,
            seconds_left=self._meter.seconds_left(size) if moving and size is not None else None,
            created_at=self._created_at,
            artifact=self._artifact,
            problem=self._problem,
            can_retry=self._state == "failed" and not (self.spool and self.spool.failed),
            reused=self._reused,
            awaits_confirmation=self.spool is not None and self.spool.awaits_confirmation,
            advice=self._advice,
        )


def _created_at(upload: str) -> datetime:
    """Return when an upload was made, whichever process made it; its id says so."""
    try:
        return moment_of(upload)
    except ValueError:
        return datetime.now(timezone.utc)


assert set(_NEXT) == set(get_args(UploadState))
