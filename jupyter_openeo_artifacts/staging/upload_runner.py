"""Run one upload: look at the file, send it, record it."""

from __future__ import annotations

import logging
import traceback
from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.errors import Cancelled, OpenEOArtifactsError, warn_once
from jupyter_openeo_artifacts.sources.exceptions import SourceChanged
from jupyter_openeo_artifacts.sources.source import read_bytes
from jupyter_openeo_artifacts.staging.exceptions import (
    AccountUnknown,
    NoSuchUpload,
    NotArrived,
    OtherAccount,
    StoppedByUs,
)
from jupyter_openeo_artifacts.state.staged_record import NoSuchRecord, StagedRecord
from jupyter_openeo_artifacts.transfer.config import TransferConfig, UploadObserver

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.artifacts.uploader import UploadResult
    from jupyter_openeo_artifacts.sources.source import Source
    from jupyter_openeo_artifacts.staging.upload import Upload
    from jupyter_openeo_artifacts.state.ledger import Ledger


_log = logging.getLogger(__name__)


def run(upload: Upload, ledger: Ledger) -> None:
    """Try an upload, unless somebody has taken this try on; whatever happens, it ends its state."""
    if not upload.begin() or (upload.view().state == "queued" and not upload.move("uploading")):
        return
    try:
        record, reused = send(upload, ledger)
    except Exception as error:  # noqa: BLE001  a worker must end its upload whatever happens
        if upload.cancel.suspended:
            return  # it has not ended: another process goes on with it
        _note_failure(upload, error)
    else:
        upload.move("staged", artifact=record.id, reused=reused)
    tidy(upload)


def tidy(upload: Upload) -> None:
    """Throw away what nobody will ask for again."""
    if upload.is_over:
        upload.throw_away()


def _note_failure(upload: Upload, error: Exception) -> None:
    match error:
        case Cancelled():
            upload.move("cancelled")
        case OpenEOArtifactsError():
            upload.move("failed", problem=error)
        case _:
            # Its text may hold a signed request, so only its kind and place are logged.
            way = " < ".join(
                f"{frame.name} ({frame.filename}:{frame.lineno})"
                for frame in reversed(traceback.extract_tb(error.__traceback__))
            )
            _log.error("upload %s stopped by %s in %s", upload.id, type(error).__name__, way)
            upload.move("failed", problem=StoppedByUs())


PATIENCE = 3600.0  # an upload may wait for a network; after that, a person says when to go on


class _UploadObserver(UploadObserver):
    """Has an upload show how its upload goes, and a dropped file looked at once its end is here."""

    def __init__(self, upload: Upload, source: Source) -> None:
        self._upload = upload
        self._source = source

    def on_progress(self, stored: int) -> None:
        """Hear how far it is."""
        self._upload.acknowledge(stored)

    def on_retrying(self, problem: OpenEOArtifactsError | None) -> None:
        """Hear why nothing moves."""
        self._upload.note_trouble(problem)

    def on_verifying(self) -> None:
        """Hear that all bytes are sent."""
        self._upload.note_verifying()
        if self._upload.spool is not None:
            advise(self._upload, self._source)


def send(upload: Upload, ledger: Ledger) -> tuple[StagedRecord, bool]:
    """Send the file and note it; blocks as long as that takes.

    Returns
    -------
    What was noted, and whether that was in storage and on the ledger already.

    Raises
    ------
    Cancelled
        The upload was; nothing is left in storage.
    OpenEOArtifactsError
        What happened and who has to act; nothing is visible in storage, though parts may be kept
        for another try.
    """
    upload.cancel.raise_if_cancelled()
    helper = _helper_for(upload)
    spec, target = upload.spec, upload.target
    recorder = helper.recorder(ledger, target.backend, target.id, spec.origin)
    source = upload.open_source()
    noted: list[StagedRecord] = []

    def note(stored: UploadResult) -> None:
        path = spec.contents.path if spec.contents else ""
        noted.append(record := recorder.note(spec.name, stored, helper.account, path=path))
        if problem := ledger.problem(record.id):
            warn_once(_log, f"Staged files are on no list: {problem.message}", of="ledger")
        # Before its journal goes: a successor would stage it once more.
        upload.record.remove()

    try:
        upload.note_size(source.size)
        advise(upload, source)
        size = source.size
        wanted = _may_be_reused(upload, size)
        records = recorder.known(spec.name, size) if wanted and size is not None else []
        stored = helper.upload(
            source,
            spec.name,
            observer=_UploadObserver(upload, source),
            cancel=upload.cancel,
            known=records,
            about=spec.about(),
            on_stored=note,
            patience=PATIENCE,
        )
    finally:
        source.close()
    if noted:
        return noted[-1], False
    record = next(each for each in records if each.uri == str(stored.uri))
    if _is_forgotten(record, ledger):
        ledger.add_or_keep(record)
    return record, stored.reused


