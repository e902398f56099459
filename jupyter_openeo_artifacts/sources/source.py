"""Where the bytes come from: the protocol, and a watched file on disk."""

from __future__ import annotations

import os
import stat
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_openeo_artifacts.errors import Cancelled
from jupyter_openeo_artifacts.sources.exceptions import (
    SourceChanged,
    SourceGone,
    SourceUnreadable,
    file_unreadable,
)
from jupyter_openeo_artifacts.sources.shared_fd import Descriptor, Reader, is_same, read_fully
from jupyter_openeo_artifacts.state.files import OPEN_FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken


class Source(Protocol):
    """Bytes of a known number, read in parts, in order, by one thread at a time."""

    @property
    def size(self) -> int | None:
        """Bytes in all; None only where that is not known (the engine then refuses)."""

    @property
    def identity(self) -> list[Any]:
        """What tells these bytes from others after a restart, as JSON."""

    @property
    def reclaimed_bytes(self) -> int:
        """How many bytes at the front cannot be read any more; storage had them acknowledged."""

    def wait_for(self, end: int, cancel: CancelToken) -> None:
        """Return when all bytes before `end` can be read, at once where they lie on disk.

        Raises
        ------
        Cancelled
            `cancel` was cancelled while this waited.
        OpenEOArtifactsError
            They will not come.
        """

    def read_into(self, buffer: memoryview, offset: int, cancel: CancelToken | None = None) -> int:
        """Fill `buffer` with the bytes from `offset`; return how many, fewer only at the end.

        Raises
        ------
        SourceChanged, SourceGone, SourceUnreadable
            These would not be the bytes of the file that was given.
        MachineExhausted
            The system has no descriptor or memory to read them with now.
        Cancelled
            `cancel` was cancelled while this waited.
        """

    def acknowledged(self, offset: int) -> None:
        """Hear that all bytes before `offset` are in the storage."""

    def forgotten(self) -> None:
        """Note that none of the bytes is, any more: whoever sends them again starts from zero."""

    def check_unchanged(self) -> None:
        """Raise `SourceChanged` if what was read is no longer what is there."""

    def read_by(self, reader: Reader) -> None:
        """Hear who reads from now on: that one knows the digest of what it has read."""

    def close(self) -> None:
        """Let go, while a read in another thread may still be under way."""


def read_bytes(
    source: Source, offset: int, length: int, cancel: CancelToken | None = None
) -> bytes:
    """Return `length` bytes from `offset`, fewer only at the end; errors as `Source.read_into`."""
    content = bytearray(length)
    got = source.read_into(memoryview(content), offset, cancel)
    return bytes(content[:got])


