"""Small private files that are either there whole or not at all."""

from __future__ import annotations

import os
import secrets
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
    draft = path.with_name(f".{path.name}.{secrets.token_hex(6)}")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | OPEN_FLAGS, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(path)
        except BaseException:
            draft.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)
    except OSError as error:
        raise exhausted(error) or RecordsUnusable(
            f"{path} could not be written: {error.strerror}.",
            todo="Free some disk space or make the folder writable, then try again.",
        ) from error


def sync_folder(folder: Path) -> None:
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
