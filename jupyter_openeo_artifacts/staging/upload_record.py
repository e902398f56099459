"""An upload's record: on disk before anybody is told of the upload, gone when it is over."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import (
    RecordsUnusable,
    ResourcesExhausted,
    exhausted,
    warn_once,
)
from jupyter_openeo_artifacts.state.append_log import first_line, read_log
from jupyter_openeo_artifacts.state.files import write_private
from jupyter_openeo_artifacts.state.locks import is_held, names_in
from jupyter_openeo_artifacts.state.log_folder import upload_file

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.staging.upload_spec import UploadSpec


_log = logging.getLogger(__name__)


_DIGEST = re.compile("[0-9a-f]{64}")


class UploadRecord:
    """Says that an upload is under way, in a file that its process holds as long as it lives.

    Held by its name (`NameLocks`), as there may be thousands. Without a file where none can be
    made: an upload must not fail because of that. It is then lost with its process.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._appending = threading.Lock()

    @classmethod
    def issue(cls, spec: UploadSpec) -> UploadRecord:
        """Return a new one; it is on disk.

        Raises
        ------
        ResourcesExhausted
            The system has no descriptor left: whoever goes on would take Jupyter's.
        """
        try:
            path = upload_file(spec.upload)
            if not _hold(path):
                warn_once(
                    _log,
                    "Uploads would not survive this process: no locks here.",
                    of="upload records",
                )
                return cls()
            try:
                write_private(path, _line(spec.to_entry()))
            except BaseException:
                _release(path)
                raise
        except ResourcesExhausted:
            raise
        except RecordsUnusable as error:
            warn_once(
                _log,
                f"Uploads would not survive this process: {error.message}",
                of="upload records",
            )
            return cls()
        return cls(path)

    @classmethod
    def take(cls, path: Path) -> UploadRecord | None:
        """Take over the one at `path`; None where its process lives, or the upload is over."""
        with suppress(RecordsUnusable):
            if not _hold(path):
                return None
            there = False
            try:
                there = first_line(path) is not None and not _is_held_by_an_older_version(path)
            finally:
                if not there:
                    _release(path)
            return cls(path) if there else None
        return None

    @property
    def kept(self) -> bool:
        """Whether a successor would find it."""
        return self._path is not None

    @property
    def confirmed(self) -> bool:
        """Whether the page has said that what it sent is the file that was chosen."""
        entries = [] if self._path is None else read_log(self._path)
        return any(entry.get("confirmed") is True for entry in entries)

    def note_confirmed(self) -> None:
        """Keep for a successor that the page has said so."""
        try:
            self._append({"confirmed": True}, durable=True)
        except OSError as error:
            _log.warning("a confirmation would not survive this process: %s", error.strerror)

    @property
    def digests(self) -> list[tuple[int, str]]:
        """What `note_digest` was told by whoever had the upload."""
        entries = [] if self._path is None else read_log(self._path)
        return [
            (end, digest)
            for entry in entries
            if isinstance(end := entry.get("received"), int)
            and _DIGEST.fullmatch(digest := str(entry.get("digest")))
        ]

    def note_digest(self, received: int, digest: str) -> None:
        """Keep the digest of the first bytes; a successor without it reads them again."""
        with suppress(OSError):
            self._append({"received": received, "digest": digest}, durable=False)

    def _append(self, entry: dict[str, Any], *, durable: bool) -> None:
        """Add a line, whole or not at all: what stands behind a torn one would not be read."""
        path = self._path
        if path is None:
            return
        with self._appending, path.open("r+b", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            line = _line(entry)
            written = 0
            try:
                written = file.write(line) or 0
            finally:
                if written != len(line):
                    file.truncate(end)
            if written != len(line):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            if durable:
                os.fsync(file.fileno())

    def remove(self) -> None:
        """Remove it: nobody is to go on with the upload; more than once does no harm.

        One that cannot be removed is left empty: its upload must not be believed to go on.
        """
        path, self._path = self._path, None
        if path is None:
            return
        try:
            path.unlink(missing_ok=True)
        except OSError:
            with suppress(OSError):
                os.truncate(path, 0)
        _release(path)

    def close(self) -> None:
        """Let go of it, for whoever goes on with the upload; more than once does no harm."""
        path, self._path = self._path, None
        if path is not None:
            _release(path)


def is_held_here(path: Path) -> bool:
    """Whether this very process has the record in hand."""
    return path.name in names_in(path.parent)


def _line(entry: dict[str, Any]) -> bytes:
    return json.dumps(entry).encode() + b"\n"


def _hold(path: Path) -> bool:
    try:
        return names_in(path.parent).hold(path.name)
    except OSError as error:
        raise exhausted(error) or RecordsUnusable(
            f"{path.name} could not be held: {error.strerror}."
        ) from error


def _release(path: Path) -> None:
    names_in(path.parent).release(path.name)


def _is_held_by_an_older_version(path: Path) -> bool:
    """Whether a process holds the file itself, as all did before."""
    try:
        fd = os.open(path, os.O_RDWR | getattr(os, "O_CLOEXEC", 0))
    except OSError:
        return True
    try:
        return is_held(fd)
    finally:
        os.close(fd)
