"""A login without a person: client credentials from the environment."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.login.exceptions import LoginFailed
from jupyter_openeo_artifacts.login.oauth import OAuthClient
from jupyter_openeo_artifacts.login.provider import LoginProvider
from jupyter_openeo_artifacts.login.refusal import Refused

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from jupyter_openeo_artifacts.login.listed import ListedProvider
    from jupyter_openeo_artifacts.login.tokens import Tokens

_METHOD = "OPENEO_AUTH_METHOD"
_CLIENT = "OPENEO_AUTH_CLIENT_ID"
_SECRET = "OPENEO_AUTH_CLIENT_SECRET"  # noqa: S105  # a variable's name
_PROVIDER = "OPENEO_AUTH_PROVIDER_ID"


class ClientLogin:
    """A service that signs in by id and secret (RFC 6749, section 4.4); nothing is stored."""

    changed_hands = False
    problem: OpenEOArtifactsError | None = None

    def __init__(self, client: OAuthClient) -> None:
        self._client = client

    @classmethod
    def from_environment(cls, listed: list[ListedProvider]) -> ClientLogin | None:
        """Return the login that the openEO client's variables describe, None if they do not.

        Raises
        ------
        LoginFailed
            They say half of it, or name another provider than this backend's first.
        LoginProviderUnreachable, LoginProviderFailed
            The provider cannot be asked.
        """
        if os.environ.get(_METHOD) != "client_credentials":
            return None
        client_id, secret = os.environ.get(_CLIENT), os.environ.get(_SECRET)
        if not client_id or not secret:
            raise LoginFailed(
                f"{_METHOD} is client_credentials, but {_CLIENT} or {_SECRET} is not set.",
                todo="Set both, or unset all three, and restart.",
            )
        wanted = os.environ.get(_PROVIDER)
        if wanted and listed[0].id != wanted:
            raise LoginFailed(
                f"{_PROVIDER} names a login provider that this backend does not have.",
                todo=f"Set it to one of: {', '.join(one.id for one in listed)}.",
            )
        provider = LoginProvider.discover(listed[0].named(client_id))
        return cls(OAuthClient(provider.with_secret(secret)))

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
            return self._client.tokens(
                grant_type="client_credentials", scope=self._client.provider.scope
            )
        except Refused as refused:
            raise refused.explained(self._client.provider.title) from refused

    def end(self) -> None:
        """Sign out; there is nothing on disk and nothing to revoke."""
