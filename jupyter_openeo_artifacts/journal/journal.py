"""What one upload has done so far, on disk, so that a killed one can be continued.

Written before each step that storage will remember: the plan before the first request, the upload's
id before its first part, each part after storage has acknowledged it, and that it is about to be
completed. What storage knows is never asked for: the production proxy lists no parts, and Amazon
says to keep one's own list
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
"""

from __future__ import annotations

import logging
import os
import secrets
import threading
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import RecordsUnusable, warn_once
from jupyter_openeo_artifacts.journal.replay import JournalHeader, JournalState
from jupyter_openeo_artifacts.state.append_log import AppendLog, first_line, read_log
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.log_folder import ENDING, SPARE_LOGS, is_older, logs_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.journal.replay import SentPart


log: logging.Logger = logging.getLogger(__name__)
_BEGINNING, LINE = 4096, 320  # bytes: the lines that are no part's, and one that is


class Journal(JournalState):
    """The journal of one upload; without a file where none can be kept.

    An upload must not fail because its journal cannot be written (a full disk is a reason to send
    files away): it then cannot go on after a kill, and that is all.
    """

    def __init__(self, file: AppendLog | None, header: JournalHeader | None) -> None:
        super().__init__()
        self._log = file
        self._folder: Path | None = None  # where one is to be made yet
        self.header = header
        self._durable = True
        self._writing = threading.Lock()
        self._unwritten: list[dict[str, Any]] = []
        self._over = threading.Event()
        if file is None and header is not None:
            self._unwritten.append(header.to_entry())

    @classmethod
    def none(cls) -> Journal:
        """Return one that is kept nowhere."""
        return cls(None, None)

    @classmethod
    def begin(
        cls, folder: Path, header: JournalHeader, *, part_size: int = 0, durable: bool = True
    ) -> Journal:
        """Return a new one, in a file of its own as soon as that can be made.

        Parameters
        ----------
        part_size
            Bytes of a part, where that is known by now: the plan is then noted at once.
        durable
            Whether each line is to survive a power cut, not only the end of this process.
        """
        made = cls(None, header)
        made._durable = durable
        made._folder = folder
        if part_size:
            made._unwritten.append(_plan(new_token(), part_size))
            made.apply(made._unwritten[-1])
        try:
            made._write()
        except RecordsUnusable as error:
            warn_once(
                log,
                f"Uploads go on without a journal in {folder}, and start again after a kill:"
                f" {error.message}",
                of=f"journal in {folder}",
            )
        made._reserve()
        return made

    @classmethod
    def take(cls, path: Path) -> Journal | None:
        """Take over the one at `path`; None where its process lives, or it is none of ours.

        One that was killed before its first line has nothing to tell, and is removed.
        """
        file = AppendLog.take(path)
        if file is None:
            return None
        if not file.entries:
            file.remove()
            return None
        header = JournalHeader.from_entry(file.entries[0])
        if header is None:
            file.close()
            return None
        taken = cls(file, header)
        for entry in file.entries[1:]:
            taken.apply(entry)
        taken._reserve()
        return taken

    @property
    def kept(self) -> bool:
        """Whether it is in a file, so that the upload can go on after its process has ended."""
        return self._log is not None

    @property
    def whole(self) -> bool:
        """Whether all that was noted is on disk, so that nothing needs be sent again for it."""
        with self._writing:
            return not self._unwritten

    def note_plan(self, token: str, part_size: int) -> None:
        """Note how the upload goes about it, before its first request."""
        self._note(_plan(token, part_size))
        self._reserve()

    def note_creating(self) -> None:
        """Note that storage is about to be asked for an upload."""
        self._note({"creating": True})

    def note_upload(self, upload_id: str) -> None:
        """Note the id that storage gave the upload."""
        self._note({"upload": upload_id})

    def note_part(self, part: SentPart) -> None:
        """Note a part that storage has acknowledged."""
        self._note({"part": asdict(part)})

    def note_completing(self) -> None:
        """Note that storage is about to be asked to finish: the object may be there from now on."""
        if not self.completing:
            self._note({"completing": True})

    def mark_lost(self) -> None:
        """Note that storage has forgotten the upload: it begins again."""
        self._note({"lost": True})

    def mark_for_cleanup(self) -> None:
        """Note that it is to be cleaned up, not gone on with."""
        self._note({"owed": True})

    def remove(self) -> None:
        """Remove it: nothing is left to be told."""
        with self._writing:  # its file may be another upload's now
            file, self._log, self._folder = self._log, None, None
        try:
            if file is not None:
                file.remove() if self._durable else SPARE_LOGS.give_back(file)
        finally:
            self._end()

    def close(self) -> None:
        """Let go of it, for whoever goes on or cleans up."""
        try:
            if self._log is not None:
                self._log.close() if self._durable else SPARE_LOGS.let_go(self._log)
        finally:
            self._end()

    def note_ending(self) -> None:
        """Note that its upload has failed for whoever wanted it, and closes this in a while."""
        _ending.add(self)
        if self._over.is_set():  # meanwhile
            _ending.discard(self)

    def wait_until_over(self, seconds: float) -> bool:
        """Wait until it is let go of; false where that takes longer."""
        return self._over.wait(seconds)

    def _end(self) -> None:
        self._over.set()
        _ending.discard(self)

    def _note(self, entry: dict[str, Any]) -> None:
        self.apply(entry)
        with self._writing:
            if self._log is None and self._folder is None:
                return
            self._unwritten.append(entry)
            late = self._log is None
            try:
                self._write()
            except RecordsUnusable as error:  # what is there is true; more will be sent again
                if len(self._unwritten) == 1:
                    log.warning("A journal is not kept for now: %s", error.message)
                return
        if late:
            self._reserve()

    def _write(self) -> None:
        """Have everything in the file, which is made where there is none yet."""
        if self._log is not None:
            while self._unwritten:
                self._log.append(self._unwritten[0], durable=self._durable)
                del self._unwritten[0]
            return
        assert self._folder is not None
        if self._durable:
            file = AppendLog.create(self._folder / f"{new_id()}{ENDING}")
        else:
            file = SPARE_LOGS.take(self._folder)
        try:
            file.append(*self._unwritten, durable=self._durable)
        except RecordsUnusable:  # it would tell of an upload that nobody else may go on with
            file.remove() if self._durable else SPARE_LOGS.give_back(file)
            raise
        self._log = file
        self._unwritten.clear()

    def _reserve(self) -> None:
        """Have room for all lines: a disk that is full is no reason to send anything twice."""
        if not self._durable:
            return  # no more lines come
        if self._log is not None and self.header is not None and self.part_size:
            parts = -(-self.header.size // self.part_size)
            self._log.reserve(_BEGINNING + parts * LINE)


_ending: set[Journal] = set()
"""Those in the hands of threads that nobody waits for; without a lock, as each step is one."""


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_ending.clear)  # the threads are the parent's


