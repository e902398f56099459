"""Refresh tokens: each works once, and a stolen one ends the whole family."""

from __future__ import annotations

import hashlib
import secrets
import threading
import time
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.data_folder import DataFolder

LIFETIME = 30 * 24 * 3600
"""Seconds that an unused refresh token holds."""

_FILE = "refresh-tokens.json"


@dataclass
class RefreshToken:
    """One refresh token, without the token.

    Parameters
    ----------
    family
        Names all tokens that descend from one sign-in.
    expires_at
        Seconds since the epoch.
    spent
        Whether it was exchanged already.
    """

    family: str
    client_id: str
    subject: str
    scope: str
    expires_at: float
    spent: bool = False

    def check_client(self, client: object) -> bool:
        """Tell whether it was given to `client`."""
        return bool(self.client_id == getattr(client, "client_id", None))

    def get_scope(self) -> str:
        """Return the scopes of the sign-in."""
        return self.scope


class RefreshTokens:
    """All refresh tokens, by the SHA-256 of each, kept in the provider's folder.

    A token that comes a second time was copied by somebody, so its family is revoked
    (RFC 9700 section 4.14.2).
    """

    def __init__(self, folder: DataFolder) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._tokens = {
            digest: RefreshToken(**kept) for digest, kept in (folder.read(_FILE) or {}).items()
        }

    def add(
        self, token: str, *, client_id: str, subject: str, scope: str, family: str | None
    ) -> None:
        """Remember a token just made; `family` is None after a sign-in."""
        now = time.time()
        record = RefreshToken(
            family=family or secrets.token_hex(8),
            client_id=client_id,
            subject=subject,
            scope=scope,
            expires_at=now + LIFETIME,
        )
        with self._lock:
            self._tokens = {
                digest: kept for digest, kept in self._tokens.items() if kept.expires_at > now
            }
            self._tokens[_digest(token)] = record
            self._save()

    def find(self, token: str) -> RefreshToken | None:
        """Return what is known of `token`; None if it is unknown or too old."""
        with self._lock:
            record = self._tokens.get(_digest(token))
        return record if record is not None and record.expires_at > time.time() else None

    def spend(self, record: RefreshToken) -> bool:
        """Use a token up; False, and its family is gone, if it was used before."""
        with self._lock:
            if record.spent:
                self._drop(record.family)
                return False
            record.spent = True
            self._save()
            return True

    def revoke(self, record: RefreshToken) -> None:
        """End the sign-in that `record` belongs to."""
        with self._lock:
            self._drop(record.family)

    def _drop(self, family: str) -> None:
        self._tokens = {
            digest: kept for digest, kept in self._tokens.items() if kept.family != family
        }
        self._save()

    def _save(self) -> None:
        self._folder.write(_FILE, {digest: asdict(kept) for digest, kept in self._tokens.items()})


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
