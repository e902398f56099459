"""Who is signed in at one backend."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, Literal, TypeVar

from jupyter_openeo_artifacts.backends.discovery import Account
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.concurrency.signal import Signal

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.auth.device_flow import DeviceLogin
    from jupyter_openeo_artifacts.auth.tokens import TokenProvider
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


SessionState = Literal["signed_out", "signing_in", "signed_in"]
"""`signed_out`: nobody. `signing_in`: a code waits to be entered. `signed_in`: requests carry a
token, until somebody signs out or the provider ends the login."""

_T = TypeVar("_T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Status:
    """What holds at one moment.

    Parameters
    ----------
    account
        Of who is signed in; without a user where nobody is, with the subject of who was last.
    problem
        Why the last login or its use failed, or why it could not be stored.
    login
        The last login with a code.
    tokens
        Renews the tokens of who is signed in.
    sign_outs
        How often somebody has signed out: what began before counts no more.
    """

    state: SessionState = "signed_out"
    account: Account = field(default_factory=Account)
    problem: OpenEOArtifactsError | None = None
    login: DeviceLogin | None = None
    tokens: TokenProvider | None = None
    sign_outs: int = 0


class SessionStatus(Generic[_T]):
    """The status of a session: changed all at once under one lock, listeners are told after it.

    Parameters
    ----------
    session
        What listeners are told of.
    connection
        Its id, for the log.
    """

    def __init__(self, session: _T, connection: str) -> None:
        self._session = session
        self._connection = connection
        self._listeners: Signal[_T] = Signal()
        self._now = Status()
        self.reset_after_fork()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a lock that no thread of the parent holds."""
        self._lock = threading.Lock()

    @property
    def now(self) -> Status:
        """What holds."""
        with self._lock:
            return self._now

    def listen(self, callback: Callable[[_T], None]) -> Callable[[], None]:
        """Call `callback` (from any thread) after each change; returns a way to stop that."""
        return self._listeners.add(callback)

    def begin(
        self,
        tokens: TokenProvider,
        account: Account,
        problem: OpenEOArtifactsError | None,
        sign_outs: int,
        also: Callable[[], None],
    ) -> bool:
        """Have somebody signed in; false, and no change, where somebody has signed out since.

        Parameters
        ----------
        sign_outs
            How often that was when the attempt began.
        also
            What is to change in the same moment.
        """
        with self._lock:
            if self._now.sign_outs != sign_outs:
                return False
            also()
            self._now = replace(
                self._now, state="signed_in", account=account, problem=problem, tokens=tokens
            )
        self._tell()
        return True

    def end(
        self,
        problem: OpenEOArtifactsError | None = None,
        *,
        login: DeviceLogin | None = None,
        only: Callable[[Status], bool] = lambda _: True,
    ) -> None:
        """Have nobody signed in, if it is as `only` asks for."""
        self._end("signed_out", problem, login, only)

    def wait_for_code(self, login: DeviceLogin) -> None:
        """Have nobody signed in, but a code to be entered."""
        self._end("signing_in", None, login, lambda _: True)

    def sign_out(self) -> Status:
        """Have nobody signed in, whatever is on its way; return what held before."""
        with self._lock:
            before = self._now
            self._now = Status(
                account=Account(subject=before.account.subject), sign_outs=before.sign_outs + 1
            )
        self._tell()
        return before

    def change(
        self, tokens: TokenProvider, account: Account, problem: OpenEOArtifactsError | None
    ) -> None:
        """Note what is known of who is signed in by `tokens`, if that is still so."""
        with self._lock:
            now = self._now
            news = now.tokens is tokens and (now.account, now.problem) != (account, problem)
            if news:
                self._now = replace(now, account=account, problem=problem)
        if news:
            self._tell()

    def _end(
        self,
        state: SessionState,
        problem: OpenEOArtifactsError | None,
        login: DeviceLogin | None,
        only: Callable[[Status], bool],
    ) -> None:
        with self._lock:
            now = self._now
            if not only(now):
                return
            account = Account(subject=now.account.subject)
            self._now = Status(state, account, problem, login, sign_outs=now.sign_outs)
        self._tell()

    def _tell(self) -> None:
        _log.info("Connection %s is %s", self._connection, self._now.state)
        self._listeners.tell(self._session)
