"""Signing in without asking anybody."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.auth.client_credentials import ClientLogin
from jupyter_openeo_artifacts.auth.exceptions import NotSignedIn
from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
from jupyter_openeo_artifacts.auth.provider_metadata import LoginProvider
from jupyter_openeo_artifacts.auth.refresh_token_login import StoredLogin
from jupyter_openeo_artifacts.backends.login_destination import LoginDestination, LoginNotConfirmed

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.provider_metadata import ListedProvider
    from jupyter_openeo_artifacts.auth.token_provider import Login
    from jupyter_openeo_artifacts.auth.token_response import Tokens
    from jupyter_openeo_artifacts.auth.token_store import TokenStore
    from jupyter_openeo_artifacts.backends.approvals import Approvals
    from jupyter_openeo_artifacts.backends.discovery import Probe


@dataclass(frozen=True)
class FoundLogin:
    """A login that needs nobody, its first tokens, and whom it is for."""

    login: Login
    tokens: Tokens
    destination: LoginDestination


def sign_in_silently(
    backend: Probe, listed: list[ListedProvider], store: TokenStore, approvals: Approvals
) -> FoundLogin | None:
    """Return a login that needs nobody and is approved for this backend; None where there is none.

    The service account in the environment, where `OPENEO_AUTH_METHOD` is set; else the refresh
    token in openEO's store for the provider that the openEO client would choose, or for another one
    of the backend's.

    Raises
    ------
    NotSignedIn
        There was a stored login, but it has ended.
    LoginNotConfirmed
        There is one, but nobody has agreed to its use here; nothing was sent.
    OpenEOArtifactsError
        There may be a login, but it cannot be used now; nothing stored is lost.
    """
    service = ClientLogin.provider_of(listed)
    if service is not None:
        destination = destination_at(backend, service)
        approvals.require(destination)
        login = ClientLogin.at(service)
        return FoundLogin(login, login.renew(), destination)
    problem: NotSignedIn | LoginNotConfirmed | None = None
    for one in listed:
        if not one.client_id or not store.get(one.issuer, one.client_id):
            continue
        destination = destination_at(backend, one)
        try:
            approvals.require(destination)
            stored = StoredLogin(OAuthClient(LoginProvider.discover(one)), store)
            return FoundLogin(stored, stored.renew(), destination)
        except (LoginNotConfirmed, NotSignedIn) as error:  # perhaps the next one can be used
            problem = problem or error
    if problem:
        raise problem
    return None


def destination_at(backend: Probe, one: ListedProvider) -> LoginDestination:
    """Return where a login at one of the backend's providers goes or would go."""
    return LoginDestination.of(backend, one.issuer, one.client_id or "", service=one.is_service)
