"""When a process began, which tells it from a later one of the same number."""

from __future__ import annotations

import os
import sys
from pathlib import Path

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
