"""Access tokens of the logins kept here (a user's own connection: shared_renewal.py)."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Protocol

from jupyter_openeo_artifacts.auth.exceptions import LoginFailed, NotSignedIn
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.auth.token_response import Tokens


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
