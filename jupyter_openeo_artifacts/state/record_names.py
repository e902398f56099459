"""Which records a ledger's folder holds, without opening one: by names and by a file of hints.

A hint may come twice, torn or in any order, and may be lost: whoever reads it looks for himself.
"""

from __future__ import annotations

import os
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from jupyter_openeo_artifacts.state.files import OPEN_FLAGS

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

ENDING = ".json"

MOST = 5
"""Ids in one name: with `ENDING` 139 characters, of the 143 that an encrypted folder may allow."""

_BETWEEN = "-"
_TICK_NS = 50_000_000  # longer than one of any system's clock for files


def stem_of(ids: Iterable[str]) -> str:
    """Return the name, without its ending, of the file that holds these records."""
    return _BETWEEN.join(ids)


def ids_of(stem: str) -> tuple[str, ...]:
    """Return the ids in such a name; none where it is no name of ours."""
    if stem.isalnum():
        return (stem,)
    ids = tuple(stem.split(_BETWEEN))
    return ids if all(map(str.isalnum, ids)) else ()


def without(stem: str, record: str) -> str:
    """Return the name of a file that holds one record less; empty for the last one."""
    return stem_of(each for each in ids_of(stem) if each != record)


def path_of(folder: Path | str, stem: str) -> str:
    """Return where the file of that name lies."""
    return f"{folder}{os.sep}{stem}{ENDING}"


def stems_in(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    """List a folder: the id of each record, and the name of the file that holds it.

    Where two do, the one with fewer records is newer (`RecordFiles.add`); the second answer has the
    older one. A file that is renamed meanwhile may be missed (POSIX, `readdir`), so a folder that
    has changed is listed once more.
    """
    found: dict[str, str] = {}
    older: dict[str, str] = {}
    for _ in range(_LISTINGS):
        before = os.stat(folder).st_mtime_ns  # noqa: PTH116  the ledger is asked with each small file
        seen, older = _list(folder)
        changed = os.stat(folder).st_mtime_ns  # noqa: PTH116  as above
        if changed == before and time.time_ns() - before >= _TICK_NS:
            return seen, older
        found.update(seen)
    return found, older


_LISTINGS = 3  # what is missed was renamed during each of them


def _list(folder: Path) -> tuple[dict[str, str], dict[str, str]]:
    found: dict[str, str] = {}
    older: dict[str, str] = {}
    with os.scandir(folder) as entries:
        for each in entries:
            if not each.name.endswith(ENDING):
                continue
            stem = each.name[: -len(ENDING)]
            for record in ids_of(stem):
                other = found.setdefault(record, stem)
                if other != stem:
                    found[record], older[record] = sorted((stem, other), key=len)
    return found, older


HINTS = ".changes"

LONGEST_HINTS = 1024 * 1024
"""Bytes of hints, after which the file is started again."""

_FLAGS = os.O_CREAT | os.O_APPEND | OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0)


class Position(NamedTuple):
    """How far a hints file was read, or how long it is."""

    inode: int
    offset: int


class HintsFile:
    """The hints of one folder; its user sees to it that one thread is here at a time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = f"{folder}{os.sep}{HINTS}"  # asked for with each small file
        self._fd: int | None = None  # kept open for the next one

    def look(self) -> Position | None:
        """Return where its end is now; None where there is none."""
        try:
            seen = os.stat(self._path)  # noqa: PTH116  as above
        except OSError:
            return None
        return Position(seen.st_ino, seen.st_size)

    def read(self, here: Position) -> tuple[list[str], Position] | None:
        """Return the whole lines from a position on, and where they end.

        None where it cannot be read, or was started again: the next look finds the new one.
        """
        try:
            with open(self._path, "rb") as file:  # noqa: PTH123  as above
                if os.fstat(file.fileno()).st_ino != here.inode:
                    return None
                file.seek(here.offset)
                content = file.read()
        except OSError:
            return None
        end = content.rfind(b"\n") + 1
        lines = content[:end].decode("ascii", "replace").split("\n")
        return lines, Position(here.inode, here.offset + end)

    def tell(self, name: str, here: Position | None) -> Position | None:
        """Append a line; return where to read on that has read to `here`.

        One that cannot be written costs others a minute, nothing else.
        """
        line = f"\n{name}\n".encode()  # whatever was torn before it ends here
        with suppress(OSError):
            seen = self._append(line, here)
            if seen.st_size > LONGEST_HINTS:
                self.begin_anew()
            elif here == Position(seen.st_ino, seen.st_size - len(line)):
                return Position(seen.st_ino, seen.st_size)  # nobody else wrote
        return here

    def begin_anew(self) -> None:
        """Replace it by an empty one; all others list the folder then."""
        draft = self._folder / f"{HINTS}.{secrets.token_hex(6)}"
        os.close(os.open(draft, os.O_WRONLY | os.O_EXCL | _FLAGS, 0o600))
        draft.replace(self._path)

    def _append(self, line: bytes, here: Position | None) -> os.stat_result:
        """Write a line to the hints that are in the folder now; return what they are then."""
        if self._fd is not None:
            with suppress(OSError):  # stale, on a file system of a network
                os.write(self._fd, line)
                seen = os.fstat(self._fd)
                if seen.st_nlink and (here is None or here.inode == seen.st_ino):
                    return seen
            self._close()  # another process has started it again, or it was removed
        fd = os.open(self._path, os.O_WRONLY | _FLAGS, 0o600)
        try:
            os.write(fd, line)
            seen = os.fstat(fd)
        except BaseException:
            os.close(fd)
            raise
        if os.name == "posix":
            self._fd = fd
        else:
            os.close(fd)  # Windows replaces no file that is open
        return seen

    def _close(self) -> None:
        fd, self._fd = self._fd, None
        if fd is not None:
            with suppress(OSError):
                os.close(fd)

    def __del__(self) -> None:
        self._close()
