"""Device codes that are out: who asked, with which proof key, and what the person decided."""

# mypy: allow-subclassing-any
# Authlib has no types.

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from authlib.oauth2.rfc8628 import DeviceCredentialMixin

_REMEMBERED = 600.0  # seconds after its end in which a code is "expired" rather than unknown
_EARLY = 0.1  # seconds; a client that is this much too early only has another clock
_SLOW_DOWN = 5.0  # seconds added to the interval, RFC 8628 section 3.5


@dataclass
class DeviceCode(DeviceCredentialMixin):
    """One device authorization request (RFC 8628).

    Parameters
    ----------
    challenge
        The S256 code challenge (RFC 7636), or "" from a client that sent none.
    expires_at
        In seconds of `time.monotonic`.
    interval
        Seconds that the client has to wait between two polls.
    subject
        Who decided, or None while nobody has.
    """

    client_id: str
    scope: str
    device_code: str = field(repr=False)
    user_code: str
    challenge: str
    expires_at: float
    interval: float
    polled_at: float | None = None
    subject: str | None = None
    approved: bool = False

    def get_client_id(self) -> str:
        """Return the client that asked."""
        return self.client_id

    def get_scope(self) -> str:
        """Return the scopes asked for."""
        return self.scope

    def get_user_code(self) -> str:
        """Return what the person types."""
        return self.user_code

    def is_expired(self) -> bool:
        """Tell whether it is too late."""
        return time.monotonic() >= self.expires_at


_MOST = 1000
"""Requests that are remembered; the oldest makes room, so that memory has an end."""


class DeviceCodes:
    """The device codes of one provider; in memory, safe to use from several threads.

    Parameters
    ----------
    lifetime
        Seconds that a new code holds.
    interval
        Seconds between two polls of a well-behaved client.
    """

    def __init__(self, *, lifetime: float, interval: float) -> None:
        self.lifetime = lifetime
        self.interval = interval
        self._lock = threading.Lock()
        self._codes: dict[str, DeviceCode] = {}

    def add(
        self, *, client_id: str, scope: str, device_code: str, user_code: str, challenge: str
    ) -> DeviceCode:
        """Remember a new request."""
        now = time.monotonic()
        code = DeviceCode(
            client_id=client_id,
            scope=scope,
            device_code=device_code,
            user_code=user_code,
            challenge=challenge,
            expires_at=now + self.lifetime,
            interval=self.interval,
        )
        with self._lock:
            self._codes = {
                key: old for key, old in self._codes.items() if old.expires_at + _REMEMBERED > now
            }
            self._codes[device_code] = code
            while len(self._codes) > _MOST:
                self._codes.pop(next(iter(self._codes)))
        return code

    def by_device_code(self, device_code: str) -> DeviceCode | None:
        """Return the request that a polling client means."""
        with self._lock:
            return self._codes.get(device_code)

    def by_user_code(self, typed: str) -> DeviceCode | None:
        """Return the request that a person means; case, spaces and hyphens do not matter."""
        wanted = _plain(typed)
        with self._lock:
            for code in self._codes.values():
                if _plain(code.user_code) == wanted:
                    return code
        return None

    def decide(self, code: DeviceCode, subject: str, *, approved: bool) -> bool:
        """Record a decision; False if it is too late or was decided before."""
        with self._lock:
            if code.is_expired() or code.subject is not None:
                return False
            code.subject = subject
            code.approved = approved
            return True

    def polled_too_soon(self, code: DeviceCode) -> bool:
        """Count a poll; True, with a longer interval from now on, if it came too early."""
        now = time.monotonic()
        with self._lock:
            last, code.polled_at = code.polled_at, now
            if last is None or now - last >= code.interval - _EARLY:
                return False
            code.interval += _SLOW_DOWN
            return True

    def redeem(self, code: DeviceCode) -> bool:
        """Use the code up; False if another request was faster."""
        with self._lock:
            return self._codes.pop(code.device_code, None) is not None


def _plain(user_code: str) -> str:
    return "".join(letter for letter in user_code.upper() if letter.isalnum())
