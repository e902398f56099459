"""Small private files that are either there whole or not at all."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.records.exceptions import RecordsUnusable, exhausted
from jupyter_openeo_artifacts.records.positional_io import OPEN_FLAGS

if TYPE_CHECKING:
    from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Replace `path` by `content`: mode 0600 from its creation, synced, in one step.

    Raises
    ------
    RecordsUnusable
        The disk is full or the folder cannot be written; the old file is untouched then.
    """
    folder, name = os.path.split(path)
    draft = f"{folder}{os.sep}.{name}.{secrets.token_hex(6)}"
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPEN_FLAGS, 0o600)
        try:
            try:
                _write_all(descriptor, content)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
            os.replace(draft, path)  # noqa: PTH105  called with each small file
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(draft)  # noqa: PTH108  as above
            raise
        sync_folder(folder)
    except OSError as error:
        raise exhausted(error) or RecordsUnusable(
            f"{path} could not be written: {error.strerror}.",
            todo="Free some disk space or make the folder writable, then try again.",
        ) from error


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
