"""One backend that is open, and the login there."""

from __future__ import annotations

import logging
import secrets
import threading
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from jupyter_openeo_artifacts.auth.device_flow import DeviceLogin
from jupyter_openeo_artifacts.auth.exceptions import (
    LoginCancelled,
    LoginNotAccepted,
    NotSignedIn,
    SignedOutElsewhere,
)
from jupyter_openeo_artifacts.auth.refresh_token_login import StoredLogin
from jupyter_openeo_artifacts.auth.token_provider import TokenProvider
from jupyter_openeo_artifacts.auth.token_response import jwt_account
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.connect import FreshBearerAuth, connect
from jupyter_openeo_artifacts.backends.discovery import ask_name
from jupyter_openeo_artifacts.backends.login_destination import (
    LoginDestination,
    LoginNotConfirmed,
    login_command,
)
from jupyter_openeo_artifacts.backends.login_offer import LoginOffer
from jupyter_openeo_artifacts.concurrency.process_end import begin_anew_after_fork
from jupyter_openeo_artifacts.concurrency.signal import Signal
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.state.ids import connection_id
from jupyter_openeo_artifacts.state.last_backend import forget_backend, remember_backend
from jupyter_openeo_artifacts.state.sign_outs import SignOut, last_sign_out, note_sign_out

if TYPE_CHECKING:
    from collections.abc import Callable

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
    from jupyter_openeo_artifacts.auth.token_provider import Login
    from jupyter_openeo_artifacts.auth.token_response import Tokens
    from jupyter_openeo_artifacts.backends.approvals import Approvals, How
    from jupyter_openeo_artifacts.backends.discovery import Probe


SessionState = Literal["signed_out", "signing_in", "signed_in"]


_ATTEMPT_SECONDS = 5.0


_log = logging.getLogger(__name__)


