"""What one upload has done so far, on disk, so that a killed one goes on where it stood.

Written before each step that storage will remember: the plan before the first request, the upload's
id before its first part, each part after storage has acknowledged it, and that it is about to be
completed. What storage knows is never asked for: the production proxy lists no parts, and Amazon
says to keep one's own list
(https://docs.aws.amazon.com/AmazonS3/latest/userguide/mpuoverview.html).
"""

from __future__ import annotations

import logging
import os
import re
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.records.append_log import (
    AppendLog,
    first_line,
    is_held_here,
    read_log,
)
from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable
from jupyter_openeo_artifacts.records.ids import new_id

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

log = logging.getLogger(__name__)

VERSION = 1
FORGOTTEN_AFTER = 86_400.0
"""Seconds after which an upload that nobody has gone on with is taken away from storage."""
_ENDING = ".jsonl"
_TOKEN = re.compile(r"[0-9a-f]{32}")  # it becomes a header
_JUST_MADE = 60.0  # seconds: whoever makes a journal may not have written its first line yet
_BEGINNING, _LINE = 4096, 200  # bytes: the lines that are no part's, and one that is


@dataclass(frozen=True)
class Intent:
    """What is to be stored where, and what the owner of the upload wants to find again.

    `endpoint` is the storage's host, `identity` says which bytes are meant (`Source.identity`),
    `size` is in bytes; `about` is the owner's own, and holds no secret.
    """

    endpoint: str
    bucket: str
    key: str
    content_type: str
    size: int
    identity: list[Any]
    about: Mapping[str, Any]


@dataclass(frozen=True)
class SentPart:
    """A part that storage has: its length in bytes, the MD5 of what was sent, storage's ETag."""

    number: int
    length: int
    md5: str
    etag: str


