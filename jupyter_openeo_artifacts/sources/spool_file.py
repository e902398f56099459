"""The file of a spool: held by its name, taken over, and given back to the disk from its front."""

from __future__ import annotations

import errno
import os
import stat
import threading
from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.sources.exceptions import BytesGone, spool_unreadable
from jupyter_openeo_artifacts.sources.shared_fd import Descriptor
from jupyter_openeo_artifacts.state.files import OPEN_FLAGS, first_data, punch, whole_blocks
from jupyter_openeo_artifacts.state.locks import is_held, names_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path


RECLAIM_ABOVE = 256 * 1024**2
"""Up to this size a file is kept until it is stored, as long as the disk has room for it."""

DIGEST_BLOCK = 8 * 1024**2
"""A successor reads at most so much again; a whole part, so it is never given back before."""

_MARK = stat.S_IXUSR

_NO_FILE = (errno.ENOENT, errno.ENOTDIR, errno.EISDIR, errno.ELOOP)
"""How the system answers where no file of ours is."""


class SpoolFile(Descriptor):
    """A private file, held by its name from when it is made until it is let go of."""

    def __init__(self, fd: int, path: Path) -> None:
        super().__init__(fd, path)
        self._spool = path

    @classmethod
    def create(cls, path: Path) -> SpoolFile:
        """Make it; mode 0600, must not exist.

        Raises
        ------
        OSError
            That is not possible.
        """
        with suppress(OSError):
            names_in(path.parent).hold(path.name)
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_EXCL | OPEN_FLAGS
            return cls(os.open(path, flags, 0o600), path)
        except OSError:
            names_in(path.parent).release(path.name)
            raise

    @classmethod
    def take_over(
        cls, path: Path, size: int, stored: int, trusted: int | None
    ) -> tuple[SpoolFile, int, int] | None:
        """Open what an earlier process has left; None and errors as of `Spool.reopen`.

        Returns
        -------
        The file, how many bytes have arrived, and how many at its front cannot be read any more.
        """
        flags = os.O_RDWR | OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0)
        try:
            fd = os.open(path, flags)
        except OSError as error:
            if error.errno in _NO_FILE:
                return None
            raise spool_unreadable(error) from error
        names, held, found = names_in(path.parent), False, None
        try:
            held = names.hold(path.name)
            seen = os.fstat(fd)
            usable = stat.S_ISREG(seen.st_mode) and seen.st_nlink and seen.st_size <= size
            # The file itself was what older versions held.
            gone = gone_at_most(fd, stored) if usable and held and not is_held(fd) else None
            if gone is not None:
                right = seen.st_size if trusted is None else min(trusted, seen.st_size)
                received = max(right, stored)
                os.ftruncate(fd, received)
                found = cls(fd, path), received, gone if trusted is None else stored
        except OSError as error:
            raise spool_unreadable(error) from error
        finally:
            if found is None:
                os.close(fd)
                if held:
                    names.release(path.name)
        return found

    def let_go(self) -> None:
        """Close it, for another process to take over."""
        self.close()
        names_in(self._spool.parent).release(self._spool.name)

    def remove(self) -> None:
        """Close it and throw it away."""
        self.close()
        self._spool.unlink(missing_ok=True)
        names_in(self._spool.parent).release(self._spool.name)


