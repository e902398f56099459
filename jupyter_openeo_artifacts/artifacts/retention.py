"""How long the provider keeps objects, where that is configured."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.keys import day_of
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from mypy_boto3_s3.client import S3Client

    from jupyter_openeo_artifacts.artifacts.uri import S3URI


class Retention:
    """Until when each object is kept.

    Parameters
    ----------
    seconds
        How long after it was stored an object is kept at least; None where that is not configured.
    client
        Returns what asks the storage; called only where it is configured.
    """

    def __init__(self, seconds: int | None, client: Callable[[], S3Client]) -> None:
        self._kept = None if seconds is None else timedelta(seconds=seconds)
        self._client = client
        self._stored: dict[S3URI, datetime] = {}

    def end(self, uri: S3URI) -> datetime | None:
        """Return until when it is kept at least; None where that is not known.

        It counts from when the object was stored (one HEAD for each object, remembered); where
        storage does not say that, from the beginning of the day that is in its key.
        """
        if self._kept is None:
            return None
        if uri not in self._stored and (stored := self._ask(uri)):
            self._stored[uri] = stored
        since = self._stored.get(uri) or day_of(uri.key)
        return since and since + self._kept

    def _ask(self, uri: S3URI) -> datetime | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client().head_object(Bucket=uri.bucket, Key=uri.key)
        except (BotoCoreError, ClientError, OpenEOArtifactsError):
            return None
        return answer["LastModified"].astimezone(timezone.utc) if "LastModified" in answer else None
