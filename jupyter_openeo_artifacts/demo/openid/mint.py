"""Tokens: RS256 JWTs that say who somebody is and which folder of the bucket is theirs."""

# mypy: allow-subclassing-any
# Authlib has no types.

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6750 import BearerTokenGenerator

from jupyter_openeo_artifacts.demo.access_rules import PREFIX_CLAIM
from jupyter_openeo_artifacts.demo.users import prefix_of

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.openid.clients import Client
    from jupyter_openeo_artifacts.demo.signing_key import SigningKey
    from jupyter_openeo_artifacts.demo.users import DemoUser

AUDIENCE = "openeo-demo"
"""The `aud` of every access token: the openEO API and the storage of this provider."""


class Mint(BearerTokenGenerator):
    """Makes what the token endpoint answers.

    Parameters
    ----------
    lifetime
        Seconds that an access token holds.
    """

    def __init__(self, key: SigningKey, *, issuer: str, lifetime: int) -> None:
        super().__init__(self._access_token, _refresh_token, self._lifetime)
        self._key = key
        self._issuer = issuer
        self.lifetime: int = lifetime

    def generate(  # noqa: PLR0917 - Authlib's signature
        self,
        grant_type: str,
        client: Client,
        user: DemoUser | None = None,
        scope: str | None = None,
        expires_in: int | None = None,
        include_refresh_token: bool = True,  # noqa: FBT001, FBT002 - Authlib's signature
    ) -> dict[str, Any]:
        """Return an access token, and with scope `openid` an id token, as one answer.

        A refresh token comes only with the scope that asks for it, `offline_access`.
        """
        granted = client.get_allowed_scope(scope).split()
        include = include_refresh_token and "offline_access" in granted
        answer: dict[str, Any] = super().generate(
            grant_type, client, user, scope, expires_in, include
        )
        if user is not None and "openid" in granted:
            answer["id_token"] = self._key.sign(
                {**self._common(user.subject), "aud": client.client_id, **profile(user, granted)},
                typ="JWT",
            )
        return answer

    def _access_token(
        self, client: Client, grant_type: str, user: DemoUser | None, scope: str
    ) -> str:
        del grant_type
        subject = user.subject if user is not None else client.client_id
        claims = {
            **self._common(subject),
            "aud": AUDIENCE,
            "azp": client.client_id,
            "client_id": client.client_id,
            "jti": secrets.token_urlsafe(12),
            "scope": scope,
            # Always forty hex digits: the storage's policy puts this into a path.
            PREFIX_CLAIM: prefix_of(subject),
        }
        return self._key.sign(claims, typ="at+jwt")

    def _lifetime(self, *_: Any) -> int:
        return self.lifetime

    def _common(self, subject: str) -> dict[str, Any]:
        now = int(time.time())
        return {"iss": self._issuer, "sub": subject, "iat": now, "exp": now + self.lifetime}


def profile(user: DemoUser, scopes: list[str]) -> dict[str, str]:
    """Return what `scopes` let a client know of `user`."""
    known = {"sub": user.subject}
    if "profile" in scopes:
        known |= {"name": user.name, "preferred_username": user.login}
    if "email" in scopes:
        known["email"] = user.email
    return known


def _refresh_token(**_: Any) -> str:
    return secrets.token_urlsafe(36)
