"""Names that processes hold, thousands of them by one descriptor."""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.state.lock_file import LockFile
from jupyter_openeo_artifacts.state.locks import LONG_SECONDS, has_none, mark_of

if TYPE_CHECKING:
    from pathlib import Path


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
