"""Take away what Windows does not have, then run a program: `python without_posix.py PROGRAM …`.

The standard library of this machine needs some of it and is loaded before; then ours, and whatever
it calls, finds the names of Windows: no `os.preadv`, no `fcntl`, files that are opened as text
unless `os.O_BINARY` says otherwise, folders that cannot be opened.
"""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import multiprocessing
import os
import runpy
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

for name in ("IPython", "ipykernel.ipkernel", "openeo", "boto3", "botocore.session", "filelock"):
    importlib.import_module(name)
_LOADED = (asyncio, importlib.util, multiprocessing, subprocess, tempfile)

GONE = {
    os: """preadv pread pwrite pwritev fchmod fork forkpty register_at_fork posix_fallocate
        getuid geteuid getgid killpg setsid mkfifo statvfs fstatvfs sendfile uname fdatasync
        SEEK_DATA SEEK_HOLE O_CLOEXEC O_NONBLOCK O_NOFOLLOW O_DIRECTORY O_SYNC""",
    signal: "SIGHUP SIGSTOP SIGCONT pthread_sigmask",
}
BINARY = 1 << 30
FOREIGN = ("fcntl", "resource", "pwd", "grp", "termios", "tty")
_open = os.open


def open_as_windows(path, flags, mode=0o777, *, dir_fd=None):
    """Refuse folders and places relative to a folder, and files that would be read as text."""
    if dir_fd is not None:
        raise NotImplementedError("dir_fd unavailable on this platform")
    if Path(path).is_dir():
        raise PermissionError(13, "Permission denied", os.fspath(path))
    opener = inspect.currentframe().f_back.f_globals.get("__name__", "")
    ours = opener.startswith("jupyter_openeo_artifacts")
    if ours and not flags & BINARY:
        raise AssertionError(f"{path} is opened as text")
    return _open(path, flags & ~BINARY, mode)


def take_away() -> None:
    """Leave the names that Windows has."""
    for module, names in GONE.items():
        for name in names.split():
            if hasattr(module, name):
                delattr(module, name)
    for name in FOREIGN:
        sys.modules[name] = None  # importing it raises ImportError
    os.O_BINARY = BINARY
    os.open = open_as_windows
    os.supports_dir_fd = set()
    os.kill = _no_kill


def _no_kill(pid: int, number: int) -> None:
    raise AssertionError("os.kill ends the other process on Windows, whatever the signal")


if __name__ == "__main__":
    take_away()
    del sys.argv[0]
    if Path(sys.argv[0]).exists():
        runpy.run_path(sys.argv[0], run_name="__main__")
    else:
        runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