def _helper_for(upload: Upload) -> S3STSArtifactHelper:
    """Return the helper of the account that an upload is of; no file goes to another one."""
    if upload.target.owner is not None:
        _require_owner(upload)  # before anybody is asked
    helper = upload.cancel.run(upload.target.helper)  # an STS may be silent for minutes
    _require_owner(upload)  # somebody else may have signed in meanwhile
    return helper


def _require_owner(upload: Upload) -> None:
    now = upload.target.owner
    if now is None or now.subject != upload.spec.owner.subject:
        raise (
            OtherAccount(upload.spec.owner.account) if upload.spec.owner.subject else AccountUnknown
        )


def _may_be_reused(upload: Upload, size: int | None) -> bool:
    """Tell whether to look for the same file in storage: not while that would hold up bytes."""
    if not upload.spec.reuse or size is None:
        return False  # a file of one part leaves only when its last byte is here
    return upload.has_arrived or size <= TransferConfig().part_size


def _is_forgotten(record: StagedRecord, ledger: Ledger) -> bool:
    """Whether somebody has taken it off the list meanwhile."""
    try:
        ledger.get(record.id)
    except NoSuchRecord:
        return True
    return False


def advise(upload: Upload, source: Source) -> None:
    """Note what readers of the file will trip over; of a file that still arrives, by its name."""
    from jupyter_openeo_artifacts.artifacts.local_file import advice_by_name, advice_on

    if not upload.has_arrived:
        upload.note_advice(advice_by_name(upload.spec.name))
        return
    with suppress(OpenEOArtifactsError):  # whatever it is, the upload meets it, too, and says it
        upload.note_advice(
            advice_on(
                upload.spec.name,
                source.size or 0,
                lambda offset, length: read_bytes(source, offset, length, upload.cancel),
            )
        )


def confirm(upload: Upload, digest: str | None = None) -> None:
    """Let an upload end: after the last byte, its file was still the one that was chosen.

    A browser sends a file as it lies on the disk while it is read; one that is rewritten meanwhile
    arrives as a mixture of two states, with the right size (docs/decisions/042-digests.md).
    Where the `digest` of the file is not that of what has arrived, the upload fails.

    Raises
    ------
    NoSuchUpload
        Its bytes do not come from a page.
    NotArrived
        Not all of them are here.
    """
    if upload.spool is None:
        raise NoSuchUpload
    if upload.view().ended:
        return  # and it says why
    if upload.spool.awaits_confirmation:
        if digest is not None and digest != (arrived := upload.spool.digest()[1]):
            refute(upload, _CHANGED if arrived else _UNPROVEN)
            return
        upload.record.note_confirmed()  # first: a successor is not to wait for it again
    if not upload.spool.confirm():
        raise NotArrived


_CHANGED = "The file was changed, moved or deleted while it was being sent."
_UNPROVEN = "After a power cut nobody can tell whether what arrived of this file is right."


def refute(upload: Upload, why: str = _CHANGED) -> None:
    """Fail an upload whose file has changed since it was chosen; without effect once confirmed.

    Raises
    ------
    NoSuchUpload
        Its bytes do not come from a page.
    """
    if upload.spool is None:
        raise NoSuchUpload
    todo = "Wait until nothing writes to it any more, then choose it again."
    problem = SourceChanged(why, todo=todo)
    upload.spool.fail(problem)
    if upload.spool.failed and upload.begin():  # it was still waiting for a thread
        upload.move("failed", problem=problem)
        tidy(upload)
