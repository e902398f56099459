"""The folder where everything of ours is kept, and how files are written, read and given room."""

from __future__ import annotations

import errno
import os
import secrets
import sys
import threading
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import RecordsUnusable, exhausted

if TYPE_CHECKING:
    from collections.abc import Callable

ENVIRONMENT = "JUPYTER_OPENEO_ARTIFACTS_HOME"

_WHERE = (ENVIRONMENT, "XDG_DATA_HOME", "USERPROFILE" if os.name == "nt" else "HOME")

_made: dict[Any, tuple[Path, str]] = {}


def state_folder(*below: str) -> Path:
    """Return our folder, or one below it; made with mode 0700 if it is not there.

    It is `$JUPYTER_OPENEO_ARTIFACTS_HOME`, else `jupyter-openeo-artifacts` in `$XDG_DATA_HOME`
    (https://specifications.freedesktop.org/basedir-spec/), so it never lies in a notebook folder.

    Raises
    ------
    RecordsUnusable
        The folder cannot be made.
    """
    told: str | None = None
    for name in _WHERE:  # the first that is set decides
        told = os.environ.get(name)
        if told:
            break
    known = _made.get((name, told, below))
    if known is None or not os.path.isdir(known[1]):  # noqa: PTH112  asked with each small file
        made = _make(below)
        known = _made[name, told, below] = made, str(made)
    return known[0]


def _make(below: tuple[str, ...]) -> Path:
    own = os.environ.get(ENVIRONMENT)
    given = Path(own) if own else _data_home() / "jupyter-openeo-artifacts"
    home = given if given.is_absolute() else given.expanduser().absolute()
    folder = home.joinpath(*below)
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for each in (home, *(home.joinpath(*below[: depth + 1]) for depth in range(len(below)))):
            if each.stat().st_mode & 0o077:  # it was there before, or the umask is none
                each.chmod(0o700)
    except OSError as error:
        raise RecordsUnusable(
            f"The folder {folder} cannot be used: {error.strerror}.",
            todo=f"Make it writable for you, or point {ENVIRONMENT} to a folder that is.",
        ) from error
    return folder


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def write_private(path: Path | str, content: bytes) -> None:
    """Replace `path` by `content`: mode 0600 from its creation, synced, in one step.

    Raises
    ------
    RecordsUnusable
        The disk is full or the folder cannot be written; the old file is untouched then.
    """
    folder, name = os.path.split(path)
    draft = f"{folder}{os.sep}.{name}.{secrets.token_hex(6)}"
    try:
        _create(draft, content)
        try:
            os.replace(draft, path)  # noqa: PTH105  called with each small file
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(draft)  # noqa: PTH108  as above
            raise
        sync_folder(folder)
    except OSError as error:
        raise _unwritten(path, error) from error


def create_private(path: Path | str, content: bytes) -> bool:
    """Make a new file at `path`, as `write_private` but cheaper; false where there is one.

    It lies under its own name from the beginning: whoever lists the folder meanwhile, and whoever
    comes after a power cut, may find it cut short.

    Raises
    ------
    RecordsUnusable
        As there; nothing is left then.
    """
    try:
        _create(path, content)
        try:
            sync_folder(os.path.dirname(path))  # noqa: PTH120  called with each small file
        except OSError:
            os.unlink(path)  # noqa: PTH108  as above
            raise
    except FileExistsError:
        return False
    except OSError as error:
        raise _unwritten(path, error) from error
    return True


def _create(path: Path | str, content: bytes) -> None:
    """Write a new file, which is on disk then but for its name; nothing is left on a failure."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPEN_FLAGS, 0o600)
    try:
        try:
            _write_all(descriptor, content)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(path)  # noqa: PTH108  as above
        raise


def _unwritten(path: Path | str, error: OSError) -> Exception:
    return exhausted(error) or RecordsUnusable(
        f"{path} could not be written: {error.strerror}.",
        todo="Free some disk space or make the folder writable, then try again.",
    )


def _write_all(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def sync_folder(folder: Path | str) -> None:
    """Have the names in `folder` on disk when this returns."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return  # Windows opens no folder
    try:
        os.fsync(descriptor)
    except OSError:
        pass  # some network file systems refuse it; the rename itself still is atomic
    finally:
        os.close(descriptor)


