"""Writing together what several threads have to write at about the same time."""

from __future__ import annotations

import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.state.record_names import MOST

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path


LONGEST_WAIT = 0.03
"""Seconds that a record may wait for others, which are no reason for anything but fewer syncs."""

_SOON = 1024 * 1024  # bytes: an upload of less brings its record soon


BUSY = 0.4
"""Of one processor, what this process uses where fewer syncs are worth a wait.

With less, it waits for a network, and its threads have better to do than to wait for each other.
"""


class _Batch:
    """What is written together, by the thread that came first."""

    def __init__(self) -> None:
        self.entries: dict[str, Any] = {}
        self.enough = threading.Event()
        self.done = threading.Event()
        self.written = False


class GroupCommit:
    """Has one thread write for those that come while it waits for them, at most `MOST` at once.

    It waits only where the processor is what all wait for, and where small uploads are under way
    besides those that wait: for half of them, so that the other half goes on. One that is alone
    never waits. Whoever brings something goes on when it is written; where that fails, each tries
    to write its own.
    """

    def __init__(self) -> None:
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have nothing under way: the threads are the parent's."""
        self._lock = threading.Lock()
        self._gathering: dict[Path, _Batch] = {}
        self._expected = 0
        self._looked_at, self._used = 0.0, 0.0

    @property
    def waiting(self) -> int:
        """How many entries wait to be written."""
        with self._lock:
            return sum(len(each.entries) for each in self._gathering.values())

    @contextmanager
    def expecting(self, size: int | None) -> Iterator[None]:
        """Count an upload of that many bytes, in this thread, among those that write soon."""
        if size is None or size >= _SOON:
            yield
            return
        with self._lock:
            self._expected += 1
        try:
            yield
        finally:
            with self._lock:
                self._expected = max(0, self._expected - 1)  # in a fork, there was none
                for batch in self._gathering.values():
                    self._see(batch)

    def write(
        self, folder: Path, name: str, entry: Any, commit: Callable[[Mapping[str, Any]], None]
    ) -> None:
        """Write `entry`, by a `commit` of this thread or of another one.

        Raises
        ------
        Exception
            What `commit` raises for this one alone.
        """
        if threading.current_thread() is threading.main_thread():
            commit({name: entry})  # Ctrl-C must not leave others waiting for it
            return
        batch, leads = self._join(folder, name, entry)
        if leads:
            self._lead(folder, batch, commit)
        else:
            batch.done.wait()
        if not batch.written:
            commit({name: entry})

    def _join(self, folder: Path, name: str, entry: Any) -> tuple[_Batch, bool]:
        with self._lock:
            batch = self._gathering.get(folder)
            leads = batch is None or len(batch.entries) >= MOST
            if batch is None or leads:
                batch = self._gathering[folder] = _Batch()
                if not self._is_busy():
                    batch.enough.set()
            batch.entries[name] = entry
            self._see(batch)
        return batch, leads

    def _is_busy(self) -> bool:
        """Whether this process has much used the processor since it was last asked."""
        now, used = time.monotonic(), time.process_time()
        busy = used - self._used >= BUSY * (now - self._looked_at)
        self._looked_at, self._used = now, used
        return busy

    def _see(self, batch: _Batch) -> None:
        """Have a batch written if it is not worth waiting for more."""
        if len(batch.entries) >= min(MOST, self._expected // 2):
            batch.enough.set()

    def _lead(
        self, folder: Path, batch: _Batch, commit: Callable[[Mapping[str, Any]], None]
    ) -> None:
        try:
            batch.enough.wait(LONGEST_WAIT)
            with self._lock:
                if self._gathering.get(folder) is batch:
                    del self._gathering[folder]
            commit(batch.entries)
            batch.written = True
        except Exception:
            if len(batch.entries) == 1:
                raise
        finally:
            batch.done.set()


GROUP_COMMIT = GroupCommit()
"""The one of this process, for all of its ledgers."""
