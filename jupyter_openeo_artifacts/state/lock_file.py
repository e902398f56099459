"""A lock for file systems without locks: a file that names its living holder."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from jupyter_openeo_artifacts.state.files import OPEN_FLAGS
from jupyter_openeo_artifacts.state.ids import boot_id


@dataclass(frozen=True)
class Holder:
    """A process; `start` is in ticks since `boot`, both empty where the system does not tell."""

    host: str
    boot: str
    pid: int
    start: str

    @classmethod
    def this(cls) -> Holder:
        """Return the present process."""
        pid = os.getpid()
        return cls(socket.gethostname(), boot_id(), pid, process_start(pid) or "")

    @classmethod
    def from_json(cls, content: bytes) -> Holder | None:
        """Return who is named; None where that cannot be read (yet)."""
        with suppress(ValueError, RecursionError):
            match json.loads(content):
                case {"host": str(host), "boot": str(boot), "pid": int(pid), "start": str(start)}:
                    return cls(host, boot, pid, start)
        return None

    @property
    def lives(self) -> bool | None:
        """Whether it does; None where it is another machine's."""
        here = Holder.this()
        if self.host != here.host:
            return None
        return self.boot == here.boot and process_start(self.pid) == self.start


class LockFile:
    """At most one process has it.

    Parameters
    ----------
    stranger_seconds
        How old a lock of another machine, or one that names nobody, has to be to be taken over.
    """

    def __init__(self, path: Path, *, stranger_seconds: float) -> None:
        self.path = path
        self._stranger_seconds = stranger_seconds
        self._content = b""

    def acquire(self) -> bool:
        """Take it, if nobody has it; at once.

        Raises
        ------
        OSError
            The file cannot be made, or not be written.
        """
        content = json.dumps({**asdict(Holder.this()), "key": secrets.token_hex(8)}).encode()
        for _ in range(2):
            try:
                fd = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPEN_FLAGS, 0o600)
            except FileExistsError:
                if not self._remove_stale():
                    return False
                continue
            try:
                with os.fdopen(fd, "wb") as file:
                    file.write(content)
            except OSError:  # left empty, it would keep everybody out until it is old
                self.path.unlink(missing_ok=True)
                raise
            self._content = content
            return True
        return False

    def release(self) -> None:
        """Let go of it; more than once does no harm, nor does a forked process that has it not."""
        mine, self._content = self._content, b""
        holder = Holder.from_json(mine)
        if holder is not None and holder.pid == os.getpid() and _read(self.path) == mine:
            self.path.unlink(missing_ok=True)

    def _remove_stale(self) -> bool:
        """Remove what a process has left that is gone; whether nobody has the lock now."""
        found = _read(self.path)
        if found is None:
            return True
        if not self._is_stale(found):
            return False
        aside = self.path.with_name(f"{self.path.name}.{secrets.token_hex(6)}")
        try:
            self.path.rename(aside)
        except OSError:
            return False  # somebody else was quicker
        if _read(aside) != found:  # … and has it: what was moved is the new one
            with suppress(OSError):
                self.path.hardlink_to(aside)
        aside.unlink(missing_ok=True)
        return not self.path.exists()

    def _is_stale(self, content: bytes) -> bool:
        holder = Holder.from_json(content)
        lives = None if holder is None else holder.lives
        if lives is not None:
            return not lives
        try:
            return time.time() - self.path.stat().st_mtime > self._stranger_seconds
        except OSError:
            return False


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


_PROC = Path("/proc")

_QUERY = 0x1000  # PROCESS_QUERY_LIMITED_INFORMATION

_NAME, _START = ")", 19  # field 22 of proc_pid_stat(5) is the 20th behind the program's name


def process_start(pid: int) -> str | None:
    """Return when the process began, in the system's own ticks; None where it is no more.

    It is empty where the system does not tell (macOS).
    """
    if sys.platform == "win32":
        return _on_windows(pid)
    if (_PROC / "self" / "stat").exists():
        return _by_proc(pid)
    try:
        os.kill(pid, 0)  # on Windows this would end the process
    except ProcessLookupError:
        return None
    except OSError:
        pass  # another user's
    return ""


def _by_proc(pid: int) -> str | None:
    try:
        text = (_PROC / str(pid) / "stat").read_text("utf-8", "replace")
    except OSError:
        return None
    fields = text.rpartition(_NAME)[2].split()
    return fields[_START] if len(fields) > _START else ""


def _on_windows(pid: int) -> str | None:
    """Ask GetProcessTimes of kernel32; a process that has ended has a time of exit."""
    import ctypes
    from ctypes import wintypes

    kernel = ctypes.WinDLL("kernel32", use_last_error=True)  # type: ignore[attr-defined]
    kernel.OpenProcess.restype = wintypes.HANDLE
    handle = kernel.OpenProcess(_QUERY, 0, pid)
    if not handle:
        return None
    times = [wintypes.FILETIME() for _ in range(4)]  # creation, exit, kernel, user
    try:
        if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *map(ctypes.byref, times)):
            return ""
    finally:
        kernel.CloseHandle(wintypes.HANDLE(handle))
    began, ended = ((each.dwHighDateTime << 32) + each.dwLowDateTime for each in times[:2])
    return None if ended else str(began)
