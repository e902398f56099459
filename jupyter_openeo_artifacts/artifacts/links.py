"""Links: made with a session that lasts long enough, given by somebody, and tried."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, unquote, urlsplit

from jupyter_openeo_artifacts.artifacts.exceptions import (
    LifetimeInvalid,
    LinkInvalid,
    StorageURIInvalid,
)
from jupyter_openeo_artifacts.artifacts.presigned import (
    LONGEST_ASKED,
    LONGEST_SECONDS,
    PresignedURL,
    presign,
)
from jupyter_openeo_artifacts.artifacts.presigned_probe import LinkReader, explain_page
from jupyter_openeo_artifacts.artifacts.uri import S3URI, day_of
from jupyter_openeo_artifacts.artifacts.user_bucket import NOT_CHECKED, check_object
from jupyter_openeo_artifacts.artifacts.verification import Verification
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.remote_object import is_from_storage
from jupyter_openeo_artifacts.state.link_ends import LinkEnds

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.presigned_probe import LinkResponse
    from jupyter_openeo_artifacts.artifacts.user_bucket import Objects
    from jupyter_openeo_artifacts.s3.credentials import Credentials
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from jupyter_openeo_artifacts.s3.settings import Storage


class Links:
    """Signs links for one login; they share a session as long as nine tenths of it are left."""

    def __init__(
        self,
        storage: Storage,
        credentials: Credentials,
        clock: ServerClock,
        objects: Objects,
        retention: Retention,
    ) -> None:
        self._storage = storage
        self._credentials = credentials
        self._clock = clock
        self._objects = objects
        self._retention = retention

    def sign(self, uri: S3URI, expires_in: float | None, *, check: bool = True) -> PresignedURL:
        """Return a link that works, and keep its end; see `make`.

        Raises
        ------
        WrongBucket, ArtifactNotOwned, ObjectGone
            The link would not work; not looked at with `check=False`.
        """
        signed = self.make(uri, expires_in, check=check)
        # No link fails because its end cannot be kept.
        with suppress(OpenEOArtifactsError, OSError):
            LinkEnds().note(str(uri), signed.signed_at, signed.valid_until)
        return signed

    def make(self, uri: S3URI, expires_in: float | None, *, check: bool) -> PresignedURL:
        """Return a link; `expires_in` in whole seconds, None is as long as the session lasts.

        Raises
        ------
        LifetimeInvalid
            `expires_in` is not positive.
        OpenEOArtifactsError
            There is no session to sign with.
        """
        if expires_in is not None:
            # `timedelta.total_seconds()` is a float, and a link signed with one is refused.
            expires_in = int(min(expires_in, LONGEST_ASKED))
            if expires_in <= 0:
                raise LifetimeInvalid
        found = check_object(self._objects, uri) if check else NOT_CHECKED
        return presign(
            self._storage,
            self._credentials.longest(),
            uri,
            expires_in,
            clock=self._clock,
            retained_until=self._retention.end(uri, found.stored_at),
            checked=found.found,
        )

    def end_of(self, link: SignedLink) -> datetime | None:
        """Return when the session ends that signed a link, None where that is not known."""
        session = self._credentials.held()
        if session is None or session.access_key != link.access_key:
            return None
        return session.expires_at


class Retention:
    """Until when each object is kept.

    Parameters
    ----------
    seconds
        How long after it was stored an object is kept at least; None where that is not configured.
    """

    def __init__(self, seconds: int | None) -> None:
        self._kept = None if seconds is None else timedelta(seconds=seconds)

    def end(self, uri: S3URI, stored_at: datetime | None) -> datetime | None:
        """Return until when it is kept at least; None where that is not known.

        Parameters
        ----------
        stored_at
            When storage says that it was stored; None where it does not: then the beginning of the
            day that is in the key counts.
        """
        if self._kept is None:
            return None
        since = stored_at or day_of(uri.key)
        return since and since + self._kept


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


def _refusal(answer: LinkResponse) -> tuple[bool | None, str]:
    """Return whether the object is there, as far as that was told, and a sentence."""
    if answer.status in (_OK, _PARTIAL):
        why = explain_page()
    elif answer.status < _MULTIPLE:
        return None, f"A {answer.method} of the link is answered by {answer.status}."
    else:
        why = answer.refusal()
    return (False if why.meaning == "gone" else None), f"{why.says} {why.todo}"


def _size(answer: LinkResponse) -> int | None:
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