class SpoolReclaim:
    """Gives a file's front back to the disk, where its file system has holes.

    Of a large file that is done as soon as storage has it, of others when the disk is full.

    Parameters
    ----------
    size
        Bytes of the whole file.
    given_back
        How many at the front cannot be read any more, from the beginning.
    """

    def __init__(self, size: int, reclaimed_bytes: int = 0) -> None:
        self._size = size
        self._lock = threading.Lock()
        self._punching = threading.Lock()
        self._stored = 0
        self._given_back = reclaimed_bytes
        self._due = size > RECLAIM_ABOVE
        self._has_holes = True

    @property
    def reclaimed_bytes(self) -> int:
        """How many bytes at the front cannot be read any more."""
        with self._lock:
            return self._given_back

    def check(self, offset: int) -> None:
        """Say whether what was read just now, from `offset` on, is what had arrived.

        Raises
        ------
        BytesGone
            It was given back, before or meanwhile.
        """
        if offset < self.reclaimed_bytes:
            raise BytesGone(
                "The upload would have to begin again, but the disk of the Jupyter server has no"
                " longer what was sent already.",
                todo="Send the file again.",
            )

    def note_stored(self, offset: int, file: Descriptor | None) -> None:
        """Note that storage has all bytes before `offset`, and give them back if that is due."""
        with self._lock:
            self._stored = max(self._stored, offset)
            due = self._due
        if due:
            self._give_back(file)

    def note_forgotten(self) -> None:
        """Note that storage has none of the bytes any more.

        Raises
        ------
        BytesGone
            Some would have to be sent again, and are not here.
        """
        with self._lock:
            self._stored = 0
        self.check(0)

    def make_room(self, file: Descriptor | None) -> bool:
        """Give back what can be, now and from now on; whether that was anything."""
        with self._lock:
            self._due = True
        return self._give_back(file)

    def _give_back(self, file: Descriptor | None) -> bool:
        with self._punching:  # not the other lock: a disk may take its time over it
            with self._lock:
                start, stored = self._given_back, self._stored
            if file is None or not self._has_holes:
                return False
            try:
                with file.use() as fd:
                    end = whole_blocks(fd, stored)
                    if end <= start:
                        return False
                    # First said, then done: nobody takes what he reads meanwhile for the content.
                    self._has_holes = start > 0 or _mark(fd)
                    self._note_given_back(end if self._has_holes else start)
                    if self._has_holes and not punch(fd, start, end):
                        self._has_holes = False
                        self._note_given_back(start)
            except (OSError, ValueError):
                return False
            return self._has_holes

    def _note_given_back(self, offset: int) -> None:
        with self._lock:
            self._given_back = offset


class ChainedDigest:
    """SHA-256 of bytes in their order, begun anew at each block with the digest of all before.

    Of up to `DIGEST_BLOCK` bytes it is the plain one. A digest at the end of a block is all that is
    needed to go on from there, in another process; hashlib's own state cannot be kept.

    Parameters
    ----------
    kept
        What `note` was told in a former process, in its order.
    at_most
        Bytes; what was told of more is passed over.
    """

    def __init__(self, kept: Iterable[tuple[int, str]] = (), *, at_most: int = 0) -> None:
        whole = [each for each in kept if each[0] <= at_most]
        self.end, digest = whole[-1] if whole else (0, "")
        self.note: Callable[[int, str], None] = lambda *_: None
        self._before = bytes.fromhex(digest)
        self._block = sha256(self._before)
        self._lost = False

    def update(self, content: memoryview) -> None:
        """Take the next bytes, and have `note` told of each block's end, with the digest there."""
        while content:
            left = DIGEST_BLOCK - self.end % DIGEST_BLOCK
            self._block.update(content[:left])
            self.end += len(content[:left])
            content = content[left:]
            if self.end % DIGEST_BLOCK == 0:
                self._before = self._block.digest()
                self._block = sha256(self._before)
                if not self._lost:
                    self.note(self.end, self._before.hex())

    def catch_up(self, end: int, read: Callable[[memoryview, int], object]) -> None:
        """Take all before `end`, which came to a former process; `read` reads from an offset."""
        buffer = memoryview(bytearray(min(1024**2, max(0, end - self.end))))
        while self.end < end:
            piece = buffer[: end - self.end]
            try:
                read(piece, self.end)
            except BytesGone:
                self.end, self._lost = end, True
                return
            self.update(piece)

    def hexdigest(self) -> str | None:
        """Return it; None where neither digest nor bytes are kept any more: after a power cut."""
        at_edge = self.end > 0 and self.end % DIGEST_BLOCK == 0
        found = self._before.hex() if at_edge else self._block.hexdigest()
        return None if self._lost else found


def gone_at_most(fd: int, stored: int) -> int | None:
    """Return how many bytes at the front of a file an earlier process may have given back.

    Parameters
    ----------
    stored
        How many are known to be in storage.

    Returns
    -------
    None where that is more than those.
    """
    seen = os.fstat(fd)
    if not _is_marked(seen):
        return 0 if seen.st_size >= stored else stored
    return stored if first_data(fd) <= stored else None


def _mark(fd: int) -> bool:
    """Have the file itself say that bytes were given back; whether it does.

    Its mode outlives this process, as do its holes, which not every system shows.
    """
    if hasattr(os, "fchmod"):  # Windows has none before Python 3.13, and no such mode
        os.fchmod(fd, 0o600 | _MARK)
    return _is_marked(os.fstat(fd))


def _is_marked(seen: os.stat_result) -> bool:
    return bool(seen.st_mode & _MARK)
