"""Temporary credentials: one set for all threads, renewed before it ends."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.clock import ServerClock
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import ReadOnlyCredentials

_RENEW_BELOW = 0.2  # a fifth of the session left: time for a slow part under the old one
_SIGN_ABOVE = 0.9  # a link dies with its session, so one that is promised long gets a fresh one

_WAIT_SECONDS = 30.0  # an STS that does not answer is not asked for each request


@dataclass(frozen=True)
class Session:
    """One set of temporary credentials; no secret is in its repr."""

    access_key: str = field(repr=False)
    secret_key: str = field(repr=False)
    token: str = field(repr=False)
    subject: str
    obtained_at: datetime
    """By the storage's clock, as `expires_at`."""
    expires_at: datetime

    @property
    def life(self) -> timedelta:
        """How long it lasts in all."""
        return self.expires_at - self.obtained_at

    def left(self, now: datetime) -> float:
        """Return the share of its life that is left, from 0 to 1."""
        return max(0.0, (self.expires_at - now) / max(self.life, timedelta(seconds=1)))

    def frozen(self) -> ReadOnlyCredentials:
        """Return it as botocore's signers take it."""
        from botocore.credentials import ReadOnlyCredentials

        return ReadOnlyCredentials(self.access_key, self.secret_key, self.token)


class Credentials:
    """Hands out a session with life left in it; one thread at a time asks for a new one.

    Parameters
    ----------
    obtain
        Gets a new session (asks the STS); its exceptions come through to whoever needed it.
    clock
        The storage's, by which a session ends.
    """

    def __init__(self, obtain: Callable[[], Session], clock: ServerClock | None = None) -> None:
        self._obtain = obtain
        self._clock = clock or ServerClock()
        self._lock = threading.Lock()
        self._session: Session | None = None
        self._given = threading.local()
        self._ask_again = 0.0

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._session!r}>"

    def current(self) -> Session:
        """Return a session that has at least a fifth of its life left, if STS answers."""
        session = self._given.session = self._with_life(_RENEW_BELOW)
        return session

    def longest(self) -> Session:
        """Return a session to sign with: nine tenths of its life are left, if STS answers."""
        return self._with_life(_SIGN_ABOVE)

    def held(self) -> Session | None:
        """Return the session that is at hand, None before the first; asks nobody."""
        return self._session

    def expired(self) -> None:
        """Forget the session that this thread asked storage with: it has ended there.

        One that another thread has obtained since is kept, so that one renewal serves all.
        """
        with self._lock:
            if getattr(self._given, "session", self._session) is self._session:
                self._session = None

    def _with_life(self, share: float) -> Session:
        with self._lock:
            session = self._session
            if session is not None and (self._left(session) >= share or self._is_waiting(session)):
                return session
            try:
                self._session = self._obtain()
            except OpenEOArtifactsError as error:
                if session is None or error.who != "wait" or self._left(session) == 0:
                    raise
                self._ask_again = time.monotonic() + _WAIT_SECONDS
                return session  # it is good as long as it lasts, whether STS answers or not
            return self._session

    def _is_waiting(self, session: Session) -> bool:
        return self._left(session) > 0 and time.monotonic() < self._ask_again

    def _left(self, session: Session) -> float:
        return session.left(self._clock.now())