class BackendSession:
    """A backend and who we are there. `Sessions.open` makes one.

    `signed_out`: nobody. `signing_in`: a code waits to be entered (`login`). `signed_in`: requests
    of `openeo()` carry a token, until somebody signs out or the provider ends the login.

    Safe for threads: the state changes all at once under one lock; listeners are told after it.
    """

    def __init__(self, backend: Probe, connection: Connection, approvals: Approvals) -> None:
        self._connection, self._connected = connection, backend
        self._store = TokenStore()
        self._offer = LoginOffer(backend, self._store, approvals)
        self._listeners: Signal[BackendSession] = Signal()
        self.begin_anew()
        self._state: SessionState = "signed_out"
        # The last one when this login began; None while it is not known.
        self._sign_out: SignOut | None = SignOut()
        self._left = 0  # times that somebody has signed out: what began before counts no more
        self._user: str | None = None
        self.subject = ""
        """What tells the account of the last login from all others; empty before the first."""
        self._problem: OpenEOArtifactsError | None = None
        self._login: DeviceLogin | None = None
        self._keeper: TokenProvider | None = None
        self.id = connection_id(backend.backend)
        # An openEO connection made in a notebook knows only the address that discovery led to.
        self.ids = frozenset({self.id, connection_id(backend.root)})
        self.backend = backend.backend
        self.title = backend.title
        begin_anew_after_fork(self)

    def begin_anew(self) -> None:
        """Have free locks: who signs in is not there in a forked process."""
        self._lock = threading.Lock()  # the fields
        self._signing_in = threading.RLock()  # one attempt at a time; a listener may come back

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.backend} {self._state}>"

    @property
    def state(self) -> SessionState:
        """Whether somebody is signed in."""
        return self._state

    @property
    def user(self) -> str | None:
        """The name, else the id, of who is signed in; None if the backend does not say."""
        return self._user

    @property
    def problem(self) -> OpenEOArtifactsError | None:
        """Why the last login or its use failed, or why it could not be stored."""
        return self._problem

    @property
    def login(self) -> DeviceLogin | None:
        """The last login with a code."""
        return self._login

    def listen(self, callback: Callable[[BackendSession], None]) -> Callable[[], None]:
        """Call `callback` (from any thread) after each change; returns a way to stop that."""
        return self._listeners.add(callback)

    def artifact_capabilities(self) -> Any:
        """Return the raw value of `artifacts` in the capabilities, None where there is none."""
        return self._offer.backend.artifacts

    @property
    def destination(self) -> LoginDestination | None:
        """Where the login goes, or would go; None where the backend offers none."""
        return self.question()[1]

    def question(self) -> tuple[OpenEOArtifactsError | None, LoginDestination | None]:
        """Return `problem`, and the `destination` that its text or the code's page is about.

        They are of one moment: the backend may be asked again meanwhile, and name others.
        """
        with self._lock:
            problem, waits = self._problem, self._state == "signing_in"
        if isinstance(problem, LoginNotConfirmed):
            return problem, problem.destination
        return problem, self._offer.shown if waits else self._offer.destination

    @property
    def public_only(self) -> bool:
        """Whether the backend, and whom it names, may be reached at public addresses only."""
        return self._connected.public_only

    def approved(self) -> How | None:
        """Return how the login's use here was approved, None where it was not."""
        return self._offer.approved()

    def openeo(self) -> Connection:
        """Return the openEO client's connection; its token is renewed automatically.

        Raises
        ------
        NotSignedIn
            Nobody is signed in.
        LoginNotConfirmed
            There is a login, but nobody has agreed to its use here.
        """
        if self._state != "signed_in" or not self._may_go_on():
            problem = self._problem
            if isinstance(problem, LoginNotConfirmed) and problem.changed:
                # A yes in another process may be to whom the backend names now.
                if self.sign_in_silently():
                    return self._connection
                problem = self._problem
            if isinstance(problem, SignedOutElsewhere):
                raise SignedOutElsewhere(problem.title)
            if isinstance(problem, LoginNotConfirmed):
                raise problem.copy()
            raise NotSignedIn(
                f"You are not signed in at {self.title}.",
                todo="Sign in with the openEO artifacts panel, or run in a terminal:"
                f" {login_command(self.backend)}",
            )
        return self._connection

    def sign_in_silently(self) -> bool:
        """Sign in by what is stored or in the environment; tell whether somebody is signed in.

        Never raises; `problem` says what is wrong with a login that is there.
        """
        with self._signing_in:
            if self._state == "signed_in" and self._may_go_on():
                return True
            ended = self._problem
            problem: OpenEOArtifactsError | None = None
            if isinstance(ended, SignedOutElsewhere):
                problem = ended
            try:
                self._sign_out, left = last_sign_out(self.id), self._left
                found = self._offer.silent_login()
                if found:
                    return self._begin(found.login, found.tokens, left)
            except OpenEOArtifactsError as error:
                problem = error
            with self._lock:
                news = self._state == "signed_out" and self._problem is not problem
            if news:
                self._change("signed_out", problem=problem, login=self._login)
            return self.state == "signed_in"

    def confirm(self, shown: LoginDestination, *, service: bool = False) -> None:
        """Agree that the login goes exactly where `shown` says, and sign in by it.

        `service` tells whether it may be a service account's, as for `LoginOffer.confirmed_login`.

        Raises
        ------
        LoginDestinationChanged
            The backend names others now, which `problem` has; nothing was sent.
        OpenEOArtifactsError
            Signing in fails; it is agreed to all the same.
        """
        with self._signing_in:
            if self._state == "signed_in":
                return
            self._sign_out, left = last_sign_out(self.id), self._left
            try:
                found = self._offer.confirmed_login(shown, service=service)
            except OpenEOArtifactsError:
                self.sign_in_silently()
                raise
            if found:
                self._begin(found.login, found.tokens, left)

    def withdraw(self) -> None:
        """Agree no longer to the use of a login here; it stays stored, for other backends.

        The backend is not remembered as the one used last, so that nothing goes on there tomorrow.

        Raises
        ------
        RecordsUnusable
            It cannot be noted.
        """
        with self._signing_in:
            self._offer.withdraw()
            if not self._is_still_approved():
                forget_backend(self.backend, self._connected.root)

    def require_storage(self, sts: str, s3: str) -> None:
        """Return if the login may be shown to a storage, given by its endpoints.

        Raises
        ------
        LoginNotConfirmed
            The backend named others when the login was approved; nobody is signed in now.
        BackendNotAllowed
            One is in a private network, where this server does not go.
        """
        self._offer.require_public(sts, s3)
        with self._signing_in:
            if not self._offer.covers(sts, s3):
                if not self._is_still_approved():
                    self.openeo()
                self._follow()

    def start_login(self) -> DeviceLogin:
        """Start a login with a code, or return the one under way; waits for the code to come.

        Where somebody is signed in already the login that is returned has ended so.

        Raises
        ------
        LoginNotPossible, LoginFailed, LoginProviderUnreachable, LoginProviderFailed
            The backend or its provider has no code for us.
        BackendUnreachable, BackendFailed
            The backend does not say who its provider is.
        TokenStoreNotPrivate, TokenStoreUnreadable
            The login could not be stored afterwards.
        """
        with self._signing_in:
            if self._state == "signed_in":
                return DeviceLogin(None, None, lambda _: None)
            if self._login and self._login.state == "pending":
                return self._login
            self._sign_out = last_sign_out(self.id)
            try:
                self._store.require_usable()
                client, code = self._offer.device_code()
            except OpenEOArtifactsError as error:
                self._change("signed_out", problem=error)
                raise
            login = DeviceLogin(client, code, lambda tokens: self._finish(login, client, tokens))
            login.listen(self._login_ended)
            self._change("signing_in", login=login)
            login.start()
            return login

    def sign_out(self) -> None:
        """Forget the login: here, in openEO's token store and, if it can be told, at the provider.

        Raises
        ------
        OpenEOArtifactsError
            The stored token could not be removed; nobody is signed in here all the same.
        """
        # An attempt under way would store its login after we have removed it. It may hang, though.
        alone = self._signing_in.acquire(timeout=_ATTEMPT_SECONDS)
        try:
            with self._lock:
                self._left += 1
                keeper, login, user = self._keeper, self._login, self._user
            self._change("signed_out")
            with suppress(RecordsUnusable):  # those that learn of it in no other way go on
                note_sign_out(self.ids, user or "")
            if login:
                login.cancel()
            try:
                if keeper:
                    keeper.close()
                    keeper.login.end()
                else:
                    self._offer.forget()
            finally:
                self._offer.withdraw()
        finally:
            if alone:
                self._signing_in.release()

    def _may_go_on(self) -> bool:
        """Tell whether the login may be used for one thing more; end it where it may not."""
        with self._lock:
            keeper = self._keeper
        stored = keeper is not None and isinstance(keeper.login, StoredLogin)
        last = last_sign_out(self.id)
        self._sign_out = self._sign_out or last
        # What the environment says holds whatever a person does in the panel.
        if not stored or last in (None, self._sign_out):
            return self._is_still_approved()
        self._change("signed_out", problem=SignedOutElsewhere(self.title))
        if keeper:
            keeper.close()
        return False

    def _is_still_approved(self) -> bool:
        """Tell whether the login may go on; end its use here where that was withdrawn."""
        try:
            self._offer.require_approved()
        except LoginNotConfirmed as problem:
            with self._lock:
                signed_in, keeper = self._state == "signed_in", self._keeper
            if signed_in:
                self._change("signed_out", problem=problem)
            if keeper:
                keeper.close()
            return False
        return True

    def _finish(self, login: DeviceLogin, client: OAuthClient, tokens: Tokens) -> None:
        with self._lock:
            current, left = self._login is login, self._left
        stored = StoredLogin(client, self._store)
        if current:
            there = self._offer.go_where_shown()
            user, problem = ask_name(there, stored, tokens.access_token)  # slow: no lock
            with self._signing_in:
                self._offer.go_where_shown()
                self._follow()
                if login.settle():
                    stored.begin(tokens)
                    self._offer.approve_device_login()
                    if self._use(stored, tokens, user, problem or stored.problem, left):
                        return
        raise LoginCancelled("The sign-in was cancelled.", todo="Sign in again.")

    def _login_ended(self, login: DeviceLogin) -> None:
        with self._lock:
            ours = self._login is login and self._state == "signing_in"
        if ours and login.state != "signed_in":
            self._change("signed_out", problem=login.problem, login=login)

    def _begin(self, login: Login, tokens: Tokens, left: int) -> bool:
        """Take a login into use, at the root that it was approved for; the rest as of `_use`."""
        self._follow()
        user, problem = ask_name(self._connected, login, tokens.access_token)
        return self._use(login, tokens, user, problem, left)

    def _use(
        self,
        login: Login,
        tokens: Tokens,
        user: str | None,
        problem: OpenEOArtifactsError | None,
        left: int,
    ) -> bool:
        """Be signed in by a login; end it and return false where somebody has signed out since.

        Parameters
        ----------
        left
            How often somebody had signed out when the attempt began.
        """
        keeper = TokenProvider(
            login,
            tokens,
            renewed=lambda: self._renewed(keeper),
            lost=lambda problem: self._lost(keeper, problem),
        )
        with self._lock:
            counts = self._left == left
            if counts:
                self._connection.auth = FreshBearerAuth(keeper)
                self._state, self._user, self._problem = "signed_in", user, problem
                self.subject = _subject_of(tokens.access_token)
                self._keeper = keeper
        if not counts:
            keeper.close()
            with suppress(OpenEOArtifactsError):
                login.end()
            with suppress(RecordsUnusable):
                self._offer.withdraw()
            return False
        with suppress(RecordsUnusable):  # a convenience for kernels, not worth a failure
            remember_backend(self.backend)
        self._tell("signed_in")
        return True

    def _follow(self) -> None:
        """Connect again where the backend names others now: tokens go where was asked.

        The openEO client and the artifact helper of a connection remember what was named before.
        """
        destination, before = self._offer.destination, self._connected
        now = self._offer.backend.artifacts
        if destination is None or (destination.root, now) == (before.root, before.artifacts):
            return
        there = replace(self._offer.backend, root=destination.root)
        connection = connect(there)
        connection.auth = self._connection.auth
        self._connection, self._connected = connection, there
        self.ids |= {connection_id(there.root)}

    def _renewed(self, keeper: TokenProvider) -> None:
        user, problem = self._user, keeper.login.problem
        if keeper.login.owner_changed:
            # The helper of before has a storage session of the other account.
            self._connection.auth = FreshBearerAuth(keeper)
            token = keeper.access_token()
            self.subject = _subject_of(token)
            user, problem = ask_name(self._connected, keeper.login, token)
        elif isinstance(self._problem, LoginNotAccepted):
            problem = self._problem  # another token of the same person changes nothing there
        with self._lock:
            news = self._keeper is keeper and (self._user, self._problem) != (user, problem)
            if news:
                self._user, self._problem = user, problem
        if news:
            self._tell("signed_in")

    def _lost(self, keeper: TokenProvider, problem: OpenEOArtifactsError) -> None:
        with self._lock:
            same = self._keeper is keeper
        if same:
            self._change("signed_out", problem=problem)

    def _change(
        self,
        state: SessionState,
        *,
        problem: OpenEOArtifactsError | None = None,
        login: DeviceLogin | None = None,
    ) -> None:
        """Have nobody signed in, all at once, then tell."""
        with self._lock:
            self._state, self._user, self._problem = state, None, problem
            self._login, self._keeper = login, None
        self._tell(state)

    def _tell(self, state: SessionState) -> None:
        _log.info("Connection %s is %s", self.id, state)
        self._listeners.tell(self)


def _subject_of(access_token: str) -> str:
    # One that cannot be told by its token is taken for another one at each sign-in.
    return jwt_account(access_token) or secrets.token_hex(16)
