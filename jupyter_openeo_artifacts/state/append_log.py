"""A private file of lines, each on disk before the work goes on that it tells of."""

from __future__ import annotations

import json
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import RecordsUnusable, exhausted
from jupyter_openeo_artifacts.state.files import OPEN_FLAGS, reserve, sync_folder
from jupyter_openeo_artifacts.state.locks import hold, let_go

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


_held: set[str] = set()

_encode = json.JSONEncoder(separators=(",", ":")).encode

_FLAGS = os.O_RDWR | os.O_APPEND | OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0)


class AppendLog:
    """JSON objects, one a line; a line that a crash has torn is as if it had not been written.

    Held by one process at a time (`locks.hold`), which alone may append. May be used by several
    threads.
    """

    def __init__(self, path: Path, fd: int, entries: list[dict[str, Any]], end: int = 0) -> None:
        self.path = path
        self.folder: str = str(path.parent)
        self.entries: list[dict[str, Any]] = entries
        self._end = end  # in bytes; nobody else writes
        self._torn = False  # whether there may be more behind it, which is no line
        self._fd: int | None = fd
        self._lock = threading.Lock()
        _held.add(str(path))

    @classmethod
    def create(cls, path: Path, *, durable: bool = True) -> AppendLog:
        """Make a new file, mode 0600.

        Parameters
        ----------
        durable
            Whether its name survives a power cut, too; that costs some milliseconds.

        Raises
        ------
        RecordsUnusable
            It cannot be made, or not be held.
        """
        try:
            fd = os.open(path, _FLAGS | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise exhausted(error) or _unusable(path, error.strerror) from error
        if not hold(fd, path):
            os.close(fd)
            path.unlink(missing_ok=True)
            raise _unusable(path, "this file system has no locks")
        if durable:
            with suppress(OSError):
                sync_folder(path.parent)
        return cls(path, fd, [])

    @classmethod
    def take(cls, path: Path) -> AppendLog | None:
        """Take over what another process has left; None where it lives, or the file is gone."""
        try:
            fd = os.open(path, _FLAGS)
        except OSError:
            return None
        held = False
        try:
            held = hold(fd, path)
            if held and os.fstat(fd).st_nlink:
                with os.fdopen(os.dup(fd), "rb") as file:
                    entries, end = _whole_lines(file.read())
                os.ftruncate(fd, end)
                return cls(path, fd, entries, end)
        except OSError:
            pass  # as good as gone
        os.close(fd)
        if held:
            let_go(path)
        return None

    def append(self, *entries: Mapping[str, Any], durable: bool = True) -> None:
        """Add a line for each of them.

        Parameters
        ----------
        durable
            Whether they are on disk when this returns; else only a power cut can lose them.

        Raises
        ------
        RecordsUnusable
            The disk is full or broken, or this was closed; what was written before stays, and of
            these either nothing or all (where only the disk's word is missing).
        """
        lines = b"".join(map(_line, entries))
        with self._lock:
            if self._fd is None:
                raise _unusable(self.path, "it was closed")
            try:
                if self._torn:
                    self._mend(self._fd)
                self._torn = True  # until all of it is there
                if os.write(self._fd, lines) != len(lines):
                    self._mend(self._fd)
                    raise _unusable(self.path, "no room")
                self._end, self._torn = self._end + len(lines), False
                if durable:
                    os.fsync(self._fd)
            except OSError as error:
                raise _unusable(self.path, error.strerror) from error
            self.entries += map(dict, entries)

    def _mend(self, fd: int) -> None:
        """Take off what a write has left that did not come to its end."""
        os.ftruncate(fd, self._end)
        self._torn = False

    def reserve(self, length: int) -> None:
        """Have room for `length` bytes in all, so that a full disk does not keep them out."""
        with self._lock:
            if self._fd is not None:
                reserve(self._fd, length)

    @property
    def closed(self) -> bool:
        """Whether this process has let go of it."""
        return self._fd is None

    def clear(self) -> bool:
        """Take out all lines, to start again; whether that could be done."""
        with self._lock:
            try:
                if self._fd is None or not os.fstat(self._fd).st_nlink:  # nobody would find it
                    return False
                os.ftruncate(self._fd, 0)
            except OSError:
                return False
            self.entries, self._end, self._torn = [], 0, False
            return True

    def remove(self) -> None:
        """Remove the file; more than once does no harm.

        One that cannot be removed is left empty: what it told of has ended, and must not be
        believed to go on. Windows removes no file that is open.
        """
        there = False
        with self._lock:
            if self._fd is not None:
                try:
                    self.path.unlink(missing_ok=True)
                except OSError:
                    there = True
                    with suppress(OSError):
                        os.ftruncate(self._fd, 0)
        self._close(remove=there)

    def close(self) -> None:
        """Let go of it, for whoever takes it over; more than once does no harm."""
        self._close()

    def _close(self, *, remove: bool = False) -> None:
        with self._lock:
            fd, self._fd = self._fd, None
        if fd is not None:
            _held.discard(str(self.path))
            os.close(fd)
            if remove:
                with suppress(OSError):
                    self.path.unlink(missing_ok=True)
            let_go(self.path)

    def __del__(self) -> None:
        self.close()  # of whoever forgot


def is_held_here(path: str | Path) -> bool:
    """Whether this very process has it in hand; `take` would be no use then."""
    return str(path) in _held


def first_line(path: Path) -> dict[str, Any] | None:
    """Return the first entry of a file, whoever holds it; None where there is none.

    Raises
    ------
    ResourcesExhausted
        The system has no descriptor left: nobody knows what is in it.
    """
    try:
        with path.open("rb") as file:
            entries, _ = _whole_lines(file.readline())
    except OSError as error:
        if (problem := exhausted(error)) is not None:
            raise problem from error
        return None
    return entries[0] if entries else None


def read_log(path: Path) -> list[dict[str, Any]]:
    """Return the entries of a file, whoever holds it; none where there is none.

    Raises
    ------
    ResourcesExhausted
        As for `first_line`.
    """
    try:
        return _whole_lines(path.read_bytes())[0]
    except OSError as error:
        if (problem := exhausted(error)) is not None:
            raise problem from error
        return []


def _line(entry: Mapping[str, Any]) -> bytes:
    return _encode(entry).encode() + b"\n"


def _whole_lines(content: bytes) -> tuple[list[dict[str, Any]], int]:
    """Return the entries before the first line that is none, and where they end."""
    entries, end = [], 0
    for line in content.splitlines(keepends=True):
        try:
            entry = json.loads(line) if line.endswith(b"\n") else None
        except (ValueError, RecursionError):
            entry = None
        if not isinstance(entry, dict):
            break
        entries.append(entry)
        end += len(line)
    return entries, end


def _unusable(path: Path, reason: str | None) -> RecordsUnusable:
    return RecordsUnusable(
        f"{path.name} could not be written: {reason}.",
        todo="Free some disk space or make the folder writable.",
    )
