"""Uploads that a process left: taken up, removed when too old, cleaned up in storage."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import (
    OpenEOArtifactsError,
    RecordsUnusable,
    ResourcesExhausted,
)
from jupyter_openeo_artifacts.journal.journal import Journal, headers_in, is_owed, read_state
from jupyter_openeo_artifacts.sources.spool import Spool
from jupyter_openeo_artifacts.sources.spool_source import SpoolSource
from jupyter_openeo_artifacts.staging.upload import Upload
from jupyter_openeo_artifacts.staging.upload_record import UploadRecord, is_held_here
from jupyter_openeo_artifacts.staging.upload_spec import UploadSpec
from jupyter_openeo_artifacts.state.append_log import first_line
from jupyter_openeo_artifacts.state.files import OPEN_FLAGS, state_folder
from jupyter_openeo_artifacts.state.locks import hold, let_go, names_in
from jupyter_openeo_artifacts.state.log_folder import (
    ENDING,
    is_older,
    logs_in,
    remove_hollow,
    upload_file,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.staging.target import Target
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Root:
    """Jupyter's root: its folder, and what opens a contents path below it."""

    folder: str
    open: Callable[[str], Source]


def restored(
    target: Target, root: Root | None, changed: Callable[[UploadView], None]
) -> Iterator[Upload]:
    """Yield a login's uploads whose process has ended, oldest first; parameters as `upload_again`.

    One whose bytes cannot be opened now is kept for later.
    """
    for spec, upload_record in interrupted(target.id, root.folder if root else None):
        try:
            upload = upload_again(spec, upload_record, target, root, changed)
        except (OpenEOArtifactsError, OSError) as error:
            upload_record.close()  # for the next who looks
            reason = getattr(error, "message", type(error).__name__)
            _log.warning("An upload that was interrupted has to wait: %s", reason)
        else:
            if upload is not None:
                yield upload


def upload_again(
    spec: UploadSpec,
    upload_record: UploadRecord,
    target: Target,
    root: Root | None,
    changed: Callable[[UploadView], None],
) -> Upload | None:
    """Return the upload under its old id; None where nobody has its bytes: it is given up then.

    Parameters
    ----------
    upload_record
        Taken over, and the upload's from now on.
    root
        Where files of Jupyter's root are opened again.
    changed
        As `Upload` takes it.
    """
    spool = _spool_again(spec, upload_record) if spec.arrives else None
    open_source: Callable[[], Source] | None = (
        partial(SpoolSource, spool) if spool is not None else None
    )
    if spec.contents is not None and root is not None:
        open_source = partial(root.open, spec.contents.path)
    if open_source is None:
        upload_record.remove()
        give_up(spec.upload)
        return None
    if spool is not None:
        spec = replace(spec, confirm=spool.needs_confirmation)
    upload = Upload(spec, target, open_source, changed, spool=spool, record=upload_record)
    if upload.outlives:
        return upload
    upload.throw_away()
    give_up(upload.id)
    return None


def _spool_again(spec: UploadSpec, upload_record: UploadRecord) -> Spool | None:
    """Return what has arrived of an upload; None where it is lost or in other hands."""
    path, size = state_folder("spool") / spec.upload, spec.size or 0
    needed = spec.confirm and not upload_record.confirmed
    if not path.exists():
        return Spool(path, size, needs_confirmation=needed)  # nothing had arrived
    stored = confirmed_bytes(spec.upload)
    trusted = stored if spec.power_cut else None
    return Spool.reopen(
        path,
        size,
        reclaimed_bytes=stored,
        trusted=trusted,
        needs_confirmation=needed,
        digests=upload_record.digests,
    )


FORGOTTEN_AFTER = 7 * 86_400.0
"""Seconds after which an upload that nobody goes on with is forgotten, with what arrived of it."""


def interrupted(connection: str, root: str | None) -> Iterator[tuple[UploadSpec, UploadRecord]]:
    """Take over the uploads of a connection that no living process has in hand, oldest first.

    Parameters
    ----------
    root
        The Jupyter root whose files can be opened again.
    """
    for path, spec in _free_records():
        at_hand = spec.contents is None or spec.contents.root == root
        if spec.connection != connection or not at_hand:
            continue
        if (upload_record := UploadRecord.take(path)) is not None:
            yield spec, upload_record


def may_wait(connection: str) -> bool:
    """Tell whether there may be such uploads; True also where another process has them in hand."""
    return any(spec.connection == connection for _, spec in _free_records())


def interrupted_backends() -> set[str]:
    """Return the addresses of backends for which there may be such uploads, or something owed."""
    owing = {str(said["backend"]) for _, said in upload_journals() if "backend" in said}
    return owing | {spec.backend for _, spec in _free_records()}


def sweep() -> None:
    """Throw away what nobody goes on with: records that are too old, spools without a record."""
    with suppress(RecordsUnusable, OSError):  # whoever needs the folder is told then
        uploads = state_folder("uploads")
        remove_hollow(uploads)
        for path in logs_in(uploads):
            if (
                is_older(path, FORGOTTEN_AFTER)
                and (upload_record := UploadRecord.take(path)) is not None
            ):
                upload_record.remove()
        remove_abandoned(
            state_folder("spool"), is_awaited=lambda upload: upload_file(upload).exists()
        )


def _free_records() -> Iterator[tuple[Path, UploadSpec]]:
    """Yield what the upload records say that this process has not in hand."""
    try:
        folder = state_folder("uploads")
    except RecordsUnusable:
        return
    for path in logs_in(folder):
        if is_held_here(path):
            continue
        entry = first_line(path)
        spec = UploadSpec.from_entry(entry) if entry else None
        if spec is not None and path.name == f"{spec.upload}{ENDING}":
            yield path, spec


def remove_abandoned(folder: Path, is_awaited: Callable[[str], bool] = lambda _: False) -> None:
    """Remove the files in `folder` that no living process holds.

    Parameters
    ----------
    is_awaited
        Told a file's name, says whether somebody will go on with it: it is not even touched then.
    """
    names = names_in(folder)
    for path in folder.iterdir():
        if is_awaited(path.name) or path.name.startswith("."):  # the mark of one that is held
            continue
        with suppress(OSError):
            if not names.hold(path.name):
                continue
            try:
                _remove(path, marked=names.is_marked(path.name))
            finally:
                names.release(path.name)


def _remove(path: Path, *, marked: bool) -> None:
    """Remove a file, unless a process of an older version holds it."""
    fd = os.open(path, os.O_RDWR | OPEN_FLAGS | getattr(os, "O_NOFOLLOW", 0))
    try:
        if marked or hold(fd, path):
            path.unlink()
            if not marked:
                let_go(path)
    finally:
        os.close(fd)


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


def upload_journals() -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the journals that are for uploads, and what `UploadSpec.about` has put into each."""
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
