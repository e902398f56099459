"""Whether a given presigned URL still works, and until when; no login is needed."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.link_answers import explain_page
from jupyter_openeo_artifacts.artifacts.link_reader import LinkReader
from jupyter_openeo_artifacts.artifacts.objects import is_from_storage
from jupyter_openeo_artifacts.artifacts.verification import Verification
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.records.link_ends import LinkEnds

if TYPE_CHECKING:
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.link_reader import Answer
    from jupyter_openeo_artifacts.artifacts.signed_link import SignedLink

_OK, _PARTIAL, _MULTIPLE, _UNSATISFIABLE = 200, 206, 300, 416
_FIRST_BYTE = {"Range": "bytes=0-0"}


def verify_link(
    link: SignedLink, session_end: datetime | None = None, *, public_only: bool = False
) -> Verification:
    """Try a link by a GET of its first byte, and tell until when it is valid.

    Parameters
    ----------
    session_end
        When the session ends that signed it, where that is known.
    public_only
        Ask public addresses only.

    Raises
    ------
    StorageUnreachable, StorageUntrusted, StorageBusy
        Storage does not answer.
    """
    ends = [link.ends_at, *([session_end] if session_end else [])]
    with suppress(OpenEOArtifactsError, OSError):
        noted = LinkEnds().get(str(link.uri))
        if noted is not None and noted.signed_at == link.signed_at:
            ends.append(noted.until)
    end = min(ends)
    reader = LinkReader(link.url, public_only=public_only)
    answer = reader.ask("GET", _FIRST_BYTE)
    if answer.status == _UNSATISFIABLE:  # an empty file has no first byte
        answer = reader.ask("GET", {})
    if answer.status in (_OK, _PARTIAL) and is_from_storage(answer.parsed):
        return Verification(
            link.uri,
            there=True,
            size=_size(answer),
            etag=answer.headers.get("etag", "").strip('"'),
            content_type=answer.headers.get("content-type", ""),
            get=True,
            range=answer.status == _PARTIAL,
            valid_until=end,
        )
    there, note = _refusal(answer)
    return Verification(link.uri, there=there, notes=(note,), valid_until=end)


def _refusal(answer: Answer) -> tuple[bool | None, str]:
    """Return whether the object is there, as far as that was told, and a sentence."""
    if answer.status in (_OK, _PARTIAL):
        why = explain_page()
    elif answer.status < _MULTIPLE:
        return None, f"A {answer.method} of the link is answered by {answer.status}."
    else:
        why = answer.refusal()
    return (False if why.meaning == "gone" else None), f"{why.says} {why.todo}"


def _size(answer: Answer) -> int | None:
    """Return the size of the whole file: after the slash of Content-Range, else Content-Length."""
    told = answer.headers.get("content-length", "")
    if answer.status == _PARTIAL:
        told = answer.headers.get("content-range", "").rpartition("/")[2]
    return int(told) if told.isascii() and told.isdigit() else None
