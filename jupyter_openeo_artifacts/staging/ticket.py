"""A job's ticket: on disk before anybody is told of the job, gone when the job is over."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.append_log import AppendLog
from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable
from jupyter_openeo_artifacts.records.folder import state_folder
from jupyter_openeo_artifacts.records.log_folder import ENDING
from jupyter_openeo_artifacts.records.once import warn_once

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.staging.wish import Wish

_log = logging.getLogger(__name__)


class Ticket:
    """Says that a job is under way, in a file that its process holds as long as it lives.

    Without a file where none can be made: a job must not fail because of that. It is lost with its
    process then, and that is all.
    """

    def __init__(self, file: AppendLog | None = None) -> None:
        self._file = file

    @classmethod
    def issue(cls, wish: Wish) -> Ticket:
        """Return a new one; it is on disk."""
        file = None
        try:
            file = AppendLog.create(state_folder("jobs") / f"{wish.job}{ENDING}")
            file.append(wish.to_entry())
        except RecordsUnusable as error:
            warn_once(_log, f"Jobs would not survive this process: {error.message}", of="tickets")
            if file is not None:
                file.remove()
            return cls()
        return cls(file)

    @classmethod
    def take(cls, path: Path) -> Ticket | None:
        """Take over the one at `path`; None where its process lives, or the job is over."""
        file = AppendLog.take(path)
        if file is not None and not file.entries:
            file.close()
            return None
        return None if file is None else cls(file)

    @property
    def kept(self) -> bool:
        """Whether a successor would find it."""
        return self._file is not None

    @property
    def confirmed(self) -> bool:
        """Whether the page has said that what it sent is the file that was chosen."""
        entries = self._file.entries if self._file is not None else []
        return any(entry.get("confirmed") is True for entry in entries)

    def note_confirmed(self) -> None:
        """Keep for a successor that the page has said so."""
        if self._file is not None:
            try:
                self._file.append({"confirmed": True})
            except RecordsUnusable as error:
                _log.warning("a confirmation would not survive this process: %s", error.message)

    def remove(self) -> None:
        """Remove it: nobody is to go on with the job; more than once does no harm."""
        file, self._file = self._file, None
        if file is not None:
            file.remove()

    def close(self) -> None:
        """Let go of it, for whoever goes on with the job; more than once does no harm."""
        file, self._file = self._file, None
        if file is not None:
            file.close()
