"""Authlib's authorization server with this provider's people, codes and tokens."""

# mypy: allow-subclassing-any
# Authlib has no types.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.integrations.flask_oauth2 import AuthorizationServer
from authlib.oauth2.rfc7009 import RevocationEndpoint

from jupyter_openeo_artifacts.demo.openid.clients import SCOPES, public_client, service_client
from jupyter_openeo_artifacts.demo.openid.grants import (
    DeviceAuthorization,
    DeviceGrant,
    RefreshGrant,
    ServiceGrant,
)

if TYPE_CHECKING:
    from flask import Flask

    from jupyter_openeo_artifacts.demo.identity import Identity
    from jupyter_openeo_artifacts.demo.openid.clients import Client
    from jupyter_openeo_artifacts.demo.openid.device_codes import DeviceCodes
    from jupyter_openeo_artifacts.demo.openid.mint import Mint
    from jupyter_openeo_artifacts.demo.openid.refresh_tokens import RefreshToken, RefreshTokens
    from jupyter_openeo_artifacts.demo.users import DemoUser


class OpenIDServer(AuthorizationServer):
    """What the grants ask: `codes`, `refresh_tokens`, `person`, `client`."""

    def __init__(
        self,
        identity: Identity,
        *,
        issuer: str,
        codes: DeviceCodes,
        refresh_tokens: RefreshTokens,
        mint: Mint,
    ) -> None:
        super().__init__()
        self.issuer = issuer
        self.codes = codes
        self.refresh_tokens = refresh_tokens
        self._mint = mint
        self._people = {user.subject: user for user in identity.users}
        clients = [public_client(), service_client(identity.service)]
        self._clients = {client.client_id: client for client in clients}

    def attach(self, app: Flask) -> None:
        """Take part in `app`."""
        self.init_app(app, query_client=self.client, save_token=self._keep)
        self.scopes_supported = list(SCOPES)
        self.register_token_generator("default", self._mint)
        self.register_endpoint(DeviceAuthorization(self))
        self.register_endpoint(Revocation(self))
        for grant in (DeviceGrant, RefreshGrant, ServiceGrant):
            self.register_grant(grant)

    def client(self, client_id: str) -> Client | None:
        """Return the client of that id."""
        return self._clients.get(client_id)

    @property
    def clients(self) -> list[str]:
        """The ids of all clients."""
        return list(self._clients)

    def person(self, subject: str) -> DemoUser | None:
        """Return the user whose subject that is."""
        return self._people.get(subject)

    def person_of_login(self, login: str) -> DemoUser | None:
        """Return the user who signs in by that name."""
        wanted = login.strip().casefold()
        return next((user for user in self._people.values() if user.login == wanted), None)

    @property
    def people(self) -> list[DemoUser]:
        """Everybody who can sign in."""
        return list(self._people.values())

    def _keep(self, answer: dict[str, Any], request: Any) -> None:
        token = answer.get("refresh_token")
        if token is None:
            return
        before: RefreshToken | None = getattr(request, "refresh_token", None)
        self.refresh_tokens.add(
            token,
            client_id=request.client.client_id,
            subject=request.user.subject,
            # A refresh may ask for less; what it may ask for next time stays (RFC 6749 sec. 6).
            scope=before.scope if before else answer.get("scope", ""),
            family=before.family if before else None,
        )


class Revocation(RevocationEndpoint):
    """Signing out (RFC 7009): ends the family of a refresh token."""

    CLIENT_AUTH_METHODS = ("none",)

    def query_token(self, token_string: str, token_type_hint: str | None) -> RefreshToken | None:
        """Return the refresh token; access tokens end within minutes anyway."""
        del token_type_hint
        found: RefreshToken | None = self.server.refresh_tokens.find(token_string)
        return found

    def revoke_token(self, token: RefreshToken, request: Any) -> None:
        """End it."""
        del request
        self.server.refresh_tokens.revoke(token)
