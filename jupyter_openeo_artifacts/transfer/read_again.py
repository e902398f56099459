"""What was read of a file, read again and compared by its digest.

The change time moves with everything that is said about a file: its mode, its owner, its number of
names (`ln`, which synced folders and backups use). It moves as well when a writer puts the
modification time back. So where nothing else differs, the content decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.transfer.descriptor import read_fully

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.transfer.cancel import CancelToken

_BLOCK = 2**20


@dataclass(frozen=True)
class ReadSoFar:
    """All bytes before `end` were read; `sha256` is theirs, in hex."""

    end: int = 0
    sha256: str = sha256().hexdigest()


@dataclass(frozen=True)
class Reader:
    """Who reads a file and keeps the digest; both may be asked for in any thread."""

    so_far: Callable[[], ReadSoFar] = ReadSoFar
    cancel: CancelToken | None = None


def is_same(fd: int, read: ReadSoFar, cancel: CancelToken | None) -> bool:
    """Tell whether the bytes that were read are in the file still.

    Raises
    ------
    Cancelled
        `cancel` was.
    OSError
        They cannot be read again.
    """
    digest, buffer, offset = sha256(), memoryview(bytearray(_BLOCK)), 0
    while offset < read.end:
        if cancel is not None:
            cancel.raise_if_cancelled()
        got = read_fully(fd, buffer[: min(_BLOCK, read.end - offset)], offset)
        if not got:
            return False
        digest.update(buffer[:got])
        offset += got
    return digest.hexdigest() == read.sha256
