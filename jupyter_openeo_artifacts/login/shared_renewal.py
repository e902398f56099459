"""Renewal of a connection's access token from the login that all programs of a person share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.login.token_store import TokenStore
from jupyter_openeo_artifacts.login.tokens import jwt_subject

if TYPE_CHECKING:
    from openeo.rest.connection import Connection

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


class _SharedRenewer:
    """Stands in for the client's `OidcRefreshTokenAuthenticator`, and asks by it."""

    grant_type = "refresh_token"

    def __init__(self, connection: Connection, renewer: Any) -> None:
        self._connection = connection
        self._renewer = renewer

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

        store = TokenStore()
        key = (self._renewer.provider_info.issuer, self._renewer.client_info.client_id)
        try:
            with store.exclusive(*key):
                stored = store.get(*key)
                token = self._renewer._refresh_token = stored or self._renewer._refresh_token  # noqa: SLF001
                found = self._renewer.get_tokens(*arguments, **settings)
                rotated = found.refresh_token
                if rotated and rotated != token:
                    self._renewer._refresh_token = rotated  # noqa: SLF001
                    if stored:
                        store.put(*key, rotated)
        except OpenEOArtifactsError as error:
            raise OpenEoClientException(str(error)) from error
        if stored and not self._is_same_person(found.access_token):
            raise OpenEoClientException("Somebody else has signed in since. Authenticate again.")
        return found

    def _is_same_person(self, access_token: str) -> bool:
        bearer = str(getattr(self._connection.auth, "bearer", None) or "")
        before, now = jwt_subject(bearer.rpartition("/")[2]), jwt_subject(access_token)
        return None in (before, now) or before == now
