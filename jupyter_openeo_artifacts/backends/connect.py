"""openEO's own client for our sessions, and the login that one uses, whose token stays fresh."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import requests
from openeo.rest import OpenEoApiPlainError
from openeo.rest.auth.auth import OidcBearerAuth
from openeo.rest.connection import Connection

from jupyter_openeo_artifacts.auth.exceptions import (
    BackendFailed,
    BackendRedirects,
    LoginNotAccepted,
    NotSignedIn,
    SignedOutElsewhere,
)
from jupyter_openeo_artifacts.auth.http_adapter import leave_connections
from jupyter_openeo_artifacts.auth.http_client import BoundedSession, refuses_token
from jupyter_openeo_artifacts.auth.logins import StoredLogin
from jupyter_openeo_artifacts.auth.tokens import TokenProvider
from jupyter_openeo_artifacts.backends.discovery import ask_account, unreachable
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.concurrency.cancellation import call_with_timeout
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, RecordsUnusable
from jupyter_openeo_artifacts.state.backends import SignOut, last_sign_out, remember_backend
from jupyter_openeo_artifacts.state.ids import connection_id
from jupyter_openeo_artifacts.urls import host_of, origin

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.tokens import Login, Tokens
    from jupyter_openeo_artifacts.backends.discovery import Account, Probe
    from jupyter_openeo_artifacts.backends.login_offer import LoginOffer
    from jupyter_openeo_artifacts.backends.session_status import SessionStatus

SECONDS = 6.0
USE_SECONDS = 60
"""The longest silence in an answer once connected."""


def connect(backend: Probe) -> Connection:
    """Return a connection of the openEO client, not authenticated.

    Its requests have time-outs, and none with a token is redirected to another host.

    Raises
    ------
    BackendUnreachable, BackendFailed, BackendRedirects
        The backend has changed its mind since it was probed; after `SECONDS` at the latest.
    """

    def call() -> Any:
        return QuietConnection(
            backend.root,
            session=BoundedSession(USE_SECONDS, once_more=True, public_only=backend.public_only),
            default_timeout=USE_SECONDS,
        )

    host = host_of(backend.backend)
    try:
        connection = call_with_timeout(SECONDS, call, name=f"connecting to {host}")
    except (requests.RequestException, TimeoutError) as error:
        raise unreachable(error, backend.backend) from error
    except OpenEOArtifactsError:
        raise
    except Exception as error:  # whatever the client makes of an odd document
        raise BackendFailed(
            f"{host} does not answer as the openEO client expects.",
            todo="Try again later; if it stays so, tell the provider of the backend.",
        ) from error
    if origin(connection.root_url) != origin(backend.root):
        raise BackendRedirects(
            f"{host} sends its users to {host_of(connection.root_url)}.",
            todo="If you trust that address, enter it instead.",
        )
    found: Connection = connection
    return found


class QuietConnection(Connection):
    """A connection that asks nothing twice and prints no answer.

    Importing this module imports openeo.
    """

    @classmethod
    def version_discovery(cls, url: str, *_: Any, **__: Any) -> str:
        """Return `url`: `probe` has followed what the backend says of its versions."""
        return url

    def _raise_api_error(self, response: requests.Response) -> None:
        """Raise what a failed answer means; the client logs a page in full, as a warning."""
        said: Any = None
        with suppress(ValueError, RecursionError):
            said = response.json()
        words = [said.get(name) for name in ("code", "message")] if isinstance(said, dict) else []
        if words and all(isinstance(word, str) and word for word in words):
            super()._raise_api_error(response)
        status = response.status_code
        raise OpenEoApiPlainError(f"no error of openEO (HTTP {status})", http_status_code=status)


_RESENDABLE = (type(None), bytes, str)


class FreshBearerAuth(OidcBearerAuth):
    """An `OidcBearerAuth` whose `bearer` is renewed in time, and once more when it is refused.

    The openEO client's own renewal keeps its first refresh token and so fails at a provider that
    rotates them (openeo 0.53, `Connection.try_access_token_refresh`); it stays out of the way
    because the connection has no renewer.

    Importing this module imports openeo.
    """

    def __init__(self, tokens: TokenProvider) -> None:  # the parent's would set `bearer` for good
        self._tokens = tokens

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._tokens.login.provider_id}>"

    @property
    def bearer(self) -> str:  # type: ignore[override]  # the parent keeps one for good
        """What goes after "Bearer", in the form of the openEO API: `oidc/<provider>/<token>`.

        Raises
        ------
        NotSignedIn
            The login has ended.
        OpenEOArtifactsError
            The provider does not answer; try again later.
        """
        return self._spelled(self._tokens.access_token())

    def __call__(self, req: Any) -> Any:
        """Put the token on a prepared request; see `requests.auth.AuthBase`."""
        req = super().__call__(req)
        req.register_hook("response", self._once_more)
        return req

    def _once_more(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        """Send the request again where its token was refused and a newer one is to be had."""
        request = response.request
        sent = str(request.headers.get("Authorization", "")).removeprefix(self._prefix)
        if not refuses_token(response) or not isinstance(request.body, _RESENDABLE):
            return response
        token = self._tokens.refresh_after_401(sent)
        if token == sent:
            return response
        response.content  # noqa: B018  # read to its end, so that the connection is free again
        response.close()
        again: Any = request.copy()
        again.deregister_hook("response", self._once_more)
        again.headers["Authorization"] = f"Bearer {self._spelled(token)}"
        second: requests.Response = response.connection.send(again, **kwargs)
        second.history.append(response)
        second.request = again
        return second

    @property
    def _prefix(self) -> str:
        return f"Bearer {self._spelled('')}"

    def _spelled(self, token: str) -> str:
        return f"oidc/{self._tokens.login.provider_id}/{token}"


class ActiveLogin:
    """Who is signed in, as the backend's API and a storage's STS are shown it.

    Attributes
    ----------
    backend
        Where `connection` leads, which carries the login.
    ids
        Ids of the connection: one made in a notebook knows only the address that discovery led to.
    """

    def __init__(
        self, backend: Probe, connection: Connection, offer: LoginOffer, status: SessionStatus[Any]
    ) -> None:
        self.backend: Probe = backend
        self.connection: Connection = connection
        self._offer, self._status = offer, status
        self._id = connection_id(backend.backend)
        self.ids: frozenset[str] = frozenset({self._id, connection_id(backend.root)})
        # The last one when this login began; None while it is not known.
        self._sign_out: SignOut | None = SignOut()
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have no connection of the parent's: two processes would read each other's answers."""
        leave_connections(self.connection.session)

    @property
    def account(self) -> str:
        """The name, else the id, that the backend has for the login; empty if it tells neither."""
        return self._status.now.account.user or ""

    def access_token(self) -> str:
        """Return an access token that is good for a minute more; errors of `TokenProvider`."""
        return self._tokens.access_token()

    def refresh_after_401(self, refused: str) -> str:
        """Return the token to try after `refused` was; see `TokenProvider.refresh_after_401`."""
        return self._tokens.refresh_after_401(refused)

    @property
    def _tokens(self) -> TokenProvider:
        tokens = self._status.now.tokens
        if tokens is None:
            raise NotSignedIn("You are not signed in.", todo="Sign in again.")
        return tokens

    def note_attempt(self) -> None:
        """Note that somebody begins to sign in: who has signed out before does not count."""
        self._sign_out = last_sign_out(self._id)

    def begin(self, login: Login, tokens: Tokens, sign_outs: int) -> bool:
        """Take a login into use, at the root that it was approved for; the rest as of `use`."""
        self.follow()
        account, problem = ask_account(self.backend, login, tokens.access_token)
        return self.use(login, tokens, account, problem, sign_outs)

    def use(
        self,
        login: Login,
        tokens: Tokens,
        account: Account,
        problem: OpenEOArtifactsError | None,
        sign_outs: int,
    ) -> bool:
        """Be signed in by a login; end it and return false where somebody has signed out since.

        Parameters
        ----------
        sign_outs
            How often somebody had signed out when the attempt began.
        """
        provider = TokenProvider(
            login,
            tokens,
            renewed=lambda: self._renewed(provider),
            lost=lambda problem: self._lost(provider, problem),
        )

        def authorize() -> None:
            self.connection.auth = FreshBearerAuth(provider)

        if self._status.begin(provider, account, problem, sign_outs, authorize):
            with suppress(RecordsUnusable):  # a convenience for kernels, not worth a failure
                remember_backend(self.backend.backend)
            return True
        provider.close()
        with suppress(OpenEOArtifactsError):
            login.end()
        with suppress(RecordsUnusable):
            self._offer.withdraw()
        return False

    def follow(self) -> None:
        """Connect again where the backend names others now: tokens go where was asked.

        The openEO client and the artifact helper of a connection remember what was named before.
        """
        destination, before = self._offer.destination, self.backend
        now = self._offer.backend.artifacts
        if destination is None or (destination.root, now) == (before.root, before.artifacts):
            return
        there = replace(self._offer.backend, root=destination.root)
        connection = connect(there)
        connection.auth = self.connection.auth
        self.connection, self.backend = connection, there
        self.ids |= {connection_id(there.root)}

    def _renewed(self, tokens: TokenProvider) -> None:
        now = self._status.now
        account, problem = now.account, tokens.login.problem
        if tokens.login.owner_changed:
            # The helper of before has a storage session of the other account.
            self.connection.auth = FreshBearerAuth(tokens)
            token = tokens.access_token()
            account, problem = ask_account(self.backend, tokens.login, token)
        elif isinstance(now.problem, LoginNotAccepted):
            problem = now.problem  # another token of the same person changes nothing there
        self._status.change(tokens, account, problem)

    def _lost(self, tokens: TokenProvider, problem: OpenEOArtifactsError) -> None:
        self._status.end(problem, only=lambda now: now.tokens is tokens)

    def may_go_on(self) -> bool:
        """Tell whether the login may be used for one thing more; end it where it may not."""
        tokens = self._status.now.tokens
        stored = tokens is not None and isinstance(tokens.login, StoredLogin)
        last = last_sign_out(self._id)
        self._sign_out = self._sign_out or last
        # What the environment says holds whatever a person does in the panel.
        if not stored or last in (None, self._sign_out):
            return self.is_still_approved()
        self._status.end(SignedOutElsewhere(self.backend.title))
        if tokens:
            tokens.close()
        return False

    def is_still_approved(self) -> bool:
        """Tell whether the login may go on; end its use here where that was withdrawn."""
        try:
            self._offer.require_approved()
        except LoginNotConfirmed as problem:
            tokens = self._status.now.tokens
            self._status.end(problem, only=lambda now: now.state == "signed_in")
            if tokens:
                tokens.close()
            return False
        return True
