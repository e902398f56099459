"""One backend that is open, and the login there."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth.device_flow import DeviceLogin
from jupyter_openeo_artifacts.auth.exceptions import LoginCancelled, NotSignedIn, SignedOutElsewhere
from jupyter_openeo_artifacts.auth.logins import StoredLogin
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.connect import ActiveLogin
from jupyter_openeo_artifacts.backends.discovery import ask_account
from jupyter_openeo_artifacts.backends.login_destination import (
    LoginDestination,
    LoginNotConfirmed,
    login_command,
)
from jupyter_openeo_artifacts.backends.login_offer import LoginOffer
from jupyter_openeo_artifacts.backends.session_status import SessionStatus
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.state.backends import forget_backend, note_sign_out
from jupyter_openeo_artifacts.state.ids import connection_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
    from jupyter_openeo_artifacts.auth.tokens import Tokens
    from jupyter_openeo_artifacts.backends.approvals import Approvals, How
    from jupyter_openeo_artifacts.backends.discovery import Probe
    from jupyter_openeo_artifacts.backends.session_status import SessionState


ATTEMPT_SECONDS = 5.0


class BackendSession:
    """A backend and who we are there, `active`; for any number of threads, by `Sessions.open`."""

    def __init__(self, backend: Probe, connection: Connection, approvals: Approvals) -> None:
        self._store = TokenStore()
        self._offer = LoginOffer(backend, self._store, approvals)
        self.reset_after_fork()
        self.id: str = connection_id(backend.backend)
        self._status: SessionStatus[BackendSession] = SessionStatus(self, self.id)
        self.active: ActiveLogin = ActiveLogin(backend, connection, self._offer, self._status)
        self.backend: str = backend.backend
        self.title: str = backend.title
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have a free lock: who signs in is not there in a forked process."""
        self._signing_in = threading.RLock()  # one attempt at a time; a listener may come back

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.backend} {self.state}>"

    @property
    def state(self) -> SessionState:
        """Whether somebody is signed in."""
        return self._status.now.state

    @property
    def user(self) -> str | None:
        """The name, else the id, of who is signed in; None if the backend does not say."""
        return self._status.now.account.user

    @property
    def subject(self) -> str:
        """What tells the account of the last login from all others; empty before the first."""
        return self._status.now.account.subject

    @property
    def problem(self) -> OpenEOArtifactsError | None:
        """Why the last login or its use failed, or why it could not be stored."""
        return self._status.now.problem

    @property
    def login(self) -> DeviceLogin | None:
        """The last login with a code."""
        return self._status.now.login

    def listen(self, callback: Callable[[BackendSession], None]) -> Callable[[], None]:
        """Call `callback` (from any thread) after each change; returns a way to stop that."""
        return self._status.listen(callback)

    @property
    def ids(self) -> frozenset[str]:
        """Ids of this connection, of each address that the backend has led to."""
        return self.active.ids

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
        now = self._status.now
        if isinstance(now.problem, LoginNotConfirmed):
            return now.problem, now.problem.destination
        waits = now.state == "signing_in"
        return now.problem, self._offer.shown if waits else self._offer.destination

    @property
    def public_only(self) -> bool:
        """Whether the backend, and whom it names, may be reached at public addresses only."""
        return self.active.backend.public_only

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
        if self.state != "signed_in" or not self.active.may_go_on():
            problem = self.problem
            if isinstance(problem, LoginNotConfirmed) and problem.changed:
                # A yes in another process may be to whom the backend names now.
                if self.sign_in_silently():
                    return self.active.connection
                problem = self.problem
            if isinstance(problem, SignedOutElsewhere | LoginNotConfirmed):
                raise problem.copy()
            raise NotSignedIn(
                f"You are not signed in at {self.title}.",
                todo="Sign in with the openEO artifacts panel, or run in a terminal:"
                f" {login_command(self.backend)}",
            )
        return self.active.connection

    def sign_in_silently(self) -> bool:
        """Sign in by what is stored or in the environment; tell whether somebody is signed in.

        Never raises; `problem` says what is wrong with a login that is there.
        """
        with self._signing_in:
            if self.state == "signed_in" and self.active.may_go_on():
                return True
            before = self._status.now
            problem: OpenEOArtifactsError | None = None
            if isinstance(before.problem, SignedOutElsewhere):
                problem = before.problem
            try:
                self.active.note_attempt()
                found = self._offer.silent_login()
                if found:
                    return self.active.begin(found.login, found.tokens, before.sign_outs)
            except OpenEOArtifactsError as error:
                problem = error
            self._status.end(
                problem,
                login=self.login,
                only=lambda now: now.state == "signed_out" and now.problem is not problem,
            )
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
            before = self._status.now
            if before.state == "signed_in":
                return
            self.active.note_attempt()
            try:
                found = self._offer.confirmed_login(shown, service=service)
            except OpenEOArtifactsError:
                self.sign_in_silently()
                raise
            if found:
                self.active.begin(found.login, found.tokens, before.sign_outs)

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
            if not self.active.is_still_approved():
                forget_backend(self.backend, self.active.backend.root)

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
                if not self.active.is_still_approved():
                    self.openeo()
                self.active.follow()

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
            now = self._status.now
            if now.state == "signed_in":
                return DeviceLogin(None, None, lambda _: None)
            if now.login and now.login.state == "pending":
                return now.login
            self.active.note_attempt()
            try:
                self._store.require_usable()
                client, code = self._offer.device_code()
            except OpenEOArtifactsError as error:
                self._status.end(error)
                raise
            login = DeviceLogin(client, code, lambda tokens: self._finish(login, client, tokens))
            login.listen(self._login_ended)
            self._status.wait_for_code(login)
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
        alone = self._signing_in.acquire(timeout=ATTEMPT_SECONDS)
        try:
            before = self._status.sign_out()
            with suppress(RecordsUnusable):  # those that learn of it in no other way go on
                note_sign_out(self.ids, before.account.user or "")
            if before.login:
                before.login.cancel()
            try:
                if before.tokens:
                    before.tokens.close()
                    before.tokens.login.end()
                else:
                    self._offer.forget()
            finally:
                self._offer.withdraw()
        finally:
            if alone:
                self._signing_in.release()

    def _finish(self, login: DeviceLogin, client: OAuthClient, tokens: Tokens) -> None:
        began = self._status.now
        stored = StoredLogin(client, self._store)
        if began.login is login:
            there = self._offer.use_shown_destination()
            account, problem = ask_account(there, stored, tokens.access_token)  # slow: no lock
            with self._signing_in:
                self._offer.use_shown_destination()
                self.active.follow()
                if login.settle():
                    stored.begin(tokens)
                    self._offer.approve_device_login()
                    problem = problem or stored.problem
                    if self.active.use(stored, tokens, account, problem, began.sign_outs):
                        return
        raise LoginCancelled("The sign-in was cancelled.", todo="Sign in again.")

    def _login_ended(self, login: DeviceLogin) -> None:
        if login.state != "signed_in":
            self._status.end(
                login.problem,
                login=login,
                only=lambda now: now.login is login and now.state == "signing_in",
            )
