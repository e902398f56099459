"""Signing in without asking anybody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.login.client_login import ClientLogin
from jupyter_openeo_artifacts.login.exceptions import NotSignedIn
from jupyter_openeo_artifacts.login.listed import listed_providers
from jupyter_openeo_artifacts.login.oauth import OAuthClient
from jupyter_openeo_artifacts.login.provider import LoginProvider
from jupyter_openeo_artifacts.login.stored_login import StoredLogin

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.login.keeper import Login
    from jupyter_openeo_artifacts.login.probe import Probe
    from jupyter_openeo_artifacts.login.token_store import TokenStore
    from jupyter_openeo_artifacts.login.tokens import Tokens


def sign_in_silently(
    backend: Probe, store: TokenStore, *, with_secret: bool = True
) -> tuple[Login, Tokens] | None:
    """Return a login that needs nobody, and its first tokens; None where there is none.

    The refresh token in openEO's store for the provider that the openEO client would choose, or
    for another one of the backend's; else the client credentials in the environment.

    Parameters
    ----------
    with_secret
        Whether the client credentials in the environment may be sent to this backend's provider.

    Raises
    ------
    NotSignedIn
        There was a stored login, but it has ended.
    OpenEOArtifactsError
        There may be a login, but it cannot be used now; nothing stored is lost.
    """
    listed = listed_providers(backend)
    ended: NotSignedIn | None = None
    for one in listed:
        if one.client_id and store.get(one.issuer, one.client_id):
            login = StoredLogin(OAuthClient(LoginProvider.discover(one)), store)
            try:
                return login, login.renew()
            except NotSignedIn as error:
                ended = error
    service = ClientLogin.from_environment(listed) if with_secret else None
    if service:
        return service, service.renew()
    if ended:
        raise ended
    return None
