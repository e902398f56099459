"""A login without a person: client credentials from the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.auth.exceptions import LoginFailed
from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
from jupyter_openeo_artifacts.auth.oauth_errors import Refused
from jupyter_openeo_artifacts.auth.provider_metadata import LoginProvider

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.provider_metadata import ListedProvider
    from jupyter_openeo_artifacts.auth.token_response import Tokens
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


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
