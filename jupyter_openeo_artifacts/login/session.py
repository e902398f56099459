"""One backend that is open, and the login there."""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Literal

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.login.account import user_name
from jupyter_openeo_artifacts.login.device import DeviceLogin
from jupyter_openeo_artifacts.login.device_code import DeviceCode
from jupyter_openeo_artifacts.login.exceptions import (
    BackendFailed,
    BackendRedirects,
    BackendUnreachable,
    LoginCancelled,
    LoginNotAccepted,
    LoginNotPossible,
    NotSignedIn,
)
from jupyter_openeo_artifacts.login.keeper import TokenKeeper
from jupyter_openeo_artifacts.login.listed import listed_providers
from jupyter_openeo_artifacts.login.listeners import Listeners
from jupyter_openeo_artifacts.login.oauth import OAuthClient
from jupyter_openeo_artifacts.login.provider import LoginProvider
from jupyter_openeo_artifacts.login.silent import sign_in_silently
from jupyter_openeo_artifacts.login.stored_login import StoredLogin
from jupyter_openeo_artifacts.login.token_store import TokenStore
from jupyter_openeo_artifacts.records.ids import connection_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.login.keeper import Login
    from jupyter_openeo_artifacts.login.probe import Probe
    from jupyter_openeo_artifacts.login.tokens import Tokens

SessionState = Literal["signed_out", "signing_in", "signed_in"]
_ATTEMPT_SECONDS = 5.0
_log = logging.getLogger(__name__)


class BackendSession:
    """A backend and who we are there. `Sessions.open` makes one.

    `signed_out`: nobody. `signing_in`: a code waits to be entered (`login`). `signed_in`: requests
    of `openeo()` carry a token, until somebody signs out or the provider ends the login.

    Safe for threads: the state changes in one method under one lock; listeners hear of it after.
    """

    def __init__(self, backend: Probe, connection: Connection, *, with_secret: bool = True) -> None:
        self._with_secret = with_secret
        self._backend = backend
        self._connection = connection
        self._store = TokenStore()
        self._listeners: Listeners[BackendSession] = Listeners()
        self._lock = threading.Lock()  # the fields below
        self._signing_in = threading.RLock()  # one attempt at a time; a listener may come back
        self._state: SessionState = "signed_out"
        self._user: str | None = None
        self._problem: OpenEOArtifactsError | None = None
        self._login: DeviceLogin | None = None
        self._keeper: TokenKeeper | None = None
        self.id = connection_id(backend.backend)
        # An openEO connection made in a notebook knows only the address that discovery led to.
        self.ids = frozenset({self.id, connection_id(backend.root)})
        self.backend = backend.backend
        self.title = backend.title

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
        return self._backend.artifacts

    def openeo(self) -> Connection:
        """Return the openEO client's connection; its token is renewed by itself.

        Raises
        ------
        NotSignedIn
            Nobody is signed in.
        """
        if self._state != "signed_in":
            raise NotSignedIn(f"You are not signed in at {self.title}.", todo="Sign in first.")
        return self._connection

    def sign_in_silently(self) -> bool:
        """Sign in by what is stored or in the environment; tell whether somebody is signed in.

        Never raises; `problem` says what is wrong with a login that is there.
        """
        with self._signing_in:
            if self._state == "signed_in":
                return True
            problem: OpenEOArtifactsError | None = None
            try:
                found = sign_in_silently(self._backend, self._store, with_secret=self._with_secret)
                if found:
                    self._begin(*found)
                    return True
            except OpenEOArtifactsError as error:
                problem = error
            with self._lock:
                news = self._state == "signed_out" and self._problem is not problem
            if news:
                self._change("signed_out", problem=problem, login=self._login)
            return self.state == "signed_in"

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
            try:
                self._store.require_usable()
                client, code = self._device_code()
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
                keeper, login = self._keeper, self._login
            self._change("signed_out")
            if login:
                login.cancel()
            if keeper:
                keeper.close()
                keeper.login.end()
            else:
                self._forget_stored()
        finally:
            if alone:
                self._signing_in.release()

    def _forget_stored(self) -> None:
        """Take off the store what could not be used, such as while a provider is down."""
        with suppress(BackendUnreachable, BackendFailed, BackendRedirects, LoginNotPossible):
            for one in listed_providers(self._backend):
                if one.client_id:
                    self._store.remove(one.issuer, one.client_id)

    def _device_code(self) -> tuple[OAuthClient, DeviceCode]:
        problem: LoginNotPossible | None = None
        for one in listed_providers(self._backend):
            try:
                client = OAuthClient(LoginProvider.discover(one))
                return client, DeviceCode.request(client)
            except LoginNotPossible as error:  # this provider cannot, perhaps the next one can
                problem = problem or error
        assert problem
        raise problem

    def _finish(self, login: DeviceLogin, client: OAuthClient, tokens: Tokens) -> None:
        with self._lock:
            current = self._login is login
        if not current:
            raise LoginCancelled("The sign-in was cancelled.", todo="Sign in again.")
        stored = StoredLogin(client, self._store)
        stored.begin(tokens)
        self._begin(stored, tokens)

    def _login_ended(self, login: DeviceLogin) -> None:
        with self._lock:
            ours = self._login is login and self._state == "signing_in"
        if ours and login.state != "signed_in":
            self._change("signed_out", problem=login.problem, login=login)

    def _begin(self, login: Login, tokens: Tokens) -> None:
        """Take a login into use."""
        from jupyter_openeo_artifacts.login.bearer import FreshBearerAuth

        keeper = TokenKeeper(
            login,
            tokens,
            renewed=lambda: self._renewed(keeper),
            lost=lambda problem: self._lost(keeper, problem),
        )
        user, problem = self._ask_name(login, tokens.access_token)
        self._connection.auth = FreshBearerAuth(keeper)
        self._change("signed_in", user=user, problem=problem, keeper=keeper, login=self._login)

    def _ask_name(
        self, login: Login, access_token: str
    ) -> tuple[str | None, OpenEOArtifactsError | None]:
        try:
            user = user_name(self._backend, f"oidc/{login.provider_id}/{access_token}")
        except LoginNotAccepted as error:
            return None, error
        return user, login.problem

    def _renewed(self, keeper: TokenKeeper) -> None:
        user, problem = self._user, keeper.login.problem
        if keeper.login.changed_hands:
            user, problem = self._ask_name(keeper.login, keeper.access_token())
        elif isinstance(self._problem, LoginNotAccepted):
            problem = self._problem  # another token of the same person changes nothing there
        with self._lock:
            same = self._keeper is keeper
        if same and (user != self._user or problem is not self._problem):
            self._change("signed_in", user=user, problem=problem, keeper=keeper, login=self._login)

    def _lost(self, keeper: TokenKeeper, problem: OpenEOArtifactsError) -> None:
        with self._lock:
            same = self._keeper is keeper
        if same:
            self._change("signed_out", problem=problem)

    def _change(
        self,
        state: SessionState,
        *,
        user: str | None = None,
        problem: OpenEOArtifactsError | None = None,
        login: DeviceLogin | None = None,
        keeper: TokenKeeper | None = None,
    ) -> None:
        """Change all at once, then tell."""
        with self._lock:
            self._state, self._user, self._problem = state, user, problem
            self._login, self._keeper = login, keeper
        _log.info("Connection %s is %s", self.id, state)
        self._listeners.tell(self)
