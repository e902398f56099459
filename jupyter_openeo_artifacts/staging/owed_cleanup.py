"""What interrupted uploads leave in storage, and its removal at the next sign-in."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import (
    OpenEOArtifactsError,
    RecordsUnusable,
    ResourcesExhausted,
)
from jupyter_openeo_artifacts.journal.journal import Journal, headers_in, is_owed, read_state
from jupyter_openeo_artifacts.state.files import state_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload import Upload


def give_up(upload: str) -> None:
    """Have what an upload left in storage cleaned up at the next occasion, not continued."""
    with suppress(ResourcesExhausted):  # it is owed after a day then
        for path, said in upload_journals():
            if said["upload"] == upload and (journal := Journal.take(path)) is not None:
                journal.mark_for_cleanup()
                journal.close()


def has_cleanup(connection: str) -> bool:
    """Tell whether uploads of a connection are to be cleaned up."""
    return any(
        is_owed(path) for path, said in upload_journals() if said.get("connection") == connection
    )


def settle(target: Target) -> None:
    """Clean up what is owed; blocks, and leaves what cannot be for the next start."""
    with suppress(OpenEOArtifactsError):
        target.helper().settle()


def about(upload: Upload) -> dict[str, Any]:
    """Return what a journal says of the upload that it is for."""
    return {"upload": upload.id, "connection": upload.target.id, "backend": upload.target.backend}


def upload_journals() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the journals that are for uploads, and what `about` has put into each."""
    try:
        folder = state_folder("journals")
    except RecordsUnusable:
        return
    for path, header in headers_in(folder):
        if header.about.get("upload"):
            yield path, dict(header.about)


def confirmed_bytes(upload: str) -> int:
    """Return how many of an upload's first bytes are in storage, for it to continue after."""
    for path, said in upload_journals():
        if said["upload"] == upload and not is_owed(path):
            return read_state(path).confirmed_bytes
    return 0
