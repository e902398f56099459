"""A presigned URL and until when it holds."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from jupyter_openeo_artifacts.artifacts.signer import dated_by

if TYPE_CHECKING:
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.clock import ServerClock
    from jupyter_openeo_artifacts.artifacts.config import Storage
    from jupyter_openeo_artifacts.artifacts.credentials import Session
    from jupyter_openeo_artifacts.artifacts.uri import S3URI

LONGEST_SECONDS = 604_800
"""Seven days, https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""

LONGEST_ASKED = 100 * 365 * 86_400
"""A century: no date has five digits."""


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
        The signature surely holds until then, if the provider keeps the object. It is the earliest
        of: signing time plus lifetime, at most seven days; the end of the session that signed it,
        with which a presigned URL dies
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html); and
        `retained_until`. All by the storage's clock.
    may_work_until
        It may go on working until then, where the provider lets a link outlive its session by a
        grace time (`grace_seconds` in the configuration; without it this is `certain_until`), but
        never beyond its lifetime or `retained_until`.
    signed_at
        When it was signed, by the storage's clock.
    retained_until
        Until when the provider keeps the object at least: its configured `retention_seconds` after
        the object was stored. None where no retention is configured, or storage does not say when
        the object was stored and its key neither.
    """

    url: str = field(repr=False)
    requested_until: datetime
    certain_until: datetime
    may_work_until: datetime
    signed_at: datetime
    retained_until: datetime | None = None

    def warn_if_beyond_limit(self, *, stacklevel: int) -> bool:
        """Warn, and return true, where more was asked for than can be signed.

        Parameters
        ----------
        stacklevel
            Of `warnings.warn`: whose line the warning is shown for.
        """
        if not self._is_beyond_limit:
            return False
        warnings.warn(
            f"No link can be signed for more than {LONGEST_SECONDS} seconds (seven days); "
            f"this one surely works until {self._end}.",
            stacklevel=stacklevel,
        )
        return True

    def warn_if_cut(self, *, stacklevel: int) -> None:
        """Warn where it surely works for less time than was asked for.

        What `warn_if_beyond_limit` warns of, and `sign` has, is not said again.

        Parameters
        ----------
        stacklevel
            Of `warnings.warn`: whose line the warning is shown for.
        """
        if self.certain_until >= self.requested_until or self._is_beyond_limit:
            return
        why = "the provider grants no longer sessions"
        if self.certain_until == self.retained_until:
            why = "the provider does not keep the file for longer"
        warnings.warn(
            f"This link surely works until {self._end} only: {why}.", stacklevel=stacklevel
        )

    @property
    def _is_beyond_limit(self) -> bool:
        return self.requested_until - self.signed_at > timedelta(seconds=LONGEST_SECONDS)

    @property
    def _end(self) -> str:
        return f"{self.certain_until:%Y-%m-%d %H:%M} UTC"


def presign(
    storage: Storage,
    session: Session,
    uri: S3URI,
    expires_in: int | None,
    *,
    clock: ServerClock,
    retained_until: datetime | None = None,
) -> PresignedURL:
    """Sign a GET of `uri` by Signature Version 4.

    Parameters
    ----------
    expires_in
        Seconds; None is as long as `session` lasts. At most `LONGEST_SECONDS` are signed.
    clock
        Dates the signature, from which its lifetime counts.
    retained_until
        Until when the provider keeps the object; None where that is not known.
    """
    from botocore.auth import S3SigV4QueryAuth
    from botocore.awsrequest import AWSRequest

    now = clock.now().replace(microsecond=0)
    left = max(1, int((session.expires_at - now).total_seconds()))
    asked = left if expires_in is None else min(expires_in, LONGEST_ASKED)
    lifetime = min(asked, LONGEST_SECONDS)
    extra = {}
    if storage.is_feature_enabled("X-Proxy-Head-As-Get"):
        extra["X-Proxy-Head-As-Get"] = "true"
    if storage.traced:
        extra["X-Request-ID"] = storage.trace_id
    address = f"{storage.s3_endpoint}/{quote(uri.bucket, safe='')}/{quote(uri.key, safe='/~')}"
    request = AWSRequest(method="GET", url=f"{address}?{urlencode(extra)}" if extra else address)
    signer = dated_by(lambda: now, S3SigV4QueryAuth)
    signer(session.frozen(), "s3", storage.region, expires=lifetime).add_auth(request)
    ends = [now + timedelta(seconds=lifetime)]
    if retained_until is not None:
        ends.append(retained_until)
    grace = timedelta(seconds=storage.grace_seconds)
    return PresignedURL(
        url=str(request.url),
        requested_until=now + timedelta(seconds=asked),
        certain_until=min(*ends, session.expires_at),
        may_work_until=min(*ends, session.expires_at + grace),
        signed_at=now,
        retained_until=retained_until,
    )
