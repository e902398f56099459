"""Access tokens: as a provider hands them out, how long one is good, and who renews it."""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from jupyter_openeo_artifacts.auth.exceptions import LoginFailed, NotSignedIn
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.formatting import text

if TYPE_CHECKING:
    from collections.abc import Callable

MARGIN_SECONDS = 60.0
"""A token that is handed out is good for this much longer."""

ASSUMED_SECONDS = 300.0
"""How long a token is trusted of which nobody says how long it is good."""


# RFC 6750, section 2.1; anything else must not come into a header.
_LONGEST = 32 * 2**10
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=|:-]+")


@dataclass(frozen=True)
class Tokens:
    """One answer of a token endpoint.

    `obtained_at` and `expires_at` are seconds of the wall clock, which goes on while a laptop
    sleeps; `expires_at` is None where nobody says.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    obtained_at: float
    expires_at: float | None

    @classmethod
    def from_answer(cls, answer: Any, asked_at: float) -> Tokens:
        """Read the JSON of a token endpoint (RFC 6749, section 5.1).

        Parameters
        ----------
        asked_at
            Wall-clock seconds when the request left: the earliest that the lifetime can start.

        Raises
        ------
        ValueError
            It is no bearer token; the text has nothing of the answer in it.
        """
        if not isinstance(answer, dict):
            raise ValueError("not a JSON object")  # noqa: TRY004  # it is a value from the wire
        said, refresh = answer.get("access_token"), answer.get("refresh_token")
        if str(answer.get("token_type", "")).lower() != "bearer":
            raise ValueError("not a bearer token")
        access, kept = text(said, _LONGEST, _TOKEN), text(refresh, _LONGEST)
        if access is None:
            raise ValueError("no access token")
        if refresh is not None and kept is None:
            raise ValueError("no refresh token")
        lifetime = seconds(answer.get("expires_in"))
        expires_at = asked_at + lifetime if lifetime is not None else jwt_expiry(access)
        return cls(access, kept, asked_at, expires_at)

    def is_fresh(self) -> bool:
        """Tell whether the access token is good for `MARGIN_SECONDS` more.

        One that never was good for twice that long counts as fresh in the first half of its life.
        """
        now = time.time()
        if now < self.obtained_at:  # the clock was set back: nothing is known any more
            return False
        end = self.expires_at
        if end is None:
            end = self.obtained_at + ASSUMED_SECONDS
        return now < end - min(MARGIN_SECONDS, (end - self.obtained_at) / 2)


def seconds(value: Any) -> float | None:
    """Return a positive number of seconds as JSON gives it, even as text; else None."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if 0 < number < float("inf") else None


def jwt_expiry(token: str) -> float | None:
    """Return `exp` of a JWT (RFC 7519, section 4.1.4), None for any other token.

    Nothing is verified: the token is the backend's to believe, we only want to be in time.
    """
    return seconds(_claims(token).get("exp"))


def jwt_subject(token: str) -> str | None:
    """Return `sub` of a JWT, None for any other token; not verified either."""
    return text(_claims(token).get("sub"))


def jwt_account(token: str) -> str:
    """Return what names the account of a JWT for good, empty for any other token; not verified.

    https://openid.net/specs/openid-connect-core-1_0.html#ClaimStability
    """
    claims = _claims(token)
    subject = text(claims.get("sub"))
    return f"{text(claims.get('iss')) or ''} {subject}" if subject else ""


def _claims(token: str) -> dict[str, Any]:
    pieces = token.split(".")
    if len(pieces) != 3:  # noqa: PLR2004  # header, payload, signature
        return {}
    payload = pieces[1]
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return claims if isinstance(claims, dict) else {}


_YOUNG_SECONDS = 10.0


class Login(Protocol):
    """What can get access tokens again and again: `StoredLogin`, `ClientLogin`."""

    owner_changed: bool
    problem: OpenEOArtifactsError | None

    @property
    def provider_id(self) -> str:
        """The provider's id at the backend."""

    def renew(self) -> Tokens:
        """Get new tokens, or raise an `OpenEOArtifactsError`."""

    def end(self) -> None:
        """Sign out."""


class TokenProvider:
    """Hands out access tokens that are good for a while; many threads, one renewal at a time.

    Parameters
    ----------
    tokens
        What the login began with.
    renewed
        Called after each renewal, with no lock held.
    lost
        Called once when the login has ended, with the reason, no lock held.
    """

    def __init__(
        self,
        login: Login,
        tokens: Tokens,
        *,
        renewed: Callable[[], None],
        lost: Callable[[OpenEOArtifactsError], None],
    ) -> None:
        self.login = login
        self._tokens: Tokens | None = tokens
        self._renewed = renewed
        self._lost = lost
        self._failure: OpenEOArtifactsError | None = None
        self._failed_at = 0.0
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a free lock: a thread that renews is not there in a forked process."""
        self._lock = threading.Lock()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self.login.provider_id}>"

    def access_token(self) -> str:
        """Return an access token that is good for a minute more.

        Raises
        ------
        NotSignedIn
            The login has ended.
        OpenEOArtifactsError
            The provider does not answer; the login is kept, try again later.
        """
        return self._get(refused=None)

    def refresh_after_401(self, refused: str) -> str:
        """Return an access token to try after a backend has refused `refused`.

        It is `refused` itself where that is so young that another one would fare no better.

        Raises
        ------
        OpenEOArtifactsError
            As for `access_token`.
        """
        return self._get(refused=refused)

    def close(self) -> None:
        """Forget the token; nobody gets one any more."""
        with self._lock:
            self._tokens = None

    def _get(self, refused: str | None) -> str:
        came_at = time.monotonic()
        with self._lock:
            tokens = self._tokens
            if tokens is None:
                raise NotSignedIn("You are not signed in.", todo="Sign in again.")
            if not self._must_renew(tokens, refused):
                return tokens.access_token
            if self._failure and self._failed_at >= came_at:
                # It failed while we were waiting: asking again would only make a queue.
                raise self._failure.copy()
            self._failure = None
            try:
                self._tokens = tokens = self.login.renew()
            except OpenEOArtifactsError as error:
                self._failure, self._failed_at = error, time.monotonic()
                ended = isinstance(error, NotSignedIn | LoginFailed)
                if ended:
                    self._tokens = None
            failure = self._failure
        # The lock is free: a listener may want a token in its turn.
        if failure is None:
            self._renewed()
            return tokens.access_token
        if ended:
            self._lost(failure)
        raise failure

    @staticmethod
    def _must_renew(tokens: Tokens, refused: str | None) -> bool:
        if not tokens.is_fresh():
            return True
        young = abs(time.time() - tokens.obtained_at) < _YOUNG_SECONDS
        return tokens.access_token == refused and not young
