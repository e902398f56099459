"""Temporary credentials: one set for all threads, renewed before it ends.

In two windows, after botocore's `RefreshableCredentials`: in an advisory one, a fifth of a session,
one thread renews while the others go on with what they have; in a mandatory one at the very end all
wait. So an STS that is silent delays nothing for as long as there is a session.
"""

from __future__ import annotations

import copy
import threading
import time
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, machine_out_of_threads
from jupyter_openeo_artifacts.s3.server_clock import ServerClock

if TYPE_CHECKING:
    from collections.abc import Callable

    from botocore.credentials import ReadOnlyCredentials


_ADVISORY = 0.2  # a fifth of the session left: time for a slow part under the old one

_MANDATORY = 0.05  # of a session: what begins later may arrive too late,

_MANDATORY_SECONDS = 120.0  # but no earlier than that before its end

_SIGN_ABOVE = 0.9  # a link dies with its session, so one that is promised long gets a fresh one

_LINK_SECONDS = 10.0  # for a fresh one; then a link gets what there is

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
    """Hands out a session with life left in it; one thread of its own asks for a new one.

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
        self._doubted: Session | None = None
        self._given = threading.local()
        self._ask_again = 0.0
        self._renewal: Future[Session] | None = None
        call_after_fork(self)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self._session!r}>"

    def reset_after_fork(self) -> None:
        """Leave to the parent what it was renewing."""
        self._lock = threading.Lock()
        self._renewal = None

    def current(self) -> Session:
        """Return a session that is not at its end, without waiting where there is one."""
        session = self._session
        left = 0.0 if session is None else self._left(session)
        if session is None or (left < _ADVISORY and self._is_ending(session)):
            session = self._new(session)
        elif left < _ADVISORY and not self._is_waiting():
            self._renew(session)
        self._given.session = session
        return session

    def longest(self) -> Session:
        """Return a session to sign with: nine tenths of its life are left, if STS answers soon."""
        session = self._session
        if session is None or self._is_ending(session):
            return self._new(session)
        if self._left(session) >= _SIGN_ABOVE or self._is_waiting():
            return session
        wait([self._renew(session)], _LINK_SECONDS)
        return self._session or session

    def held(self) -> Session | None:
        """Return the session that is at hand, None before the first; asks nobody."""
        return self._session

    def renew_expired(self) -> None:
        """Forget the session that this thread asked storage with: it has ended there.

        One that another thread has obtained since is kept, so that one renewal serves all.
        """
        with self._lock:
            if getattr(self._given, "session", self._session) is self._session:
                self._session = self._doubted = None

    def renew_if_possible(self) -> None:
        """Ask for another session, and take this one back where none is to be had.

        For an answer that may not be the storage's: it says little about the session.
        """
        with self._lock:
            session = self._session
            if session is not None and getattr(self._given, "session", session) is session:
                self._session, self._doubted = None, session

    def _new(self, ending: Session | None) -> Session:
        """Wait for the session after `ending`, which is used on where it can be."""
        if ending is not None and self._left(ending) > 0 and self._is_waiting():
            return ending
        renewal = self._renew(ending)
        _wait_unless_cancelled(renewal)
        error = renewal.exception()
        if error is None:
            return renewal.result()
        held = self._session
        if ending is None and held is not None and self._left(held) > 0:
            return held  # it was only doubted
        passing = isinstance(error, OpenEOArtifactsError) and error.who == "wait"
        if ending is not None and passing and self._left(ending) > 0:
            return ending  # it is good as long as it lasts, whether STS answers or not
        raise copy.copy(error) from error  # others may raise it, too

    def _renew(self, seen: Session | None) -> Future[Session]:
        """Return what will be the session after `seen`, which a thread of its own asks for.

        So whoever needs none yet does not wait, and a cancel ends nobody else's renewal.
        """
        with self._lock:
            if self._renewal is not None:
                return self._renewal
            renewal: Future[Session] = Future()
            if self._session is not None and self._session is not seen:
                renewal.set_result(self._session)  # somebody else has it already
                return renewal
            self._renewal = renewal
        try:
            threading.Thread(
                target=self._ask, args=[renewal], name="openeo-artifacts-session", daemon=True
            ).start()
        except RuntimeError:
            self._settle(renewal, machine_out_of_threads())
        return renewal

    def _ask(self, renewal: Future[Session]) -> None:
        try:
            session = self._obtain()
        except BaseException as error:  # noqa: BLE001  handed to whoever waits
            self._settle(renewal, error)
        else:
            self._settle(renewal, session)

    def _settle(self, renewal: Future[Session], outcome: Session | BaseException) -> None:
        with self._lock:
            self._renewal = None
            if isinstance(outcome, Session):
                self._session, self._doubted = outcome, None
                self._ask_again = 0.0
            else:
                if self._session is None:
                    self._session, self._doubted = self._doubted, None
                self._ask_again = time.monotonic() + _WAIT_SECONDS
        if isinstance(outcome, Session):
            renewal.set_result(outcome)
        else:
            renewal.set_exception(outcome)

    def _is_ending(self, session: Session) -> bool:
        share = min(_MANDATORY, _MANDATORY_SECONDS / max(session.life.total_seconds(), 1.0))
        return self._left(session) <= share

    def _is_waiting(self) -> bool:
        return time.monotonic() < self._ask_again

    def _left(self, session: Session) -> float:
        return session.left(self._clock.now())


def _wait_unless_cancelled(renewal: Future[Session]) -> None:
    """Wait, for as long as what this thread works for is wanted."""
    token = CancelToken.covering()
    if token is None:
        wait([renewal])
        return
    turned = threading.Event()
    renewal.add_done_callback(lambda _: turned.set())
    unhook = token.on_cancel(turned.set)
    try:
        turned.wait()
    finally:
        unhook()
    token.raise_if_cancelled()
