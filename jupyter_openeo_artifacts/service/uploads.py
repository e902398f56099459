"""Operations on uploads: files of the Jupyter root, and bytes that a page sends (tus 1.0)."""

from __future__ import annotations

from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.formatting import size_text
from jupyter_openeo_artifacts.service import serializers as wire
from jupyter_openeo_artifacts.service.exceptions import (
    INVALID_TODO,
    RequestInvalid,
    UploadEnded,
    UploadTooLarge,
)
from jupyter_openeo_artifacts.service.receiver import check_room, has_room
from jupyter_openeo_artifacts.service.service import Change, Created, opened
from jupyter_openeo_artifacts.sources.exceptions import SpoolFull
from jupyter_openeo_artifacts.staging.exceptions import NoSuchUpload, OtherAccount

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.service.scope import Scope
    from jupyter_openeo_artifacts.sources.spool import Spool
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView


CHUNK_BYTES = 8 * 1024 * 1024
"""Most bytes in one message: Jupyter's websocket drops those over 10 MiB without a word."""

DROP_AGAIN = "Drop the file again."


def list_uploads(scope: Scope, since: str | None = None) -> dict[str, Any]:
    """List them, newest first; with `since` those that are others now than they were then."""
    found = scope.upload_versions.since(since)
    return {
        "uploads": [wire.upload(view) for view in found.views],
        "removed": found.removed,
        "since": since if found.partial else None,
        "mark": found.mark,
    }


def create_upload(scope: Scope, body: dict[str, Any]) -> dict[str, Any]:
    """Stage a file from the Jupyter root, or a folder of it as one zip."""
    from jupyter_openeo_artifacts.staging.upload_spec import ContentsFile

    root, path, is_zip = scope.service.file_root(), body["path"].rstrip("/"), body.get("zip", False)
    target = scope.target(body["connection"])
    if is_zip:
        path += "/"
    with closing(opened(root, path)) as source:
        size = source.size
    view = scope.service.collaborators.upload_manager.stage(
        target,
        lambda: opened(root, path),
        name=body.get("name") or path.rstrip("/").rpartition("/")[2] + (".zip" if is_zip else ""),
        size=size,
        origin="contents",
        reuse=body.get("reuse", True),
        contents=ContentsFile(root.folder, path),
    )
    return Created(wire.upload(view))


def get_upload(scope: Scope, upload: str) -> dict[str, Any]:
    """Show one."""
    return wire.upload(scope.upload(upload))


def forget_upload(scope: Scope, upload: str) -> None:
    """Cancel it if it runs, and take it off the list."""
    scope.upload(upload)
    scope.service.upload_manager.forget(upload)
    scope.service.tell(Change("uploads", upload, "cancelled"))


def cancel_upload(scope: Scope, upload: str) -> dict[str, Any]:
    """Cancel it; one that has ended is shown as it is."""
    scope.upload(upload)
    return wire.upload(scope.service.upload_manager.cancel(upload))


def retry_upload(scope: Scope, upload: str) -> dict[str, Any]:
    """Try it again; bytes that had not arrived are sent from the offset on."""
    scope.upload(upload)
    view = scope.service.upload_manager.retry(upload)
    scope.receiver.touch(upload)
    return wire.upload(view)


def create_tus_upload(
    scope: Scope,
    *,
    name: str,
    size: int,
    connection: str | None = None,
    reuse: bool = True,
    confirm: bool = False,
    account: str | None = None,
    **_: Any,
) -> dict[str, Any]:
    """Make an upload for bytes that will be sent; `reuse` as `UploadManager.stage` has it.

    With `confirm`, it ends only after the page has said that the file has not changed. `account` is
    the one that was signed in when the file was dropped: it may have waited for its turn since.
    """
    most = scope.service.max_upload_bytes
    if most and size > most:
        raise UploadTooLarge(
            f"This file is too large: the Jupyter server takes up to {size_text(most)}.",
            todo="Ask the server's administrator, or stage it in a cell by %artifact_upload.",
        )
    target = scope.target(connection)
    owner = target.owner
    if account is not None and account != wire.account(owner.subject if owner else ""):
        raise OtherAccount("")
    upload_manager = scope.service.collaborators.upload_manager
    check_room(int(size), upload_manager.uploads())
    view, spool = upload_manager.receive(
        target,
        name=name,
        size=int(size),  # 3.0 is an integer in JSON
        origin=scope.origin,
        reuse=reuse,
        needs_confirmation=confirm,
    )
    scope.adopt(view, target, spool)
    return {"upload": view.id, "offset": 0}