class FileSource:
    """A regular file that must not change while it is sent.

    Device, inode, size, modification and change time are compared after each read. Where only the
    change time differs, which `chmod` moves as well as a writer who puts the modification time
    back, what was read is read again, and its digest decides (`_read_again`). When all that
    happened is that the name was removed, the open file still holds the same bytes.
    (What the kernel's clock does not tell apart, we do not: two writes within one tick, 4 ms.)

    A file that has bytes past the end that it tells (`/proc`, some mounts of clouds) is refused.

    Parameters
    ----------
    opener
        Opens the file for reading and returns its descriptor; called at first use, so that
        nothing happens here, and once more if the name seems to have gone.
    label
        The name in messages.
    """

    def __init__(self, opener: Callable[[], int], label: str) -> None:
        self.opener = opener
        self.label = label
        self._lock = threading.Lock()
        self._file: Descriptor | None = None
        self._seen: os.stat_result | None = None
        self._reader: Reader | None = None
        self._doubtful = False

    @classmethod
    def from_path(cls, path: str | os.PathLike[str]) -> FileSource:
        """Return the file at `path` (symbolic links are followed)."""
        flags = os.O_RDONLY | OPEN_FLAGS | getattr(os, "O_NONBLOCK", 0)
        named = path if isinstance(path, Path) else Path(path)  # making one of one takes a while
        return cls(lambda: os.open(path, flags), named.name)

    @property
    def size(self) -> int:
        """Bytes in all, as the file said when it was opened."""
        _, seen = self._opened()
        return seen.st_size

    @property
    def identity(self) -> list[Any]:
        """Inode, size and times; not the device, whose number may be another after a restart."""
        _, seen = self._opened()
        return ["file", *_identity(seen)[1:]]

    @property
    def modified(self) -> float:
        """When it was written to last, in seconds."""
        _, seen = self._opened()
        return seen.st_mtime

    @property
    def reclaimed_bytes(self) -> int:
        """No bytes: the file is not ours."""
        return 0

    def wait_for(self, end: int, cancel: CancelToken) -> None:
        """Return at once: the bytes are there."""

    def read_into(self, buffer: memoryview, offset: int, cancel: CancelToken | None = None) -> int:
        """Fill `buffer` with the bytes from `offset`; see `Source.read_into`."""
        if cancel is not None:
            cancel.raise_if_cancelled()
        file, _ = self._opened()
        try:
            with file.use() as fd:
                got = read_fully(fd, buffer, offset)
                while not self._is_as_before(fd):  # it finds an earlier change, too
                    got = read_fully(fd, buffer, offset)
        except ValueError as error:
            raise Cancelled from error
        except OSError as error:
            raise file_unreadable(error, self.label) from error
        return got

    def read(self, offset: int, length: int, cancel: CancelToken | None = None) -> bytes:
        """Return `length` bytes from `offset`; see `read_bytes`."""
        return read_bytes(self, offset, length, cancel)

    def acknowledged(self, offset: int) -> None:
        """Nothing to give back: the file is not ours."""

    def forgotten(self) -> None:
        """Nothing is lost: the file is there."""

    def check_unchanged(self) -> None:
        """Raise `SourceChanged` if the file is not what it was."""
        file, _ = self._opened()
        try:
            with file.use() as fd:
                self._is_as_before(fd)
                if self._doubtful and self._reader and self._reader.so_far().end == self.size:
                    self._read_again(fd, self._reader)  # with what was in other hands then
        except ValueError as error:
            raise Cancelled from error
        except OSError as error:
            raise file_unreadable(error, self.label) from error

    def read_by(self, reader: Reader) -> None:
        """Hear who reads from now on; see `Source.read_by`."""
        self._reader = reader

    def close(self) -> None:
        """Close the file; more than once does no harm."""
        with self._lock:
            if self._file is not None:
                self._file.close()

    def _opened(self) -> tuple[Descriptor, os.stat_result]:
        file, seen = self._file, self._seen
        if file is None or seen is None:
            with self._lock:
                if self._file is None or self._seen is None:
                    self._file, self._seen = self._open()
                return self._file, self._seen
        return file, seen

    def _open(self) -> tuple[Descriptor, os.stat_result]:
        try:
            fd = self.opener()
        except FileNotFoundError as error:
            raise SourceGone(
                f"The file {self.label!r} does not exist.", todo="Check its name and folder."
            ) from error
        except OSError as error:
            raise file_unreadable(error, self.label) from error
        seen = os.fstat(fd)
        if not stat.S_ISREG(seen.st_mode):
            os.close(fd)
            what = "a folder" if stat.S_ISDIR(seen.st_mode) else "not a regular file"
            raise SourceUnreadable(
                f"{self.label!r} is {what}.", todo="Choose a file; pack a folder into a zip first."
            )
        try:
            self._check_end(fd, seen)
        except BaseException:
            os.close(fd)
            raise
        return Descriptor(fd), seen

    def _check_end(self, fd: int, seen: os.stat_result) -> None:
        """Ask once for a byte past the end: the size that is told may be none."""
        try:
            longer = read_fully(fd, memoryview(bytearray(1)), seen.st_size) > 0
        except OSError as error:
            raise file_unreadable(error, self.label) from error
        if not longer:
            return
        if os.fstat(fd).st_size > seen.st_size:
            raise self._changed()
        raise SourceUnreadable(
            f"The file {self.label!r} is longer than the {seen.st_size} bytes that it says it has.",
            todo="Copy it to an ordinary folder first (cp), then stage the copy.",
        )

    def _is_as_before(self, fd: int) -> bool:
        """Whether nothing is new; false where something is, which the content shows to be no harm.

        Raises
        ------
        SourceChanged
            The content is another, or may be.
        """
        now, seen = os.fstat(fd), self._seen
        if seen is None or _identity(now) == _identity(seen):
            return True
        if _content_identity(now) != _content_identity(seen):
            raise self._changed()
        if self._is_replaced(now) or now.st_nlink == seen.st_nlink == 0:
            raise self._changed()
        if now.st_nlink != 0:
            if self._reader is None:  # nobody knows what was read
                raise self._changed()
            self._read_again(fd, self._reader)
        self._seen = now  # only its name went, or what is said of it changed
        return False

    def _read_again(self, fd: int, reader: Reader) -> None:
        """Raise unless what was read is there still; what somebody is just hashing comes later."""
        read, self._doubtful = reader.so_far(), True
        if not is_same(fd, read, reader.cancel):
            raise self._changed()
        self._doubtful = read.end < self.size

    def _is_replaced(self, seen: os.stat_result) -> bool:
        """Whether the name now leads to another file."""
        try:
            fd = self.opener()
        except OSError:
            return False
        try:
            other = os.fstat(fd)
        finally:
            os.close(fd)
        return (other.st_dev, other.st_ino) != (seen.st_dev, seen.st_ino)

    def _changed(self) -> SourceChanged:
        return SourceChanged(
            f"The file {self.label!r} changed while it was being sent.",
            todo="Wait until nothing writes to it any more, then try again.",
        )


def _content_identity(seen: os.stat_result) -> tuple[int, ...]:
    return (seen.st_dev, seen.st_ino, seen.st_size, seen.st_mtime_ns)


def _identity(seen: os.stat_result) -> tuple[int, ...]:
    return (*_content_identity(seen), seen.st_ctime_ns)