class Journal:
    """The journal of one upload; without a file where none can be kept.

    An upload must not fail because its journal cannot be written (a full disk is a reason to send
    files away): it then cannot go on after a kill, and that is all.
    """

    def __init__(self, file: AppendLog | None, intent: Intent | None) -> None:
        self._log = file
        self.intent = intent
        self.token: str | None = None
        self.part_size = 0
        self.upload_id: str | None = None
        self.creating = False
        self.completing = False
        self.owed = False
        self.parts: dict[int, SentPart] = {}
        self._durable = True
        self._writing = threading.Lock()
        self._unwritten: list[dict[str, Any]] = []

    @classmethod
    def none(cls) -> Journal:
        """Return one that is kept nowhere."""
        return cls(None, None)

    @classmethod
    def begin(cls, folder: Path, intent: Intent, *, durable: bool = True) -> Journal:
        """Return a new one, in a file of its own where that can be made.

        Parameters
        ----------
        durable
            Whether each line is to survive a power cut, not only the end of this process.
        """
        entry = {"version": VERSION, **vars(intent)}
        try:
            file = AppendLog.create(folder / f"{new_id()}{_ENDING}", durable=durable)
            file.append(entry, durable=durable)
        except RecordsUnusable as error:
            log.warning("An upload goes on without a journal: %s", error.message)
            return cls(None, intent)
        made = cls(file, intent)
        made._durable = durable
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
        intent = _intent(file.entries[0])
        if intent is None:
            file.close()
            return None
        taken = cls(file, intent)
        for entry in file.entries[1:]:
            taken._apply(entry)
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

    @property
    def begun(self) -> bool:
        """Whether storage may know of the upload."""
        return self.token is not None

    @property
    def vouched(self) -> int:
        """How many bytes from the first one on storage has."""
        count = 0
        while count + 1 in self.parts:
            count += 1
        return sum(self.parts[number].length for number in range(1, count + 1))

    def note_plan(self, token: str, part_size: int) -> None:
        """Note how the upload goes about it, before its first request."""
        self._note({"plan": token, "part_size": part_size})
        if self._durable:  # else no more lines come
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

    def note_lost(self) -> None:
        """Note that storage has forgotten the upload: it begins again."""
        self._note({"lost": True})

    def note_owed(self) -> None:
        """Note that it is to be cleaned up, not gone on with."""
        self._note({"owed": True})

    def remove(self) -> None:
        """Remove it: nothing is left to be told."""
        if self._log is not None:
            self._log.remove()

    def close(self) -> None:
        """Let go of it, for whoever goes on or cleans up."""
        if self._log is not None:
            self._log.close()

    def _note(self, entry: dict[str, Any]) -> None:
        self._apply(entry)
        if self._log is None:
            return
        with self._writing:
            self._unwritten.append(entry)
            try:
                while self._unwritten:
                    self._log.append(self._unwritten[0], durable=self._durable)
                    del self._unwritten[0]
            except RecordsUnusable as error:  # what stands there is true; more will be sent again
                if len(self._unwritten) == 1:
                    log.warning("A journal is not kept for now: %s", error.message)

    def _reserve(self) -> None:
        """Have room for all lines: a disk that is full is no reason to send anything twice."""
        if self._log is not None and self.intent is not None and self.part_size:
            parts = -(-self.intent.size // self.part_size)
            self._log.reserve(_BEGINNING + parts * _LINE)

    def _apply(self, entry: Mapping[str, Any]) -> None:
        match entry:
            case {"plan": str(token), "part_size": int(part_size)}:
                if _TOKEN.fullmatch(token) and part_size > 0:
                    self.token, self.part_size = token, part_size
            case {"creating": _}:
                self.creating = True
            case {"upload": str(upload_id)}:
                self.upload_id, self.creating = upload_id, False
            case {"part": {"number": int(n), "length": int(l), "md5": str(m), "etag": str(e)}}:
                self.parts[n] = SentPart(n, l, m, e)
            case {"completing": _}:
                self.completing = True
            case {"lost": _}:
                self.upload_id, self.parts = None, {}
                self.creating = self.completing = False
            case {"owed": _}:
                self.owed = True


def intents(folder: Path, *, ours_too: bool = True) -> Iterator[tuple[Path, Intent]]:
    """Yield what each journal in `folder` is for, oldest first, whoever holds it.

    Parameters
    ----------
    ours_too
        Whether to look into those that this process has in hand, too; there may be many.
    """
    for path in _files(folder):
        if not ours_too and is_held_here(path):
            continue
        entry = first_line(path)
        intent = _intent(entry) if entry else None
        if intent is not None:
            yield path, intent


def _files(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as found:
            names = sorted(each.name for each in found if each.name.endswith(_ENDING))
    except FileNotFoundError:
        return []
    return [folder / name for name in names]


def is_owed(path: Path) -> bool:
    """Whether what an upload left is to be cleaned up; asked without taking its journal.

    So it is when its clean-up failed, and when nobody has gone on with it for `FORGOTTEN_AFTER`.
    """
    try:
        forgotten = time.time() - path.stat().st_mtime > FORGOTTEN_AFTER
    except OSError:
        return False
    return forgotten or any(entry.get("owed") for entry in read_log(path))


def remove_hollow(folder: Path) -> None:
    """Remove what processes have left that were killed before they had written a first line."""
    for path in _files(folder):
        try:
            old = time.time() - path.stat().st_mtime > _JUST_MADE
        except OSError:
            continue
        if old and first_line(path) is None:
            Journal.take(path)


def _intent(entry: Mapping[str, Any]) -> Intent | None:
    match entry:
        case {
            "version": 1,
            "endpoint": str(endpoint),
            "bucket": str(bucket),
            "key": str(key),
            "content_type": str(content_type),
            "size": int(size),
            "identity": list(identity),
            "about": dict(about),
        } if size >= 0:
            return Intent(endpoint, bucket, key, content_type, size, identity, about)
    return None
