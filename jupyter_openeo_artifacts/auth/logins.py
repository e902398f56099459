"""Access to a service or by a person, each as a login that gives new access tokens."""

from __future__ import annotations

import os
from contextlib import ExitStack, suppress
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.auth.exceptions import LoginFailed, LoginNotKept
from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient, Refused
from jupyter_openeo_artifacts.auth.provider_metadata import LoginProvider
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.state.staged_record import RecordsBusy

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.provider_metadata import ListedProvider
    from jupyter_openeo_artifacts.auth.token_store import TokenStore
    from jupyter_openeo_artifacts.auth.tokens import Tokens

_METHOD = "OPENEO_AUTH_METHOD"
_CLIENT = "OPENEO_AUTH_CLIENT_ID"
_SECRET = "OPENEO_AUTH_CLIENT_SECRET"  # noqa: S105  # a variable's name
_PROVIDER = "OPENEO_AUTH_PROVIDER_ID"


class ClientLogin:
    """A service that signs in by id and secret (RFC 6749, section 4.4); nothing is stored."""

    owner_changed = False
    problem: OpenEOArtifactsError | None = None

    def __init__(self, client: OAuthClient) -> None:
        self._client = client

    @classmethod
    def at(cls, listed: ListedProvider) -> ClientLogin:
        """Return the login of the environment's service account at one of the backend's providers.

        Raises
        ------
        LoginFailed
            The environment says half of it.
        LoginProviderUnreachable, LoginProviderFailed
            The provider cannot be asked.
        """
        _, secret = _id_and_secret()
        provider = LoginProvider.discover(listed)
        return cls(OAuthClient(provider.with_secret(secret)))

    @staticmethod
    def provider_of(listed: list[ListedProvider]) -> ListedProvider | None:
        """Return the service account of the environment, as a client of a backend's provider.

        None where `OPENEO_AUTH_METHOD` is not set; set, it decides, as for the openEO client.

        Raises
        ------
        LoginFailed
            The openEO client's variables say half of it, something that is not known here, or name
            another provider than this backend's first.
        """
        method = os.environ.get(_METHOD)
        if not method:
            return None
        if method != "client_credentials":
            raise LoginFailed(
                f"{_METHOD} has a value that neither the openEO client nor this extension knows.",
                todo="Set it to client_credentials, or unset it, and restart.",
            )
        client_id, _ = _id_and_secret()
        wanted = os.environ.get(_PROVIDER)
        if wanted and listed[0].id != wanted:
            raise LoginFailed(
                f"{_PROVIDER} names a login provider that this backend does not have.",
                todo=f"Set it to one of: {', '.join(one.id for one in listed)}.",
            )
        return listed[0].for_service(client_id)

    @property
    def provider_id(self) -> str:
        """The provider's id at the backend."""
        return self._client.provider.id

    def renew(self) -> Tokens:
        """Ask for an access token.

        Raises
        ------
        ServiceLoginRefused, LoginFailed
            The provider does not accept the credentials, or something else of what it was asked.
        LoginProviderUnreachable, LoginProviderFailed
            No answer of any use.
        """
        try:
            return self._client.with_scope(
                lambda scope: self._client.tokens(grant_type="client_credentials", scope=scope),
                self._client.provider.scope,
            )
        except Refused as refused:
            raise refused.explained(self._client.provider.title) from refused

    def end(self) -> None:
        """Sign out; there is nothing on disk and nothing to revoke."""


def _id_and_secret() -> tuple[str, str]:
    client_id, secret = os.environ.get(_CLIENT), os.environ.get(_SECRET)
    if not client_id or not secret:
        raise LoginFailed(
            f"{_METHOD} is client_credentials, but {_CLIENT} or {_SECRET} is not set.",
            todo="Set both, or unset all three, and restart.",
        )
    return client_id, secret


_SIGN_OUT_SECONDS = 5.0
_ENDED = {"login_ended", "login_reused"}


