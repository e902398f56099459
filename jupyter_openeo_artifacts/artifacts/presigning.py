"""Making links: with a session that lasts long enough, and with what is known of their end."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.exceptions import LifetimeInvalid
from jupyter_openeo_artifacts.artifacts.presigned import LONGEST_ASKED, PresignedURL, presign
from jupyter_openeo_artifacts.artifacts.uri import day_of
from jupyter_openeo_artifacts.artifacts.user_bucket import NOT_CHECKED, check_object
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.state.link_ends import LinkEnds

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.link_verification import SignedLink
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
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
