"""Making links: with a session that lasts long enough, and with what is known of their end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.presigned import LONGEST_ASKED, PresignedURL, presign

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.clock import ServerClock
    from jupyter_openeo_artifacts.artifacts.config import Storage
    from jupyter_openeo_artifacts.artifacts.credentials import Credentials
    from jupyter_openeo_artifacts.artifacts.retention import Retention
    from jupyter_openeo_artifacts.artifacts.uri import S3URI


class Links:
    """Signs links for one login; they share a session as long as nine tenths of it are left."""

    def __init__(
        self, storage: Storage, credentials: Credentials, clock: ServerClock, retention: Retention
    ) -> None:
        self._storage = storage
        self._credentials = credentials
        self._clock = clock
        self._retention = retention

    def sign(self, uri: S3URI, expires_in: float | None) -> PresignedURL:
        """Return a link; `expires_in` in whole seconds, None is as long as the session lasts.

        Raises
        ------
        ValueError
            `expires_in` is not positive.
        OpenEOArtifactsError
            There is no session to sign with.
        """
        if expires_in is not None:
            # `timedelta.total_seconds()` is a float, and a link signed with one is refused.
            expires_in = int(min(expires_in, LONGEST_ASKED))
            if expires_in <= 0:
                raise ValueError("expires_in is a positive number of seconds, whole ones")
        retained_until = self._retention.end(uri)
        return presign(
            self._storage,
            self._credentials.longest(),
            uri,
            expires_in,
            clock=self._clock,
            retained_until=retained_until,
        )
