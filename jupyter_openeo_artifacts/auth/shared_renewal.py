"""Renewal of a connection's access token from the login that all programs of a person share."""

from __future__ import annotations

import logging
from contextlib import suppress
from copy import copy
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth.http_client import BoundedSession
from jupyter_openeo_artifacts.auth.oauth_client import RENEW_SECONDS, error_word
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.auth.tokens import jwt_subject
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, warn_once

if TYPE_CHECKING:
    import requests
    from openeo.rest.connection import Connection


_log = logging.getLogger(__name__)
_RENEWER = "_oidc_auth_renewer"


def share_renewal(connection: Connection) -> None:
    """Let `connection` renew its token from openEO's store, under the store's lock.

    The openEO client keeps the refresh token of its first login in memory (openeo 0.53). Where
    tokens rotate, the panel or another kernel has traded it in by then, and a provider takes the
    second use for theft and ends the whole login (RFC 9700, section 4.14.2).

    Nothing changes where the connection renews in another way, or not at all.
    """
    renewer = getattr(connection, _RENEWER, None)
    if getattr(renewer, "_refresh_token", None) and not isinstance(renewer, _SharedRenewer):
        setattr(connection, _RENEWER, _SharedRenewer(connection, renewer))


def renewer_of(connection: Connection) -> Any:
    """Return the client's own authenticator, which lasts as long as a login that renews itself."""
    renewer = getattr(connection, _RENEWER, None)
    return renewer.own_renewer if isinstance(renewer, _SharedRenewer) else renewer


class _SharedRenewer:
    """Stands in for the client's `OidcRefreshTokenAuthenticator`, and asks by it.

    What is stored may be of another login than the connection's, even of another person. It is
    used only where the access token tells that the person is the same; the connection's own
    refresh token stays what it is until then.
    """

    grant_type = "refresh_token"

    def __init__(self, connection: Connection, renewer: Any) -> None:
        self._connection = connection
        self._renewer = renewer
        self._store = TokenStore()
        self._is_apart = False  # somebody else's login is stored
        self._unstored: str | None = None  # what could not be put in the place of `_outdated`
        self._outdated: str | None = None

    @property
    def own_renewer(self) -> Any:
        """The one that this takes the place of."""
        return self._renewer

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(self._renewer, name)

    def get_tokens(self, *arguments: Any, **settings: Any) -> Any:
        """Trade in the token that is stored now; see `OidcAuthenticator.get_tokens`.

        Raises
        ------
        OpenEoClientException
            There is no new token; `Connection.try_access_token_refresh` says so.
        """
        from openeo.rest import OpenEoClientException

        try:
            found = self._by_the_store(*arguments, **settings)
            return found or self._by_its_own(*arguments, **settings)
        except OpenEOArtifactsError as error:
            raise OpenEoClientException(str(error)) from error
        except _Refused as refused:
            if self._is_apart:
                raise OpenEoClientException(
                    "Somebody else has signed in since. Authenticate again."
                ) from refused
            raise refused.error from None

    def _by_the_store(self, *arguments: Any, **settings: Any) -> Any:
        """Return new tokens of the stored login, None where that is not the connection's."""
        key = (self._renewer.provider_info.issuer, self._renewer.client_info.client_id)
        with self._store.exclusive(*key):
            on_disk = self._store.get(*key)
            stored = self._unstored if self._unstored and on_disk == self._outdated else on_disk
            is_own = stored == self._own
            if not stored or not (is_own or (self._person and not self._is_apart)):
                return None
            try:
                found = self._trade_in(stored, *arguments, **settings)
            except _Refused:
                if is_own:
                    raise
                return None
            rotated = found.refresh_token or stored
            if rotated != on_disk:
                self._keep(rotated, instead_of=on_disk)
            if not is_own and jwt_subject(found.access_token) != self._person:
                self._is_apart = True
                return None
            self._own = rotated
            return found

    def _keep(self, token: str, *, instead_of: str | None) -> None:
        """Store a token that was handed out; where that fails it lives in memory."""
        key = (self._renewer.provider_info.issuer, self._renewer.client_info.client_id)
        try:
            self._store.put(*key, token)
        except OpenEOArtifactsError as error:
            warn_once(_log, f"A renewed login could not be stored: {error.message}")
            self._unstored, self._outdated = token, instead_of
        else:
            self._unstored = self._outdated = None

    def _by_its_own(self, *arguments: Any, **settings: Any) -> Any:
        found = self._trade_in(self._own, *arguments, **settings)
        self._own = found.refresh_token or self._own
        return found

    def _trade_in(self, token: str, *arguments: Any, **settings: Any) -> Any:
        from openeo.rest import OpenEoClientException

        answered: list[requests.Response] = []
        renewer = copy(self._renewer)
        renewer._refresh_token = token  # noqa: SLF001
        with BoundedSession(RENEW_SECONDS, one_origin=True) as session:
            session.hooks["response"].append(lambda said, **_: answered.append(said))
            renewer._requests = session  # noqa: SLF001
            try:
                return renewer.get_tokens(*arguments, **settings)
            except OpenEoClientException:
                pass
        # Out of the handler: openEO's error has all that was answered in it, perhaps the token too.
        failure = OpenEoClientException(_told(answered, token))
        if answered and answered[-1].status_code in (400, 401):  # RFC 6749, section 5.2
            raise _Refused(failure)
        raise failure

    @property
    def _own(self) -> str:
        return str(self._renewer._refresh_token)  # noqa: SLF001

    @_own.setter
    def _own(self, token: str) -> None:
        self._renewer._refresh_token = token  # noqa: SLF001

    @property
    def _person(self) -> str | None:
        """Whose the connection is; None where its access token does not tell."""
        bearer = str(getattr(self._connection.auth, "bearer", None) or "")
        return jwt_subject(bearer.rpartition("/")[2])


def _told(answered: list[requests.Response], token: str) -> str:
    """Return what a renewal has failed by, in no words of the provider's but its `error`."""
    if not answered:
        return "The login provider gave no answer that can be used."
    said: Any = None
    with suppress(ValueError, RecursionError):
        said = answered[-1].json()
    word = error_word(said, [token])
    more = f": {word}" if word else ""
    return f"The login provider did not renew the login (HTTP {answered[-1].status_code}{more})."


class _Refused(Exception):
    """The provider does not take the token."""

    def __init__(self, error: Exception) -> None:
        super().__init__("refused")
        self.error = error
