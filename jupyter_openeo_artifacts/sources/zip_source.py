"""A folder as one zip, stored and not deflated, made while it is read.

Where each byte lies follows from the names and sizes, so the zip has a size before it is read, and
can be read from anywhere, by a later process as well: nothing of it is kept on disk or in memory.
Each file is read once before its bytes for its CRC-32. It could stand behind them instead; readers
of streams then do not know where a stored file ends, and refuse it (Java's).
"""

from __future__ import annotations

import os
import struct
import time
import zlib
from bisect import bisect_right
from contextlib import closing
from hashlib import sha256
from typing import TYPE_CHECKING, Any, NamedTuple

from jupyter_openeo_artifacts.sources.exceptions import SourceChanged, SourceUnreadable
from jupyter_openeo_artifacts.sources.source import FileSource, read_bytes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
    from jupyter_openeo_artifacts.sources.shared_fd import Reader


MOST_FILES = 100_000
"""Files of a folder; of more, the list alone would take much memory."""


FOLDER_TODO = "Stage it as one zip: zip it first, or by --zip in a terminal or a cell."
"""What to do with a folder where a file was wanted."""


_LEFT = {"__pycache__", "__MACOSX", "Thumbs.db", "desktop.ini"}
_ZARR = {"zarr.json", ".zgroup", ".zarray"}
_OF_ZARR = _ZARR | {".zattrs", ".zmetadata"}


def is_left_out(name: str) -> bool:
    """Tell whether a name in a folder is none that a person means: hidden, or left by a tool."""
    return name in _LEFT or (name.startswith(".") and name not in _OF_ZARR)


def describe_folder(path: str | os.PathLike[str]) -> tuple[str, str]:
    """Return what is said of a folder where a file was wanted, and what to do with it."""
    name = os.path.basename(os.fspath(path))  # noqa: PTH119  it is no Path
    try:
        zarr = not _ZARR.isdisjoint(os.listdir(path))  # noqa: PTH208  as above
    except OSError:
        zarr = False
    if zarr:
        return (
            f"{name!r} is a Zarr store: many files, which nobody can read by one link.",
            f"{FOLDER_TODO} zarr.storage.ZipStore reads that.",
        )
    return f"{name!r} is a folder.", FOLDER_TODO


class Member(NamedTuple):
    """A file of the folder: its path below that, and what opens it."""

    name: str
    open: Callable[[], int]


class _Placed(NamedTuple):
    """A file at its place in the zip."""

    name: bytes
    source: Callable[[], FileSource]
    identity: list[Any]
    size: int
    moment: float
    at: int

    @property
    def begin(self) -> int:
        """Where its bytes begin."""
        return self.at + 30 + len(self.name) + (20 if self.size >= ZIP64 else 0)

    @property
    def end(self) -> int:
        """Where they end."""
        return self.begin + self.size