class StoredLogin:
    """One person's login at one provider, shared with every process that uses the token store.

    The store is the truth: each renewal starts from what is in it and ends with the rotated token
    in it, with our other processes kept out meanwhile. Not safe for threads; `TokenProvider` is.

    Attributes
    ----------
    owner_changed
        Whether the last renewal used a token that another process had stored, perhaps of another
        person.
    problem
        Why the login could not be stored, None where it was.
    """

    def __init__(self, client: OAuthClient, store: TokenStore) -> None:
        self._client = client
        self._store = store
        self._key = (client.provider.issuer, client.provider.client_id)
        self._known: str | None = None
        self._unstored: str | None = None
        self._outdated: str | None = None
        self.owner_changed: bool = False
        self.problem: OpenEOArtifactsError | None = None

    @property
    def provider_id(self) -> str:
        """The provider's id at the backend."""
        return self._client.provider.id

    def begin(self, tokens: Tokens) -> None:
        """Store a fresh login; where that fails it lives in memory, and `problem` says why."""
        if tokens.refresh_token:
            self._keep(tokens.refresh_token, instead_of=None)
            return
        self._known = ""  # what is stored is of an earlier login, perhaps of another person
        self.problem = problem = LoginNotKept(
            f"{self._client.provider.title} lets you sign in for this session only.",
            todo="Sign in again when the login has ended, and in each notebook.",
        )
        problem.ends_at = tokens.expires_at

    def renew(self) -> Tokens:
        """Trade the refresh token in.

        Raises
        ------
        NotSignedIn
            The login has ended, here or at the provider; a dead token is taken off the store.
        LoginFailed
            The provider refuses this client; the token is kept.
        LoginProviderUnreachable, LoginProviderFailed
            No answer of any use; the token is kept.
        """
        with self._store.exclusive(*self._key):
            token = self._current()
            if token is None:
                raise self._over()
            try:
                return self._use(token)
            except Refused as refused:
                again = self._current()
                if refused.row.meaning not in _ENDED:
                    raise refused.explained(self._client.provider.title) from refused
                if again in (None, token):
                    raise self._ended(token, refused) from refused
                token = str(again)
            # A plain openEO client, which takes no lock, has stored another one in the meantime.
            try:
                return self._use(token)
            except Refused as refused:
                if refused.row.meaning not in _ENDED:
                    raise refused.explained(self._client.provider.title) from refused
                raise self._ended(token, refused) from refused

    def end(self) -> None:
        """Sign out: off the store, then revoked at the provider as far as it listens.

        Raises
        ------
        OpenEOArtifactsError
            The token could not be taken off the store; it has been revoked if that was possible.
        """
        with ExitStack() as stack:
            with suppress(RecordsBusy):  # a renewal hangs elsewhere; signing out does not wait
                stack.enter_context(self._store.exclusive(*self._key, timeout=_SIGN_OUT_SECONDS))
            token = self._known
            try:
                token = self._current() or token
                self._store.remove(*self._key)
            finally:
                self._known = self._unstored = None
                if token:
                    self.revoke(token)

    def revoke(self, token: str) -> None:
        """Ask the provider to forget `token`; no answer, no message."""
        with suppress(Refused, OpenEOArtifactsError):  # forgotten here, it expires there
            self._client.revoke(token)

    def _current(self) -> str | None:
        """Return the stored token; the one in memory where storing it has failed."""
        stored = self._store.get(*self._key)
        return self._unstored if self._unstored and stored == self._outdated else stored

    def _use(self, token: str) -> Tokens:
        tokens = self._client.tokens(grant_type="refresh_token", refresh_token=token)
        self.owner_changed = self._known not in (None, token)
        self._known = token
        if tokens.refresh_token and tokens.refresh_token != token:
            self._keep(tokens.refresh_token, instead_of=token)
        elif token == self._unstored:
            self._keep(token, instead_of=self._outdated)
        return tokens

    def _keep(self, token: str, *, instead_of: str | None) -> None:
        self._known = token
        try:
            self._store.put(*self._key, token)
        except OpenEOArtifactsError as error:
            if self._unstored is None:
                self._outdated = instead_of
            self._unstored, self.problem = token, error
        else:
            self._unstored = self._outdated = self.problem = None

    def _ended(self, token: str, refused: Refused) -> OpenEOArtifactsError:
        self._store.remove(*self._key, only=token)
        self._known = self._unstored = None
        return refused.explained(self._client.provider.title)

    def _over(self) -> OpenEOArtifactsError:
        # So the provider would say.
        gone = Refused("invalid_grant", "", "refresh_token")
        return gone.explained(self._client.provider.title)