def ending_journals() -> list[Journal]:
    """Return those whose uploads have failed, in this process, and have not quite ended."""
    return list(_ending)


def new_token() -> str:
    """Return a mark by which storage's answers tell an upload from all others."""
    return secrets.token_hex(16)


def _plan(token: str, part_size: int) -> dict[str, Any]:
    return {"plan": token, "part_size": part_size}


FORGOTTEN_AFTER = 86_400.0
"""Seconds after which an upload that nobody has gone on with is taken away from storage."""


def headers_in(folder: Path, *, include_own: bool = True) -> Iterator[tuple[Path, JournalHeader]]:
    """Yield what each journal in `folder` is for, whoever holds it.

    `include_own` tells whether those that this process has in hand count, too.
    """
    for path in logs_in(folder, include_own=include_own):
        entry = first_line(path)
        header = JournalHeader.from_entry(entry) if entry else None
        if header is not None:
            yield path, header


def is_owed(path: Path) -> bool:
    """Whether what an upload left is to be cleaned up.

    So it is when its clean-up failed, and when nobody has gone on with it for `FORGOTTEN_AFTER`.
    """
    return is_older(path, FORGOTTEN_AFTER) or read_state(path).owed


def read_state(path: Path) -> JournalState:
    """Return where an upload stands, whoever has its journal."""
    found = JournalState()
    for entry in read_log(path):
        found.apply(entry)
    return found
