"""Records that could not be written: this process alone knows of them, until it ends.

A list that cannot be written must cost nobody the file that is stored already, nor have it stored
once more with each try.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, NamedTuple

from jupyter_openeo_artifacts.concurrency.fork_safety import begin_anew_after_fork

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.errors import RecordsUnusable
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


_MOST = 1000


class Unlisted(NamedTuple):
    """A record, and why it is on no list."""

    record: StagedRecord
    problem: RecordsUnusable


class UnlistedRecords:
    """The newest of them by their ids, for any number of threads; each ledger has its own."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str], Unlisted] = OrderedDict()
        self.begin_anew()
        begin_anew_after_fork(self)

    def begin_anew(self) -> None:
        """Have a free lock: a thread that holds it is not there in a forked process."""
        self._lock = threading.Lock()

    def add(self, ledger: str, record: StagedRecord, problem: RecordsUnusable) -> None:
        """Keep one; the oldest is forgotten where there are too many."""
        with self._lock:
            self._known[ledger, record.id] = Unlisted(record, problem)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)

    def get(self, ledger: str, record_id: str) -> Unlisted | None:
        """Return one."""
        with self._lock:
            return self._known.get((ledger, record_id))

    def pop(self, ledger: str, record_id: str) -> Unlisted | None:
        """Forget one, and return it."""
        with self._lock:
            return self._known.pop((ledger, record_id), None)

    def of(self, ledger: str) -> list[StagedRecord]:
        """Return all of a ledger, newest first."""
        with self._lock:
            found = [each.record for (name, _), each in self._known.items() if name == ledger]
        return sorted(found, key=lambda record: record.id, reverse=True)


UNLISTED = UnlistedRecords()
"""Those of this process."""
