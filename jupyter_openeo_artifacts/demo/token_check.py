"""Whether an access token is one that this provider gave out and that still holds."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from jupyter_openeo_artifacts.demo.signing_key import ALGORITHM

if TYPE_CHECKING:
    from collections.abc import Sequence

_LEEWAY = 5  # seconds


class TokenRefused(Exception):
    """The token is not to be trusted; the text says why, without the token."""


class TokenCheck:
    """Verifies signature, type, issuer, audience, client and times of an access token.

    Parameters
    ----------
    keys
        The issuer's public key set (RFC 7517).
    clients
        The only `azp` values taken.
    """

    def __init__(
        self, keys: dict[str, Any], *, issuer: str, audience: str, clients: Sequence[str]
    ) -> None:
        self._keys = KeySet.import_key_set(keys)  # type: ignore[arg-type]
        self._clients = list(clients)
        self._claims = jwt.JWTClaimsRegistry(
            leeway=_LEEWAY,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            sub={"essential": True},
            exp={"essential": True},
            azp={"essential": True, "values": self._clients},
        )

    def claims(self, token: str) -> dict[str, Any]:
        """Return the claims of `token`.

        Raises
        ------
        TokenRefused
            It is not ours, not an access token, changed, or over.
        """
        try:
            read = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            if read.header.get("typ") != "at+jwt":
                raise TokenRefused("it is no access token")
            self._claims.validate(read.claims)
        except (JoseError, ValueError) as error:
            raise TokenRefused(getattr(error, "description", "") or "it is no valid JWT") from error
        return dict(read.claims)
