"""Locks between processes (server, kernels, command line) that share a home folder.

`locked` holds that of a file; `names_in` has the names that processes hold, thousands of them by
one descriptor. Where the file system knows no advisory locks, lock files take their place
(`lock_file`).
"""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import warn_once
from jupyter_openeo_artifacts.state.lock_file import LockFile
from jupyter_openeo_artifacts.state.staged_record import RecordsBusy

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


_log = logging.getLogger(__name__)

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP}

_WAIT_SECONDS = 0.05

_SHORT_SECONDS = 600.0  # longer than any renewal of a login

LONG_SECONDS = 86_400.0  # an upload that nobody has gone on with for a day is given up anyway

_marks: dict[str, LockFile] = {}


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
    OSError
        The lock's file cannot be made.
    """
    lock = path.with_name(path.name + ".lock")
    with ExitStack() as held:
        if _has_locks(lock):
            held.enter_context(_locked_by_the_system(lock, path, timeout))
        else:
            _say_there_are_none(path.parent)
            held.enter_context(_locked_by_a_file(lock, path, timeout))
        yield


def hold(fd: int, path: Path | None = None) -> bool:
    """Mark an open file as in use until it is closed; False where that is not to be had.

    The mark is an advisory lock, which the kernel takes back however the process ends. Where there
    are none, as on Windows, and `path`, its name, is given, it is a lock file beside it: whoever
    closes the file calls `let_go`.
    """
    try:
        import fcntl
    except ImportError:
        return path is not None and _hold_by_a_file(path)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if path is None or error.errno not in _NO_LOCKS:
            return False
    else:
        return True
    _say_there_are_none(path.parent)
    return _hold_by_a_file(path)


def _hold_by_a_file(path: Path) -> bool:
    mark = LockFile(mark_of(path), stranger_seconds=LONG_SECONDS)
    try:
        if not mark.acquire():
            return False
    except OSError:
        return False
    _marks[str(path)] = mark
    return True


def has_none(error: OSError) -> bool:
    """Tell whether a lock was refused because the file system has none."""
    return error.errno in _NO_LOCKS


def is_held(fd: int) -> bool:
    """Tell whether another open file holds the system's lock of this one; takes it if not."""
    try:
        import fcntl
    except ImportError:
        return False
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        return not has_none(error)
    return False


def let_go(path: Path) -> None:
    """Take back the mark of a file that was closed, where it was not the system's own."""
    mark = _marks.pop(str(path), None)
    if mark is not None:
        with suppress(OSError):
            mark.release()


def mark_of(path: Path) -> Path:
    """Return the lock file that marks a file as in use; its name begins with a dot."""
    return path.with_name(f".{path.name}.held")


def _has_locks(lock: Path) -> bool:
    """Whether the file system locks files, as it says of this one."""
    try:
        import fcntl
    except ImportError:
        return True  # of another kind
    fd = os.open(lock, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o600)
    try:
        fcntl.flock(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _NO_LOCKS
    finally:
        os.close(fd)
    return True


@contextmanager
def _locked_by_the_system(lock: Path, path: Path, timeout: float) -> Iterator[None]:
    import filelock

    made = filelock.FileLock(lock, mode=0o600)
    try:
        made.acquire(timeout=timeout)
    except filelock.Timeout as error:
        raise _busy(path, timeout) from error
    try:
        yield
    finally:
        made.release()


@contextmanager
def _locked_by_a_file(lock: Path, path: Path, timeout: float) -> Iterator[None]:
    made = LockFile(lock.with_name(f"{lock.name}.held"), stranger_seconds=_SHORT_SECONDS)
    ends = time.monotonic() + timeout
    while not made.acquire():
        if time.monotonic() >= ends:
            raise _busy(path, timeout)
        time.sleep(_WAIT_SECONDS)
    try:
        yield
    finally:
        made.release()


def _say_there_are_none(folder: Path) -> None:
    warn_once(_log, f"{folder} is on a file system without locks: files are used in their place.")


def _busy(path: Path, timeout: float) -> RecordsBusy:
    return RecordsBusy(
        f"Another process has been using {path.name} for {timeout:.0f} s.",
        todo="Wait a moment and try again; if it stays so, restart the kernels and the server.",
    )


class NameLocks:
    """Names below one folder that this process holds, with one descriptor for all of them.

    Each name is a byte of a lock file beside the folder, held by a POSIX record lock, which the
    kernel takes back however the process ends. The file is open as long as something is held: such
    locks go as soon as their process closes any descriptor of the file. Where the file system has
    none, lock files of their own take their place.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder.with_name(f".{folder.name}.held")
        self._marks: dict[str, LockFile] = {}
        self._lock = threading.Lock()
        self._mine: set[str] = set()
        self._fd: int | None = None

    def __contains__(self, name: str) -> bool:
        return name in self._mine

    def hold(self, name: str) -> bool:
        """Take a name; False where it is held, or this system has no such locks (Windows).

        Raises
        ------
        OSError
            The lock file cannot be opened.
        """
        try:
            import fcntl
        except ImportError:
            return False
        with self._lock:
            if name in self._mine:
                return False
            if self._fd is None:
                flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
                self._fd = os.open(self._path, flags, 0o600)
            try:
                fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _byte_of(name))
            except OSError as error:
                self._close_if_unused()
                if not has_none(error) or not self._mark(name):
                    return False
            self._mine.add(name)
            return True

    def release(self, name: str) -> None:
        """Let go of a name; one that is not held does no harm."""
        with self._lock:
            if name not in self._mine:
                return
            self._mine.remove(name)
            mark = self._marks.pop(name, None)
            if mark is not None:
                with suppress(OSError):
                    mark.release()
            elif self._fd is not None:
                import fcntl

                fcntl.lockf(self._fd, fcntl.LOCK_UN, 1, _byte_of(name))
            self._close_if_unused()

    def is_marked(self, name: str) -> bool:
        """Tell whether a name is held by a lock file, as the file system has no locks."""
        return name in self._marks

    def _mark(self, name: str) -> bool:
        """Take a name by a lock file, where the file system has no locks."""
        mark = LockFile(mark_of(self._folder / name), stranger_seconds=LONG_SECONDS)
        try:
            if not mark.acquire():
                return False
        except OSError:
            return False
        self._marks[name] = mark
        return True

    def _close_if_unused(self) -> None:
        if self._fd is not None and not self._mine:
            os.close(self._fd)
            self._fd = None


def _byte_of(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:7], "big")


_folders: dict[Path, NameLocks] = {}

_folders_lock = threading.Lock()


def names_in(folder: Path) -> NameLocks:
    """Return the locks of `folder`, the same for all of this process."""
    with _folders_lock:
        return _folders.setdefault(folder, NameLocks(folder))


def _forget_all() -> None:
    """Start again in a forked process, which has none of its parent's locks."""
    global _folders_lock  # noqa: PLW0603  the parent's may be held
    _folders_lock = threading.Lock()
    _folders.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_all)
