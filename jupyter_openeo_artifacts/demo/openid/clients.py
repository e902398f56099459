"""The two OAuth clients that the local provider knows."""

# mypy: allow-subclassing-any
# Authlib has no types.

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from authlib.oauth2.rfc6749 import ClientMixin
from authlib.oauth2.rfc6749.util import list_to_scope, scope_to_list
from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.users import ServiceAccount

PUBLIC_CLIENT_ID = "openeo-demo"

SCOPES = {
    "openid": "know which user you are",
    "profile": "read your name",
    "email": "read your e-mail address",
    "offline_access": "keep you signed in until you sign out",
}
"""What each scope allows, in the words of the approval page."""


class Client(ClientMixin):
    """A program that asks for tokens.

    Parameters
    ----------
    title
        What the approval page calls it.
    secret
        None for a public client, which everybody may claim to be.
    """

    def __init__(
        self, client_id: str, *, title: str, grants: frozenset[str], secret: str | None = None
    ) -> None:
        self.client_id = client_id
        self.title = title
        self._grants = grants
        self._secret = secret

    def get_client_id(self) -> str:
        """Return the id."""
        return self.client_id

    def get_allowed_scope(self, scope: str | None) -> str:
        """Return the part of `scope` that is given out here."""
        return str(list_to_scope([one for one in scope_to_list(scope) or [] if one in SCOPES]))

    def check_client_secret(self, client_secret: str) -> bool:
        """Tell whether `client_secret` is right; a public client has none."""
        return self._secret is not None and hmac.compare_digest(
            self._secret.encode(), client_secret.encode()
        )

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:  # noqa: ARG002 - Authlib's signature
        """Tell whether this client may prove itself by `method`: by its secret if it has one."""
        if self._secret is None:
            return method == "none"
        return method in ("client_secret_basic", "client_secret_post")

    def check_grant_type(self, grant_type: str) -> bool:
        """Tell whether this client may use `grant_type`."""
        return grant_type in self._grants


def public_client() -> Client:
    """Return the client of the panel, of notebooks and of openEO's own sign-in."""
    return Client(
        PUBLIC_CLIENT_ID,
        title="openEO client on this computer",
        grants=frozenset({DEVICE_CODE_GRANT_TYPE, "refresh_token"}),
    )


def service_client(account: ServiceAccount) -> Client:
    """Return the client that signs in as itself."""
    return Client(
        account.client_id,
        title="openEO demo service",
        grants=frozenset({"client_credentials"}),
        secret=account.secret,
    )
