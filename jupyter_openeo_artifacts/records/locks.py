"""Locks between processes (server, kernels, command line) that share a home folder."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.exceptions import RecordsBusy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@contextmanager
def locked(path: Path, timeout: float = 30.0) -> Iterator[None]:
    """Hold the lock of the file `path` (kept beside it as `<name>.lock`).

    Parameters
    ----------
    timeout
        Seconds to wait for another process.

    Raises
    ------
    RecordsBusy
        It was not to be had in time.
    """
    import filelock

    lock = filelock.FileLock(path.with_name(path.name + ".lock"), mode=0o600)
    try:
        lock.acquire(timeout=timeout)
    except filelock.Timeout as error:
        raise RecordsBusy(
            f"Another process has been using {path.name} for {timeout:.0f} s.",
            todo="Wait a moment and try again; if it stays so, restart the kernels and the server.",
        ) from error
    try:
        yield
    finally:
        lock.release()


def hold(fd: int) -> bool:
    """Mark an open file as in use until it is closed; False where that is not to be had.

    The mark is an advisory lock, which the kernel takes back however the process ends. False also
    where there are none (Windows, some network file systems).
    """
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
