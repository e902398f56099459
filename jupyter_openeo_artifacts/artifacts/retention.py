"""How long the provider keeps objects, where that is configured."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.keys import day_of

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.uri import S3URI


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
