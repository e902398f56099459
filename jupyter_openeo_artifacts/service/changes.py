"""What has changed, noticed by a look each second, and told at most four times a second."""

from __future__ import annotations

import logging
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_openeo_artifacts.service.service import Change, Resource
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.ledger import Ledger
    from jupyter_openeo_artifacts.state.ledger_index import LedgerState


T = TypeVar("T")

_log = logging.getLogger(__name__)

_NOT_WATCHED = "The ledger cannot be watched"
_NOT_KNOWN = "Whether bytes are to come is not known"

SHORTEST_SECONDS = 0.25
"""Between two notes about a thing whose state stays the same."""


class Throttle:
    """Keeps what is to be told until its time has come; for any number of threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._news: dict[tuple[Resource, str], str] = {}
        self._told: dict[tuple[Resource, str], tuple[str, float]] = {}

    def note(self, resource: Resource, thing: str, state: str) -> bool:
        """Take note of a change, at any rate; tell whether it is worth a look at what is due."""
        key = (resource, thing)
        with self._lock:
            waiting = self._news.get(key)
            if waiting != state:  # it is told after what has happened before it
                self._news.pop(key, None)
            self._news[key] = state
        return waiting != state

    def due(self, now: float) -> tuple[list[tuple[Resource, str, str]], float | None]:
        """Return what is to be told now, and the seconds until more is; None where there is none.

        `now` is of a clock that never goes back.
        """
        with self._lock:
            due, soonest = {}, None
            for key, state in self._news.items():
                told, at = self._told.get(key, (None, 0.0))
                wait = at + SHORTEST_SECONDS - now
                if told != state or wait <= 0:
                    due[key] = state
                else:
                    soonest = wait if soonest is None else min(soonest, wait)
            for key, state in due.items():
                del self._news[key]
                self._told[key] = (state, now)
            recent = now - SHORTEST_SECONDS  # what is older throttles nothing any more
            self._told = {key: told for key, told in self._told.items() if told[1] > recent}
        return [(*key, state) for key, state in due.items()], soonest


class ChangeSender:
    """Tells changes in a thread of its own, which ends when there is nothing to tell.

    Parameters
    ----------
    emit
        Called with each change in that thread, one after the other.
    """

    def __init__(self, emit: Callable[[Resource, str, str], None]) -> None:
        self._emit = emit
        self._throttle = Throttle()
        self._wake = threading.Condition()
        self._fresh = False
        self._running = False
        self._closed = False

    def announce(self, change: Change) -> None:
        """Say that something has changed; cheap, from any thread, at any rate."""
        if not self._throttle.note(*change):
            return
        with self._wake:
            self._fresh = True
            self._wake.notify()
            if self._running or self._closed:
                return
            thread = threading.Thread(
                target=self._run, name="openeo-artifacts-changes", daemon=True
            )
            with suppress(RuntimeError):  # the system gives none now: at the next change
                thread.start()
                self._running = True

    def close(self) -> None:
        """Tell nothing more."""
        with self._wake:
            self._closed = True
            self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                self._fresh = False
            due, wait = self._throttle.due(time.monotonic())
            for each in due:
                if not self._closed:
                    self._emit(*each)
            with self._wake:
                if not self._fresh and wait is not None:
                    self._wake.wait(wait)
                elif not self._fresh:
                    self._running = False
                if self._closed or not self._running:
                    self._running = False
                    return


class UploadChanges(NamedTuple):
    """Uploads, the mark of this answer, and whether they are only what changed since another."""

    views: list[UploadView]
    removed: list[str]
    mark: str
    partial: bool


MOST_REMOVED = 1000
"""The last removals that are kept; who knows an older state reads the whole list."""


class UploadVersions:
    """Tells what has changed in a list of uploads since a mark, by comparing it at each look.

    Nobody has to announce anything for it, so nothing can be forgotten; it holds one view of each
    upload that is on the list.
    """

    def __init__(self, look: Callable[[], list[UploadView]]) -> None:
        self._look = look
        self._name = new_id()
        self._lock = threading.Lock()
        self._version = 0
        self._seen: dict[str, tuple[UploadView, int]] = {}
        self._removed: dict[str, int] = {}
        self._complete_since = 0  # the version after which each removal is kept

    def since(self, mark: str | None) -> UploadChanges:
        """Return what has changed since; the whole list where the mark is none of ours, or old."""
        with self._lock:
            views = self._look()
            self._compare(views)
            now = f"{self._name}-{self._version}"
            known = self._known(mark)
            if known is None:
                return UploadChanges(views, [], now, partial=False)
            changed = [view for view in views if self._seen[view.id][1] > known]
            removed = [upload for upload, at in self._removed.items() if at > known]
            return UploadChanges(changed, removed, now, partial=True)

    def _known(self, mark: str | None) -> int | None:
        name, _, version = (mark or "").partition("-")
        if name != self._name or not version.isdecimal() or len(version) > _DIGITS:
            return None
        known = int(version)
        return known if self._complete_since <= known <= self._version else None

    def _compare(self, views: list[UploadView]) -> None:
        version = self._version + 1
        before, self._seen = self._seen, {}
        for view in views:
            seen = before.pop(view.id, None)
            same = seen is not None and seen[0] == view
            self._seen[view.id] = seen if seen is not None and same else (view, version)
            if not same:
                self._version = version
                self._removed.pop(view.id, None)
        for upload in before:  # those that are left are on the list no more
            self._removed[upload] = self._version = version
        while len(self._removed) > MOST_REMOVED:
            oldest = next(iter(self._removed))
            self._complete_since = self._removed.pop(oldest)


_DIGITS = 18


def ledger_changes(
    ledger: Ledger, seen: LedgerState, found: LedgerState
) -> Iterator[tuple[str, str]]:
    """Yield the ids of the newest records that came and went, with how they are now.

    What came is first: where it takes another's place, a list is never without both.
    """
    went = found.removed is not None and found.removed != seen.removed
    came = found.added is not None and (found.added != seen.added or found.removed == seen.removed)
    if went and found.added == found.removed:  # which of the two was last, the list knows
        came = _is_listed(ledger, str(found.added))
        went = not came
    if came:
        yield str(found.added), "staged"
    if went:
        yield str(found.removed), "forgotten"


def _is_listed(ledger: Ledger, record: str) -> bool:
    try:
        ledger.get(record)
    except NoSuchRecord:
        return False
    return True


class LedgerWatch:
    """Asks the ledger every second whether it has changed, in a thread that ends with it.

    File notifications are not used: home folders of hubs lie on network file systems, where a
    change made by another machine is not notified.

    Parameters
    ----------
    tell
        Called in the watching thread with the id of the newest record that came or went, and
        `staged` or `forgotten`. What it raises is passed over, and told again at the next look.
    busy
        Asked whether to go on although nobody looks.
    lease
        Seconds to watch after the last `attend`: a page that is closed does not say goodbye.
    """

    def __init__(
        self,
        ledger: Ledger,
        tell: Callable[[str, str], object],
        busy: Callable[[], bool] = lambda: False,
        *,
        interval: float = 1.0,
        lease: float = 60.0,
    ) -> None:
        self._ledger = ledger
        self._tell = tell
        self._busy = busy
        self._interval = interval
        self._lease = lease
        self._until = 0.0
        self._seen: LedgerState | None = None
        self._troubles: set[str] = set()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._stop = threading.Event()

    @property
    def running(self) -> bool:
        """Whether the thread is alive."""
        thread = self._thread
        return thread is not None and thread.is_alive()

    def attend(self) -> None:
        """Watch for another while; asks the disk where it was not watched before."""
        with self._lock:
            self._until = time.monotonic() + self._lease
            if self._thread is None and not self._stop.is_set():
                # What is there now is taken here, so whoever reads the ledger next misses nothing.
                if self._seen is None:
                    self._ask(self._look, _NOT_WATCHED, None)
                thread = threading.Thread(
                    target=self._run, name="openeo-artifacts-watch", daemon=True
                )
                with suppress(RuntimeError):  # the system gives none now: at the next greeting
                    thread.start()
                    self._thread = thread

    def close(self) -> None:
        """Stop watching, for good."""
        self._stop.set()

    def _run(self) -> None:
        while not self._stop.wait(self._interval):
            self._ask(self._look, _NOT_WATCHED, None)
            busy = self._ask(self._busy, _NOT_KNOWN, otherwise=True)
            with self._lock:
                if time.monotonic() >= self._until and not busy:
                    self._thread = None
                    return

    def _look(self) -> None:
        """Tell what has changed since the last look."""
        found = self._ledger.state()
        if self._seen is not None and found != self._seen:
            for record, state in ledger_changes(self._ledger, self._seen, found):
                self._tell(record, state)
        self._seen = found

    def _ask(self, whom: Callable[[], T], what: str, otherwise: T) -> T:
        """Call somebody whose trouble must not end the watch; it is said once, without its text."""
        try:
            answer = whom()
        except Exception as error:  # noqa: BLE001  whatever it is
            if what not in self._troubles:
                _log.warning("%s, and will be tried again: %s", what, type(error).__name__)
            self._troubles.add(what)
            return otherwise
        self._troubles.discard(what)
        return answer