OPEN_FLAGS = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0)
"""What every file of bytes is opened with besides its mode."""

_seeking = threading.Lock()  # between moving a file's position and using it


def read_into(fd: int, buffer: memoryview, offset: int) -> int:
    """Read once from `offset` into `buffer`; return the count of bytes, 0 at the file's end."""
    if hasattr(os, "preadv"):
        return os.preadv(fd, [buffer], offset)
    with _seeking:
        os.lseek(fd, offset, os.SEEK_SET)
        content = os.read(fd, len(buffer))
    buffer[: len(content)] = content
    return len(content)


def write_at(fd: int, content: memoryview, offset: int) -> int:
    """Write once at `offset`; return how many bytes were taken."""
    if hasattr(os, "pwrite"):
        return os.pwrite(fd, content, offset)
    with _seeking:
        os.lseek(fd, offset, os.SEEK_SET)
        return os.write(fd, content)


_KEEP_SIZE, _PUNCH_HOLE = 1, 2  # linux/falloc.h

_LARGEST_BLOCK = 64 * 1024


def reserve(fd: int, length: int) -> None:
    """Have room for the first `length` bytes, so that they can be written to a full disk, too.

    The file stays as long as it is. Nothing is done where that cannot be done.
    """
    if (fallocate := _fallocate()) is not None:
        fallocate(fd, _KEEP_SIZE, 0, length)


def need_room(fd: int, length: int) -> None:
    """Raise where the file's disk has no room for `length` more bytes, as far as it tells.

    Raises
    ------
    OSError
        ENOSPC, as a write would.
    """
    if hasattr(os, "fstatvfs"):  # Windows has none
        seen = os.fstatvfs(fd)
        if seen.f_bavail * seen.f_frsize < length:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def punch(fd: int, start: int, end: int) -> bool:
    """Give back the room of the bytes from `start` up to `end`, which read as zeros from then on.

    Returns
    -------
    Whether that was done; where it cannot be done (another system than Linux, a file system that
    has no holes), nothing is changed.
    """
    fallocate = _fallocate()
    if fallocate is None:
        return False
    done: int = fallocate(fd, _KEEP_SIZE | _PUNCH_HOLE, start, end - start)
    return done == 0


def whole_blocks(fd: int, end: int) -> int:
    """Return where the last whole block of the file that ends before byte `end` does end."""
    return end - end % (getattr(os.fstat(fd), "st_blksize", 0) or 4096)


def first_data(fd: int) -> int:
    """Return the first byte that is not in a hole; the file's size where all are.

    It is 0 where the system does not tell.
    """
    try:
        return os.lseek(fd, 0, os.SEEK_DATA)
    except AttributeError:
        return 0
    except OSError:  # ENXIO: nothing but a hole
        return os.fstat(fd).st_size


def has_holes(folder: Path) -> bool:
    """Tell whether files in `folder` can have holes, by making one."""
    try:
        return _has_holes(folder)
    except OSError:
        return False  # not kept in mind: the disk may be full now


@cache
def _has_holes(folder: Path) -> bool:
    from tempfile import TemporaryFile  # not with every import of ours

    with TemporaryFile(dir=folder) as file:
        file.write(bytes(2 * _LARGEST_BLOCK))
        file.flush()
        return punch(file.fileno(), 0, _LARGEST_BLOCK)


@cache
def _fallocate() -> Callable[..., Any] | None:
    if sys.platform != "linux":
        return None
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    # Python has posix_fallocate alone, which makes no holes. The one with 64 in its name takes
    # 64-bit offsets on every glibc; musl has only the other one, which does there, too.
    found = getattr(libc, "fallocate64", None) or getattr(libc, "fallocate", None)
    if found is None:
        return None
    found.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    found.restype = ctypes.c_int
    return found  # type: ignore[no-any-return]
