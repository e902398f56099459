"""What the widget's page and the kernel say to each other.

The page asks, each with a `do`:

    hello                                   answered by `here`, `artifacts` and the uploads
    open       request, name, size,         answered by `opened` or `refused`; `confirm`: true
               confirm                      where the page will say so at the end (below)
    chunk      upload, offset + one buffer  answered by `received` or `stalled`
    where      upload                       answered by `received`: how far the bytes are here
    confirm    upload, unchanged            after the last byte: whether the file is still the one
                                            that was chosen; answered by `upload`
    cancel     upload                       answered by `upload` once nothing is left
    retry      upload                       answered by `upload`
    link       request, artifact            answered by `link` or `refused`

The kernel says, each with an `is`:

    here       backend, problem             the login that will be used, or why there is none
    artifacts  items                        what was staged through this widget, newest first; with
                                            `history` all that was staged from this machine
    upload     one of this widget's uploads
    opened     request, upload
    received   upload, offset, why          all bytes before offset are here; why: `kept`,
                                            `early` (not kept: one before is missing) or `asked`
    stalled    upload, offset, problem      no room for now, the page tries again
    unknown    upload                       not an upload of this kernel (it was restarted)
    link       request, url, valid_until,   the only message with a secret in it
               checked
    refused    request, problem

Messages are sent and gone. They are not widget state, so a saved notebook holds none of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.service.exceptions import RequestInvalid

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView
    from jupyter_openeo_artifacts.state.staged_record import StagedRecord


Message = dict[str, Any]


CHUNK_BYTES = 8 * 1024 * 1024
"""Most bytes in one message: Jupyter's websocket drops those over 10 MiB without a word."""


def upload_message(view: UploadView) -> Message:
    """Return `upload`."""
    return {
        "is": "upload",
        "upload": view.id,
        "name": view.name,
        "state": view.state,
        "size": view.size,
        "bytes_received": view.bytes_received,
        "bytes_stored": view.bytes_stored,
        "speed": view.speed,
        "seconds_left": view.seconds_left,
        "artifact": view.artifact,
        "problem": None if view.problem is None else view.problem.to_dict(),
        "can_retry": view.can_retry,
        "reused": view.reused,
        "awaits_confirmation": view.awaits_confirmation,
        "advice": view.advice or None,
    }


def artifact_item(record: StagedRecord) -> Message:
    """Return one of the items of `artifacts`."""
    return {
        "artifact": record.id,
        "name": record.name,
        "uri": record.uri,
        "backend": record.backend,
        "size": record.size,
        "origin": record.origin,
        "staged_at": record.staged_at.isoformat(),
        "verified": record.verified,
        "account": record.account,
    }


def link_message(request: str, signed: PresignedURL) -> Message:
    """Return `link`."""
    return {
        "is": "link",
        "request": request,
        "url": signed.url,
        "valid_until": signed.valid_until.isoformat(),
        "checked": signed.checked,
    }


def text_of(message: Message, key: str, longest: int = 100) -> str:
    """Return a text of the page's message.

    Raises
    ------
    RequestInvalid
        It is absent, of another kind, or too long.
    """
    value = message.get(key)
    if not isinstance(value, str) or not value or len(value) > longest:
        raise _invalid(key, value)
    return value


def number_of(message: Message, key: str) -> int:
    """Return a number of bytes, or of anything else that can be counted.

    Raises
    ------
    RequestInvalid
        It is absent, of another kind, or negative.
    """
    value = message.get(key)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise _invalid(key, value)
    return value


def _invalid(key: str, value: Any) -> RequestInvalid:
    kind = "missing" if value is None else f"not usable ({json.dumps(type(value).__name__)})"
    return RequestInvalid(
        f"The page sent a message whose {key!r} is {kind}.",
        todo="Reload the page; it may be of another version than the kernel.",
    )