def receiving(scope: Scope, upload: str) -> tuple[UploadView, Spool]:
    """Return an upload whose bytes come from a page, and where they arrive."""
    scope.upload(upload)
    return scope.service.receiving(upload)


def get_tus_offset(scope: Scope, upload: str) -> dict[str, int]:
    """Tell how many bytes have arrived."""
    view, spool = receiving(scope, upload)
    if not spool.complete:
        refuse_ended(view)
        # Else the page would go on, and send what is thrown away.
        if isinstance(view.problem, SpoolFull) and not has_room():
            raise view.problem.copy()
    scope.receiver.touch(upload)
    return {"offset": spool.received, "size": spool.size}


def send_bytes(scope: Scope, upload: str, offset: int, content: memoryview) -> dict[str, Any]:
    """Keep what is new of bytes from `offset` on, which may come again, or too early.

    HTTP keeps its bodies block by block, under `UploadLocker`.
    """
    if content.nbytes > CHUNK_BYTES:
        raise RequestInvalid(
            f"A message holds more than {size_text(CHUNK_BYTES)} of a file.",
            todo="Reload the page.",
        )
    view, spool = receiving(scope, upload)
    if not spool.complete:
        refuse_ended(view)
    if int(offset) <= spool.received:
        refuse_overrun(spool, int(offset) + content.nbytes)
    scope.receiver.add(upload, spool)
    here = scope.receiver.take(upload, int(offset), content)
    return {"offset": here, "kept": offset <= here}


def terminate_tus_upload(scope: Scope, upload: str) -> None:
    """Cancel an upload that has not ended."""
    view, _ = receiving(scope, upload)
    refuse_ended(view)
    scope.service.upload_manager.cancel(upload)


def confirm_upload(scope: Scope, upload: str, body: dict[str, Any]) -> dict[str, Any]:
    """Let the upload end, or fail it: what arrived may be a mixture of two states."""
    scope.upload(upload)
    unchanged, digest = body["unchanged"], body.get("digest")
    if unchanged and digest is None:
        raise RequestInvalid("In the request, digest is missing.", todo=INVALID_TODO)
    confirm = scope.service.upload_manager.confirm
    return wire.upload(confirm(upload, unchanged=unchanged, digest=digest))


def get_received_digest(scope: Scope, upload: str) -> dict[str, Any]:
    """Tell the digest of what has arrived: a page has to show that a file begins with it."""
    view, spool = receiving(scope, upload)
    refuse_ended(view)
    scope.receiver.touch(upload)
    offset, digest = spool.digest()
    return {"offset": offset, "size": spool.size, "digest": digest}


def refuse_ended(view: UploadView) -> None:
    """Return if an upload still takes bytes.

    Raises
    ------
    UploadEnded
        It does not.
    """
    if view.ended:
        raise UploadEnded(
            f"This upload takes no more bytes: the upload is {view.state}.",
            todo="Try the upload again, or drop the file again."
            if view.state == "failed"
            else DROP_AGAIN,
        )


def refuse_overrun(spool: Spool, end: int) -> None:
    """Return if bytes up to `end` belong to the upload.

    Raises
    ------
    UploadTooLarge
        They do not.
    """
    if end > spool.size:
        raise overrun()


def overrun() -> UploadTooLarge:
    """Return what is said of more bytes than there should be."""
    return UploadTooLarge("More bytes are announced than this upload has left.", todo=DROP_AGAIN)


def offset_now(scope: Scope, upload: Any) -> int | None:
    """Return how far the bytes of an upload are here, where that can be told to who asks."""
    with suppress(NoSuchUpload):
        return receiving(scope, str(upload))[1].received
    return None