class ZipSource:
    """A `Source` that is the zip of some files, none of which may change meanwhile.

    Parameters
    ----------
    members
        Lists them; called at first use.
    label
        The folder's name in messages.
    """

    def __init__(self, members: Callable[[], Iterable[Member]], label: str) -> None:
        self._members = members
        self.label = label
        self._placed: list[_Placed] = []
        self._begins: list[int] = []
        self._crcs: dict[int, int] = {}
        self._size: int | None = None
        self._current: tuple[int, FileSource] | None = None

    @classmethod
    def from_path(cls, path: str | os.PathLike[str]) -> ZipSource:
        """Return the zip of a local folder; symbolic links in it are not followed."""
        folder = os.fspath(path)
        return cls(lambda: _members_of(folder), os.path.basename(folder))  # noqa: PTH119  as fspath

    @property
    def size(self) -> int:
        """Bytes of the zip."""
        if self._size is None:
            self._size = self._place()
        return self._size

    @property
    def identity(self) -> list[Any]:
        """A digest of names, sizes and times."""
        told = [self.size, [(each.name.hex(), each.identity) for each in self._placed]]
        return ["zip", sha256(repr(told).encode()).hexdigest()]

    @property
    def reclaimed_bytes(self) -> int:
        """No bytes: the files are not ours."""
        return 0

    def wait_for(self, end: int, cancel: CancelToken) -> None:
        """Return at once: the bytes are there."""

    def read_into(self, buffer: memoryview, offset: int, cancel: CancelToken | None = None) -> int:
        """Fill `buffer` with the bytes from `offset`; see `Source.read_into`."""
        got = 0
        end = min(len(buffer), self.size - offset)
        while got < end:
            got += self._read_some(buffer[got:end], offset + got, cancel)
        return got

    def read(self, offset: int, length: int, cancel: CancelToken | None = None) -> bytes:
        """Return `length` bytes from `offset`; see `read_bytes`."""
        return read_bytes(self, offset, length, cancel)

    def acknowledged(self, offset: int) -> None:
        """Nothing to give back: the files are not ours."""

    def forgotten(self) -> None:
        """Nothing is lost: the files are there."""

    def check_unchanged(self) -> None:
        """Raise `SourceChanged` if a file is not what it was."""
        for each in self._placed:
            with closing(each.source()) as source:
                self._check(each, source)

    def read_by(self, reader: Reader) -> None:
        """Read nothing again: a file that has another time is refused."""

    def close(self) -> None:
        """Close the file that was read last."""
        current, self._current = self._current, None
        if current is not None:
            current[1].close()

    def _place(self) -> int:
        """Give each file its place; return where the last byte is."""
        at = 0
        for member in sorted(self._members()):
            source = _opener(member)
            with closing(source()) as found:
                size, identity = found.size, found.identity
                moment = found.modified
            placed = _Placed(member.name.encode(), source, identity, size, moment, at)
            self._placed.append(placed)
            self._begins.append(at)
            at = placed.end
            if len(self._placed) > MOST_FILES:
                raise SourceUnreadable(
                    f"The folder {self.label!r} has more than {MOST_FILES:,} files.",
                    todo="Zip it first, then stage the zip file.",
                )
        if not self._placed:
            raise SourceUnreadable(f"The folder {self.label!r} has no files to stage.")
        self._begins.append(at)
        return at + len(self._directory(dict.fromkeys(range(len(self._placed)), 0)))

    def _read_some(self, buffer: memoryview, offset: int, cancel: CancelToken | None) -> int:
        index = bisect_right(self._begins, offset) - 1
        if index == len(self._placed):
            crcs = {each: self._crc(each, cancel) for each in range(index)}
            return _copy(buffer, self._directory(crcs), offset - self._begins[index])
        placed = self._placed[index]
        if offset < placed.begin:
            local = _local(placed, self._crc(index, cancel))
            return _copy(buffer, local, offset - placed.at)
        wanted = buffer[: placed.end - offset]
        got = self._opened(index).read_into(wanted, offset - placed.begin, cancel)
        if not got:
            raise self._changed(placed)
        return got

    def _crc(self, index: int, cancel: CancelToken | None) -> int:
        if index not in self._crcs:
            placed, source = self._placed[index], self._opened(index)
            block, crc, offset = memoryview(bytearray(_BLOCK)), 0, 0
            while offset < placed.size:
                got = source.read_into(block[: placed.size - offset], offset, cancel)
                if not got:
                    raise self._changed(placed)
                crc = zlib.crc32(block[:got], crc)
                offset += got
            self._crcs[index] = crc
        return self._crcs[index]

    def _opened(self, index: int) -> FileSource:
        """Return a file that is as it was when it got its place; one is open at a time."""
        if self._current is None or self._current[0] != index:
            self.close()
            source = self._placed[index].source()
            self._current = (index, source)
            self._check(self._placed[index], source)
        return self._current[1]

    def _check(self, placed: _Placed, source: FileSource) -> None:
        if source.identity != placed.identity:
            raise self._changed(placed)

    def _changed(self, placed: _Placed) -> SourceChanged:
        return SourceChanged(
            f"The file {placed.name.decode(errors='replace')!r} of {self.label!r} changed while it"
            " was being sent.",
            todo="Wait until nothing writes to it any more, then try again.",
        )

    def _directory(self, crcs: dict[int, int]) -> bytes:
        """Return the central directory and its end (APPNOTE.TXT, 4.3.12 to 4.3.16)."""
        entries = b"".join(_central(each, crcs[i]) for i, each in enumerate(self._placed))
        count, length, at = len(self._placed), len(entries), self._begins[-1]
        far = b""
        if count >= MANY or length >= ZIP64 or at >= ZIP64:
            record = (0x06064B50, 44, _BY_UNIX, 45, 0, 0, count, count, length, at)
            far = struct.pack("<IQHHIIQQQQ", *record)
            far += struct.pack("<IIQI", 0x07064B50, 0, at + length, 1)
        few, size, start = min(count, MANY), min(length, ZIP64), min(at, ZIP64)
        end = struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, few, few, size, start, 0)
        return entries + far + end


