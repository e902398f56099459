"""A presigned URL and until when it works."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

from jupyter_openeo_artifacts.s3.signing import with_clock

if TYPE_CHECKING:
    from datetime import datetime

    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.s3.credentials import Session
    from jupyter_openeo_artifacts.s3.server_clock import ServerClock
    from jupyter_openeo_artifacts.s3.settings import Storage

LONGEST_SECONDS = 604_800
"""Seven days, https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html"""


class _Default(int):
    """A default that can be told from the same number given by a caller."""


UPSTREAMS_DEFAULT = _Default(LONGEST_SECONDS)

LONGEST_ASKED = 100 * 365 * 86_400
"""A century: no date has five digits."""


@dataclass(frozen=True, repr=False)
class PresignedURL:
    """A link with which anybody can read one object; the repr does not show it.

    Attributes
    ----------
    url
        The link. Keep it secret.
    requested_until
        What was asked for.
    valid_until
        The link is valid until then, if the provider keeps the object. It is the earliest of:
        signing time plus lifetime, at most seven days; the end of the session that signed it
        (https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html); and
        `retained_until`. All by the storage's clock.
    latest_possible_end
        The latest possible end, where the provider lets a link outlive its session by a grace time
        (`grace_seconds` in the configuration; without it this is `valid_until`), but never beyond
        its lifetime or `retained_until`.
    signed_at
        When it was signed, by the storage's clock.
    retained_until
        Until when the provider keeps the object at least: its configured `retention_seconds` after
        the object was stored. None where no retention is configured, or storage does not say when
        the object was stored and its key neither.
    checked
        Whether storage has confirmed that the object is there. False where it did not answer, does
        not allow the question, or was not asked.
    session_seconds
        How long the session that signed it lasts in all.
    """

    url: str = field(repr=False)
    requested_until: datetime
    valid_until: datetime
    latest_possible_end: datetime
    signed_at: datetime
    retained_until: datetime | None = None
    checked: bool = False
    session_seconds: float | None = None

    def __repr__(self) -> str:
        valid = "valid" if self.checked else "not checked, would be valid"
        asked = ""
        if self.valid_until < self.requested_until:
            asked = f" (you asked for {duration_text(self.requested_until - self.signed_at)})"
        return f"<{type(self).__name__} {valid} until {self._end}{asked}>"

    def warn_if_beyond_limit(self, *, stacklevel: int) -> bool:
        """Warn, and return true, where more was asked for than can be signed.

        Parameters
        ----------
        stacklevel
            Of `warnings.warn`: whose line the warning is shown for.
        """
        if not self._is_beyond_limit:
            return False
        self._warn("no link can be signed for more than 7 days", stacklevel + 1)
        return True

    def warn_if_cut(self, *, stacklevel: int) -> None:
        """Warn where it is valid for less time than was asked for.

        Where `warn_if_beyond_limit`, which `sign` calls, has warned, nothing more is said.

        Parameters
        ----------
        stacklevel
            Of `warnings.warn`: whose line the warning is shown for.
        """
        if self.valid_until >= self.requested_until or self._is_beyond_limit:
            return
        why = "the provider's sessions do not last longer"
        if self.valid_until == self.retained_until:
            why = "the provider does not keep the file for longer"
        elif self.session_seconds is not None:
            most = duration_text(timedelta(seconds=self.session_seconds))
            why = f"the provider's sessions last at most {most}"
        self._warn(why, stacklevel + 1)

    def _warn(self, why: str, stacklevel: int) -> None:
        latest = "" if self.checked else " at the latest"
        warnings.warn(
            f"This link works until {self._end}{latest}. You asked for longer, but {why}.",
            stacklevel=stacklevel,
        )

    @property
    def _is_beyond_limit(self) -> bool:
        return self.requested_until - self.signed_at > timedelta(seconds=LONGEST_SECONDS)

    @property
    def _end(self) -> str:
        return f"{self.valid_until:%Y-%m-%d %H:%M} UTC"


def duration_text(duration: timedelta) -> str:
    """Return a lifetime in its largest whole unit: `2 days`, `12 hours`, `90 minutes`."""
    seconds = round(duration.total_seconds())
    for unit, length in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if seconds >= length and seconds % length == 0:
            return f"{seconds // length} {unit}{'s' if seconds > length else ''}"
    if seconds >= 3_600:  # noqa: PLR2004
        hours = f"{seconds / 3_600:.1f}".removesuffix(".0")
        return f"{hours} hour{'' if hours == '1' else 's'}"
    return f"{seconds} second{'' if seconds == 1 else 's'}"


def presign(
    storage: Storage,
    session: Session,
    uri: S3URI,
    expires_in: int | None,
    *,
    clock: ServerClock,
    retained_until: datetime | None = None,
    checked: bool = False,
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
    checked
        Whether storage has confirmed that the object is there.
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
    signer = with_clock(lambda: now, S3SigV4QueryAuth)
    signer(session.frozen(), "s3", storage.region, expires=lifetime).add_auth(request)
    ends = [now + timedelta(seconds=lifetime)]
    if retained_until is not None:
        ends.append(retained_until)
    grace = timedelta(seconds=storage.grace_seconds)
    return PresignedURL(
        url=str(request.url),
        requested_until=now + timedelta(seconds=asked),
        valid_until=min(*ends, session.expires_at),
        latest_possible_end=min(*ends, session.expires_at + grace),
        signed_at=now,
        retained_until=retained_until,
        checked=checked,
        session_seconds=session.life.total_seconds(),
    )
