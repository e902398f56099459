"""Check a presigned URL given by the user: its end, and whether it works."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from jupyter_openeo_artifacts.artifacts.exceptions import LinkInvalid, StorageURIInvalid
from jupyter_openeo_artifacts.artifacts.presigned import LONGEST_SECONDS
from jupyter_openeo_artifacts.artifacts.presigned_probe import LinkReader, explain_page
from jupyter_openeo_artifacts.artifacts.uri import S3URI
from jupyter_openeo_artifacts.artifacts.verification import Verification
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.remote_object import is_from_storage
from jupyter_openeo_artifacts.state.link_ends import LinkEnds

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.presigned_probe import Answer


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


@dataclass(frozen=True)
class SignedLink:
    """A presigned URL (Signature Version 4, path style).

    `signed_at` and `ends_at` are what its query says; the session that signed it may end sooner.
    """

    url: str = field(repr=False)
    uri: S3URI
    access_key: str = field(repr=False)
    signed_at: datetime
    ends_at: datetime

    @classmethod
    def parse(cls, link: str) -> SignedLink:
        """Read a link.

        Raises
        ------
        LinkInvalid
            It is none; nothing of it is in the error.
        """
        url = link.strip()
        try:
            parts = urlsplit(url)
            query = {name.lower(): values[0] for name, values in parse_qs(parts.query).items()}
            bucket, _, key = parts.path.lstrip("/").partition("/")
            seconds = int(query["x-amz-expires"])
            if not query["x-amz-signature"] or not 0 < seconds <= LONGEST_SECONDS:
                raise LinkInvalid
            signed_at = datetime.strptime(query["x-amz-date"], "%Y%m%dT%H%M%S%z")
            return cls(
                url,
                S3URI.from_any(S3URI(unquote(bucket), unquote(key))),
                query["x-amz-credential"].partition("/")[0],
                signed_at,
                signed_at + timedelta(seconds=seconds),
            )
        except (KeyError, ValueError, OverflowError, StorageURIInvalid):
            raise LinkInvalid from None  # their texts have parts of the link
