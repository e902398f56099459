"""A presigned URL that somebody gives us: what it is for, and when it ends. It is shown nowhere."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from jupyter_openeo_artifacts.artifacts.exceptions import LinkInvalid, StorageURIInvalid
from jupyter_openeo_artifacts.artifacts.presigned import LONGEST_SECONDS
from jupyter_openeo_artifacts.artifacts.uri import S3URI

_WEB = re.compile(r"https?://", re.IGNORECASE)
_SIGNATURE = re.compile(r"x-amz-(signature|credential|security-token)", re.IGNORECASE)


def is_link(given: Any) -> bool:
    """Tell whether somebody gave a web address where a name or a storage URI may be, too."""
    return isinstance(given, str) and _WEB.match(given.strip()) is not None


def may_be_secret(given: str) -> bool:
    """Tell whether a text must not be repeated, since it may be a link or a part of one."""
    return is_link(given) or _SIGNATURE.search(given) is not None


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