_BLOCK = 2**20

ZIP64 = 0xFFFFFFFF
"""Bytes from which on a size or a place needs the fields of Zip64 (APPNOTE 4.4.1.4)."""

MANY = 0xFFFF
"""Entries from which on their number does."""

_BY_UNIX = 0x0300 | 45
_UTF_8 = 0x0800
_MODE = 0o100644 << 16  # a regular file that others may read


def _common(placed: _Placed, crc: int, extra: int) -> bytes:
    """Return what both headers of a file have."""
    year, month, day, hour, minute, second, *_ = time.localtime(placed.moment)
    date = (min(max(year - 1980, 0), 127) << 9) | (month << 5) | day
    moment = (hour << 11) | (minute << 5) | (second // 2)
    size, version = min(placed.size, ZIP64), 45 if extra else 20
    fields = (version, _UTF_8, 0, moment, date, crc, size, size, len(placed.name), extra)
    return struct.pack("<HHHHHIIIHH", *fields)


def _local(placed: _Placed, crc: int) -> bytes:
    extra = _extra([placed.size, placed.size] if placed.size >= ZIP64 else [])
    return struct.pack("<I", 0x04034B50) + _common(placed, crc, len(extra)) + placed.name + extra


def _central(placed: _Placed, crc: int) -> bytes:
    numbers = [placed.size, placed.size] if placed.size >= ZIP64 else []
    extra = _extra([*numbers, placed.at] if placed.at >= ZIP64 else numbers)
    begin = struct.pack("<IH", 0x02014B50, _BY_UNIX) + _common(placed, crc, len(extra))
    end = struct.pack("<HHHII", 0, 0, 0, _MODE, min(placed.at, ZIP64))
    return begin + end + placed.name + extra


def _extra(numbers: list[int]) -> bytes:
    length = 8 * len(numbers)
    return struct.pack(f"<HH{len(numbers)}Q", 1, length, *numbers) if numbers else b""


def _copy(buffer: memoryview, content: bytes, offset: int) -> int:
    part = content[offset : offset + len(buffer)]
    buffer[: len(part)] = part
    return len(part)


def _opener(member: Member) -> Callable[[], FileSource]:
    return lambda: FileSource(member.open, member.name)


def _members_of(folder: str) -> Iterator[Member]:
    def failed(error: OSError) -> None:
        raise SourceUnreadable(f"A folder cannot be read: {error.strerror}.") from error

    for here, folders, names in os.walk(folder, onerror=failed):
        folders[:] = [each for each in folders if not is_left_out(each)]
        for name in names:
            path = os.path.join(here, name)  # noqa: PTH118  as os.walk
            if not is_left_out(name) and not os.path.islink(path):  # noqa: PTH114  as os.walk
                opener = FileSource.from_path(path).opener
                yield Member(os.path.relpath(path, folder).replace(os.sep, "/"), opener)
