"""A file that does not stay as it was, a disk that fails, bytes that stop arriving."""

from __future__ import annotations

import errno
import os
import time
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from jupyter_openeo_artifacts.service.exceptions import PageGone
from tests.faults.case import Case
from tests.faults.effects import Do, Scene
from tests.faults.fast import READ_TIMEOUT
from tests.faults.policy import Policy
from tests.faults.sources import Arriving, pause_at

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.rig import Rig

FILE = ("file",)
STREAMS = ("browser", "kernel")
PARTS = ("part+1", "3 parts+7")


def _truncate(path: Path) -> None:
    os.truncate(path, path.stat().st_size // 2)


def _modify(path: Path) -> None:
    """All of it, in place, same size."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))


def _modify_in_secret(path: Path) -> None:
    """The same, and the time of it is put back."""
    before = path.stat()
    _modify(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def _replace(path: Path) -> None:
    """As an editor saves."""
    other = path.with_suffix(".new")
    other.write_bytes(bytes(path.stat().st_size))
    other.rename(path)


def _change(rig: Rig, how: Callable[[Path], None]) -> None:
    """Change it once all parts that go at once are here, and none is answered."""
    time.sleep(0.01)  # the kernel tells times by its tick
    if not rig.several:
        rig.when("Put", partial(how, rig.path), "after")
        return
    here = Barrier(min(rig.at_once, rig.last_part), partial(how, rig.path))

    def meet(_: Scene) -> None:
        with suppress(BrokenBarrierError):
            here.wait(5)

    rig.fault("UploadPart", Do(meet, "after"), here.parties)


def _reading(rig: Rig, most: Callable[[int, int], int]) -> None:
    """Have each read of a file or spool bring `most(length, offset)` bytes."""
    real = os.preadv

    def preadv(fd: int, buffers: list[memoryview], offset: int) -> int:
        try:
            length = most(len(buffers[0]), offset)
        except OSError:
            buffers.clear()  # as the system does, this keeps none after an error
            raise
        return real(fd, [buffers[0][:length]], offset) if length else 0

    rig.environment.enter_context(patch.object(os, "preadv", preadv))


def _slow(rig: Rig) -> None:
    def most(length: int, _: int) -> int:
        time.sleep(0.15)
        return length

    _reading(rig, most)


def _short(rig: Rig) -> None:
    """A file system that lies about sizes."""
    _reading(rig, lambda length, offset: min(length, max(0, rig.size - 1 - offset)))


def _unreadable(rig: Rig) -> None:
    """The disk fails in the middle of the last part."""

    def most(length: int, offset: int) -> int:
        if offset + length >= rig.size:
            raise OSError(errno.EIO, "Input/output error")
        return length

    _reading(rig, most)


def _disk_full(rig: Rig, *, passes: bool) -> None:
    """No room for the second half; the browser tries again, or gives up."""
    real, full = os.pwrite, [True]

    def pwrite(fd: int, content, offset: int) -> int:
        if full and offset + len(content) > rig.size // 2:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(fd, content, offset)

    def before(_: Arriving, received: int) -> None:
        if passes and received >= rig.size // 3:
            full.clear()

    rig.before = before
    rig.environment.enter_context(patch.object(os, "pwrite", pwrite))


def _page_gone(rig: Rig) -> None:
    def before(arriving: Arriving, received: int) -> None:
        if received > rig.size // 2:
            arriving.spool.fail(PageGone("The page stopped sending.", todo="Drop it again."))

    rig.before = before


def _pausing(rig: Rig) -> None:
    """The browser is silent for longer than any socket waits."""
    rig.before = pause_at(rig.size // 2, READ_TIMEOUT * 1.5)


def cases() -> list[Case]:
    """Return all of them."""
    changed: dict[str, Any] = {
        "right": (
            "failed",
            "owed",
        ),  # owed: the abort was not answered in time; the next start did it
        "error": ("SourceChanged",),
        "kinds": FILE,
        "sizes": (*PARTS, "12 parts+7"),
        "policy": Policy(keep=False),
        "peer_parts": 12,
    }
    return [
        Case("source truncated", partial(_change, how=_truncate), **changed,
             row="source truncated mid-upload",
             boto3=("failed", "failed, ORPHAN", "HANG")),
        Case("source modified, same size", partial(_change, how=_modify), **changed,
             row="source modified, same size", boto3=("FALSE OK", "failed"),
             standard=("FALSE OK", "failed")),
        Case("source modified, same size, time put back", partial(_change, how=_modify_in_secret),
             **changed),
        Case("source appended to", partial(_change, how=_append), **changed),
        Case("source replaced by rename", partial(_change, how=_replace), **changed),
        Case("source removed", partial(_change, how=Path.unlink), kinds=FILE, sizes=PARTS),
        Case("source modified after its one read", partial(_change, how=_modify), kinds=FILE,
             sizes=("1", "part"), right=("stored", "failed")),
        Case("source slow", _slow, sizes=("part", "3 parts+7")),
        Case("source ends early", _short, sizes=("1", "part", "3 parts+7"), right=("failed",),
             error=("SourceTooShort",)),
        Case("source read error", _unreadable, kinds=FILE, sizes=("1", "part", "3 parts+7"),
             right=("failed",), error=("SourceUnreadable",)),
        Case("disk full of the spool", partial(_disk_full, passes=False), kinds=STREAMS,
             sizes=("part", "3 parts+7"), right=("failed",), error=("SpoolFull",)),
        Case("page gone", _page_gone, kinds=STREAMS, sizes=("part", "3 parts+7"),
             right=("failed", "kept"), error=("PageGone",)),
        Case("bytes pause", _pausing, kinds=STREAMS, sizes=("part", "3 parts+7")),
    ]  # fmt: skip
