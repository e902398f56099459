"""What an access token says of itself: for words to a person, never for a decision on trust."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any
from urllib.parse import urlsplit

_LONGEST = 65_536  # characters
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")


@dataclass(frozen=True)
class TokenClaims:
    """Claims of a JWT (RFC 7519, section 4.1); nothing is verified, what is odd is left out."""

    issuer_host: str | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, token: str) -> TokenClaims:
        """Read `token`; one that is no JWT says nothing."""
        pieces = token.split(".") if len(token) <= _LONGEST else []
        if len(pieces) != 3:  # noqa: PLR2004  header, payload, signature
            return cls()
        try:
            claims = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
        except (ValueError, binascii.Error, RecursionError):
            return cls()
        if not isinstance(claims, dict):
            return cls()
        return cls(_host(claims.get("iss")), _time(claims.get("nbf")), _time(claims.get("exp")))


def _host(issuer: Any) -> str | None:
    try:
        host = urlsplit(issuer).hostname if isinstance(issuer, str) else None
    except ValueError:
        return None
    return host if host and _HOST.fullmatch(host) else None


def _time(claim: Any) -> datetime | None:
    if not isinstance(claim, int | float) or isinstance(claim, bool):
        return None
    try:
        return datetime.fromtimestamp(claim, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
