"""What an upload has on the disk, its record and its spool: had, left to a successor, thrown away.

A spool without a record is thrown away by whoever finds it (`recovery.sweep`), so the record
comes first and goes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.staging.upload_record import UploadRecord
from jupyter_openeo_artifacts.staging.upload_spec import UploadSpec, boot_id

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.staging.upload import Upload


def keep(upload: Upload) -> None:
    """Have it on disk that an upload is under way, where a successor could go on with it."""
    reachable = upload.contents is not None or upload.spool is not None
    if reachable and not upload.record.kept:
        upload.record = UploadRecord.issue(_spec_of(upload))


def outlives(upload: Upload) -> bool:
    """Tell whether a successor of this process may go on with an upload, or try it again."""
    if upload.is_over or upload.cancel.cancelled:
        return False
    return upload.origin != "widget" or upload.has_arrived  # its page talks to this process alone


def let_go(upload: Upload) -> None:
    """Leave to a successor what an upload has."""
    if upload.spool is not None:
        upload.spool.detach()
    upload.record.close()


def throw_away(upload: Upload) -> None:
    """Throw away what nobody will ask for again."""
    upload.record.remove()
    if upload.spool is not None:
        upload.spool.remove()


def _spec_of(upload: Upload) -> UploadSpec:
    return UploadSpec(
        upload=upload.id,
        connection=upload.target.id,
        backend=upload.target.backend,
        name=upload.name,
        origin=upload.origin,
        size=upload.view().size,
        contents=upload.contents,
        arrives=upload.spool is not None,
        reuse=upload.reuse,
        boot=boot_id(),
        confirm=upload.spool is not None and upload.spool.needs_confirmation,
        owner=upload.owner,
    )
