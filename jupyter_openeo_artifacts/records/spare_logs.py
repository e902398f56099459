"""Logs whose story has ended, kept empty for the next one while there are others."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING
from weakref import WeakSet

from jupyter_openeo_artifacts.records.append_log import AppendLog
from jupyter_openeo_artifacts.records.ids import new_id
from jupyter_openeo_artifacts.records.log_folder import ENDING

if TYPE_CHECKING:
    from pathlib import Path


class SpareLogs:
    """Makes logs for what is short, and uses their files again: making one costs more than a line.

    When the last log ends, none is left. For any number of threads.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._in_use: WeakSet[AppendLog] = WeakSet()
        self._spare: list[AppendLog] = []

    def take(self, folder: Path) -> AppendLog:
        """Return an empty log in `folder`, which is made where there is no spare one.

        Raises
        ------
        RecordsUnusable
            As `AppendLog.create`.
        """
        with self._lock:
            found = next((log for log in self._spare if log.path.parent == folder), None)
            if found is not None:
                self._spare.remove(found)
                self._in_use.add(found)
                return found
        made = AppendLog.create(folder / f"{new_id()}{ENDING}", durable=False)
        with self._lock:
            self._in_use.add(made)
        return made

    def give_back(self, log: AppendLog) -> None:
        """End a log that was taken here: what it told of is no more."""
        with self._lock:
            self._in_use.discard(log)
            if self._in_use and log.clear():
                self._spare.append(log)
                return
            over = [*self._unneeded(), log]
        for each in over:
            each.remove()

    def let_go(self, log: AppendLog) -> None:
        """Close a log that was taken here and stays as it is, for whoever takes it over."""
        with self._lock:
            self._in_use.discard(log)
            over = self._unneeded()
        log.close()
        for each in over:
            each.remove()

    def _unneeded(self) -> list[AppendLog]:
        if self._in_use:
            return []
        over, self._spare = self._spare, []
        return over


SPARE_LOGS = SpareLogs()
"""Those of this process."""
