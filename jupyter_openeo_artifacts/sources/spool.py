"""A file that one thread fills and another one already sends."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.sources.exceptions import (
    BytesGone,
    SourceTooShort,
    SpoolClosed,
    SpoolFull,
    SpoolOverrun,
    spool_unreadable,
    spool_unwritable,
)
from jupyter_openeo_artifacts.sources.shared_fd import read_fully
from jupyter_openeo_artifacts.sources.spool_file import ChainedDigest, SpoolFile, SpoolReclaim
from jupyter_openeo_artifacts.state.files import need_room, write_at

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken


LEFT_FREE = 1024 * 1024
"""Bytes of the disk that spools leave to journals and records: without them nothing can be sent on,
and what was received would fill the disk for good."""


class Spool:
    """Bytes on their way from a browser or kernel to the storage, kept in a private file.

    One receiver appends, in any thread; uploaders read through a `SpoolSource` what has arrived,
    and wait for what has not. What storage has acknowledged may be given back to the disk
    (`SpoolReclaim`); an upload that must begin again has to be received again then (`BytesGone`).

    Parameters
    ----------
    path
        The file to make; mode 0600, must not exist. Made when the first byte arrives.
    size
        Bytes announced.
    needs_confirmation
        The end may not be read before the sender has said, after its last byte, that the file is
        still the one that was chosen (`confirm`): else what arrived may be a mixture of two states.
    """

    def __init__(self, path: Path, size: int, *, needs_confirmation: bool = False) -> None:
        self.path = path
        self.size = size
        self.needs_confirmation = needs_confirmation
        self._confirmed = not needs_confirmation
        self._arrival = threading.Condition()
        self._writing = threading.Lock()
        self._file: SpoolFile | None = None
        self._received = 0
        self._front = SpoolReclaim(size)
        self.chain: ChainedDigest = ChainedDigest()
        self._problem: BaseException | None = None

    @classmethod
    def reopen(
        cls,
        path: Path,
        size: int,
        *,
        reclaimed_bytes: int = 0,
        trusted: int | None = None,
        needs_confirmation: bool = False,
        digests: Iterable[tuple[int, str]] = (),
    ) -> Spool | None:
        """Take over what an earlier process has left.

        None where that process lives, the file is gone, is none of ours, or more of it was given
        back than is known to be in storage.

        Parameters
        ----------
        reclaimed_bytes
            Bytes at the front that storage has, so that they may have been given back to the disk.
            They count as received; unless they are all here still, they cannot be read again.
        trusted
            After a power cut, when a file may hold bytes that were never written: how many are
            known to have been right. What lies behind them is thrown away.
        needs_confirmation
            As for a new one.
        digests
            As `ChainedDigest` takes them.

        Raises
        ------
        MachineExhausted, SpoolError
            It cannot be opened now; nothing is lost.
        """
        found = SpoolFile.take_over(path, size, min(reclaimed_bytes, size), trusted)
        if found is None:
            return None
        spool = cls(path, size, needs_confirmation=needs_confirmation)
        spool._file, spool._received, gone = found
        spool._front = SpoolReclaim(size, gone)
        spool.chain = ChainedDigest(digests, at_most=spool._received)
        return spool

    @property
    def reclaimed_bytes(self) -> int:
        """How many bytes at the front can no longer be read."""
        return self._front.reclaimed_bytes

    @property
    def received(self) -> int:
        """How many bytes have arrived and can be read."""
        with self._arrival:
            return self._received

    @property
    def complete(self) -> bool:
        """Whether all announced bytes have arrived, and are confirmed where that is needed."""
        with self._arrival:
            return self._received == self.size and self._confirmed

    @property
    def awaits_confirmation(self) -> bool:
        """Whether all announced bytes have arrived, and only `confirm` is missing."""
        with self._arrival:
            return self._received == self.size and not self._confirmed

    @property
    def failed(self) -> bool:
        """Whether receiving was given up for good: what is missing will not come."""
        with self._arrival:
            return self._problem is not None

    def append(self, content: bytes | bytearray | memoryview) -> int:
        """Keep the next bytes and return the new offset. What arrived before an error is kept.

        Raises
        ------
        SpoolFull
            No room on the disk.
        SpoolOverrun
            More than was announced; nothing of `content` is kept.
        SpoolError
            The disk failed, or the spool was failed or removed.
        """
        with self._writing:
            with self._arrival:
                self._raise_problem()
                offset = self._received
            if offset + len(content) > self.size:
                raise SpoolOverrun(
                    f"More bytes arrived than the {self.size} that were announced.",
                    todo="Send the file again.",
                )
            rest = memoryview(content)
            self.chain.catch_up(offset, self._read)
            while rest:
                try:
                    written = self._write(rest, offset)
                except SpoolFull:
                    if not self._front.make_room(self._file):
                        raise
                    continue
                rest, offset = rest[written:], offset + written
            return offset

    def digest(self) -> tuple[int, str | None]:
        """Return how many bytes have arrived, and their digest as `ChainedDigest.hexdigest`.

        Raises
        ------
        MachineExhausted, SpoolError
            They cannot be read, or the spool was failed or removed.
        """
        with self._writing:
            self.check()
            self.chain.catch_up(self.received, self._read)
            return self.chain.end, self.chain.hexdigest()

    def confirm(self) -> bool:
        """Let the end be read: the bytes are those of the file. False while some are missing."""
        with self._arrival:
            self._confirmed = self._confirmed or self._received == self.size
            self._arrival.notify_all()
            return self._received == self.size

    def fail(self, error: BaseException) -> None:
        """Give up receiving: who waits for bytes gets `error`. Without effect once complete."""
        with self._arrival:
            if not self.complete and self._problem is None:
                self._problem = error
                self._arrival.notify_all()

    def remove(self) -> None:
        """Throw the bytes away; more than once does no harm."""
        closed = SpoolClosed("The received bytes were thrown away.", todo="Send the file again.")
        file = self._close(closed)
        if file is not None:
            file.remove()

    def detach(self) -> None:
        """Let go of the file for `reopen` in another process; more than once does no harm."""
        closed = SpoolClosed(
            "The Jupyter server is being shut down; what arrived is kept.",
            todo="Wait until it runs again.",
        )
        file = self._close(closed)
        if file is not None:
            file.let_go()

    def _close(self, closed: SpoolClosed) -> SpoolFile | None:
        """Take no more; return the file where there still was one."""
        with self._arrival:
            if not isinstance(self._problem, SpoolClosed):
                self._problem = closed
            file, self._file = self._file, None
            self._arrival.notify_all()
        return file

    def read_into(self, buffer: memoryview, offset: int, cancel: CancelToken | None) -> int:
        """Fill `buffer` as `Source.read_into` does, waiting for what has not arrived.

        Raises
        ------
        MachineExhausted
            No descriptor or memory to read it with now; the bytes are kept.
        SpoolError
            They cannot be read, or the spool was failed or removed.
        """
        length = max(0, min(len(buffer), self.size - offset))
        self.wait_for(offset + length, cancel)
        if length > 0:
            self._read(buffer[:length], offset)
        return length

    def _read(self, buffer: memoryview, offset: int) -> None:
        """Fill `buffer` with what has arrived."""
        try:
            with self._open().use() as fd:
                got = read_fully(fd, buffer, offset)
        except (OSError, ValueError) as error:
            self.check()  # it may have been closed meanwhile
            raise spool_unreadable(error) from error
        self._front.check(offset)  # only now: they may have gone meanwhile
        if got != len(buffer):
            raise SourceTooShort(
                "The received bytes are no longer all on the disk.", todo="Send the file again."
            )

    def check(self) -> None:
        """Raise what the spool was failed with."""
        with self._arrival:
            self._raise_problem()

    def wait_for(self, end: int, cancel: CancelToken | None) -> None:
        """Return when all bytes before `end` have arrived; see `Source.wait_for`."""
        unhook = cancel.on_cancel(self._wake) if cancel else lambda: None
        try:
            with self._arrival:
                while True:
                    if cancel:
                        cancel.raise_if_cancelled()
                    self._raise_problem()
                    if self._received >= end and (self._confirmed or end < self.size):
                        return
                    self._arrival.wait()
        finally:
            unhook()

    def note_stored(self, offset: int) -> None:
        """Note that storage has all bytes before `offset`, and give them back if that is due."""
        with self._arrival:
            file = self._file
        self._front.note_stored(offset, file)

    def note_forgotten(self) -> None:
        """Note that storage has nothing any more; what cannot be sent again is given up."""
        try:
            self._front.note_forgotten()
        except BytesGone as error:
            with self._arrival:
                self._problem = self._problem or error
                self._arrival.notify_all()

    def _wake(self) -> None:
        with self._arrival:
            self._arrival.notify_all()

    def _write(self, content: memoryview, offset: int) -> int:
        try:
            with self._open().use() as fd:
                need_room(fd, LEFT_FREE + len(content))
                written = write_at(fd, content, offset)
        except (OSError, ValueError) as error:
            self.check()
            raise spool_unwritable(error, self.size - offset) from error
        self.chain.update(content[:written])
        with self._arrival:
            self._received = offset + written
            self._arrival.notify_all()
        return written

    def _open(self) -> SpoolFile:
        with self._arrival:
            self._raise_problem()
            if self._file is None:
                self._file = SpoolFile.create(self.path)
            return self._file

    def _raise_problem(self) -> None:
        if self._problem is not None:
            raise self._problem
