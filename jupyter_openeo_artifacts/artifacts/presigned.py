"""A presigned URL and until when it holds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.config import Storage
    from jupyter_openeo_artifacts.artifacts.credentials import Session
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

LONGEST_SECONDS = 604_800
"""Seven days, https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""

_CENTURY = 100 * 365 * 86_400


@dataclass(frozen=True)
class PresignedURL:
    """A link with which anybody can read one object; the repr does not show it.

    Attributes
    ----------
    url
        The link. Keep it secret.
    requested_until
        What was asked for.
    certain_until
        The signature surely holds until then, if the provider keeps the object: the earlier of
        signing time plus lifetime and the end of the session that signed it (a presigned URL dies
        with its session,
        https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html).
    may_work_until
        It may go on working until then where the provider grants more.
    """

    url: str = field(repr=False)
    requested_until: datetime
    certain_until: datetime
    may_work_until: datetime

    def warn_if_cut(self, *, stacklevel: int) -> None:
        """Warn where it surely works for less time than was asked for.

        Parameters
        ----------
        stacklevel
            Of `warnings.warn`: whose line the warning is shown for.
        """
        if self.certain_until < self.requested_until:
            warnings.warn(
                f"This link surely works until {self.certain_until:%Y-%m-%d %H:%M} UTC only:"
                " the provider grants no longer sessions.",
                stacklevel=stacklevel,
            )


def presign(storage: Storage, session: Session, uri: S3URI, expires_in: int | None) -> PresignedURL:
    """Sign a GET of `uri` by Signature Version 4.

    Parameters
    ----------
    expires_in
        Seconds; None is as long as `session` lasts. At most `LONGEST_SECONDS` are signed.
    """
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    now = datetime.now(UTC)
    left = max(1, int((session.expires_at - now).total_seconds()))
    asked = left if expires_in is None else min(expires_in, _CENTURY)  # no date has five digits
    lifetime = min(asked, LONGEST_SECONDS)
    extra = {}
    if storage.is_feature_enabled("X-Proxy-Head-As-Get"):
        extra["X-Proxy-Head-As-Get"] = "true"
    if storage.traced:
        extra["X-Request-ID"] = storage.trace_id
    address = f"{storage.s3_endpoint}/{quote(uri.bucket, safe='')}/{quote(uri.key, safe='/~')}"
    request = AWSRequest(method="GET", url=f"{address}?{urlencode(extra)}" if extra else address)
    S3SigV4QueryAuth(session.frozen(), "s3", storage.region, expires=lifetime).add_auth(request)
    until = now.replace(microsecond=0) + timedelta(seconds=lifetime)
    return PresignedURL(
        url=str(request.url),
        requested_until=now.replace(microsecond=0) + timedelta(seconds=asked),
        certain_until=min(until, session.expires_at),
        may_work_until=until,
    )
