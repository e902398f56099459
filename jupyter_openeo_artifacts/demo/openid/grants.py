"""The three ways to a token, and PKCE for the device flow."""

# mypy: allow-subclassing-any
# Authlib has no types.

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc6749 import grants
from authlib.oauth2.rfc6749.errors import InvalidGrantError, InvalidRequestError
from authlib.oauth2.rfc7636.challenge import (
    CODE_CHALLENGE_PATTERN,
    CODE_VERIFIER_PATTERN,
    compare_s256_code_challenge,
)
from authlib.oauth2.rfc8628 import DeviceAuthorizationEndpoint, DeviceCodeGrant

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.openid.device_codes import DeviceCode
    from jupyter_openeo_artifacts.demo.openid.refresh_tokens import RefreshToken
    from jupyter_openeo_artifacts.demo.users import DemoUser


class DeviceAuthorization(DeviceAuthorizationEndpoint):
    """Where a device flow begins (RFC 8628 section 3.1), with a code challenge (RFC 7636)."""

    CLIENT_AUTH_METHODS = ("none",)

    @property
    def EXPIRES_IN(self) -> int:  # noqa: N802 - Authlib's name
        """Seconds that a code holds."""
        return int(self.server.codes.lifetime)

    @property
    def INTERVAL(self) -> int:  # noqa: N802 - Authlib's name
        """Seconds between polls."""
        return int(self.server.codes.interval)

    def create_endpoint_response(self, request: Any) -> Any:
        """Answer with a device code, unless the challenge is not one that can be verified."""
        _challenge(request.form)
        return super().create_endpoint_response(request)

    def get_verification_uri(self) -> str:
        """Return the approval page."""
        return f"{self.server.issuer}/device"

    def save_device_credential(self, client_id: str, scope: str, data: dict[str, Any]) -> None:
        """Remember the code and its challenge."""
        from flask import request

        self.server.codes.add(
            client_id=client_id,
            scope=scope or "",
            device_code=data["device_code"],
            user_code=data["user_code"],
            challenge=_challenge(request.form),
        )


class DeviceGrant(DeviceCodeGrant):
    """Where a device flow ends: a code, approved by a person, for tokens."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)

    def query_device_credential(self, device_code: str) -> DeviceCode:
        """Return the request; RFC 8628 section 3.5 wants invalid_grant for an unknown one."""
        code: DeviceCode | None = self.server.codes.by_device_code(device_code)
        if code is None:
            raise InvalidGrantError("This device code is unknown or was used before.")
        return code

    def validate_device_credential(self, credential: DeviceCode) -> DemoUser:
        """Verify the code verifier, then look for the person's decision."""
        _verify(credential.challenge, self.request.form.get("code_verifier", ""))
        user: DemoUser = super().validate_device_credential(credential)
        return user

    def query_user_grant(self, user_code: str) -> tuple[DemoUser, bool] | None:
        """Return who decided and how, or None."""
        code = self.server.codes.by_user_code(user_code)
        if code is None or code.subject is None:
            return None
        return self.server.person(code.subject), code.approved

    def should_slow_down(self, credential: DeviceCode) -> bool:
        """Tell whether the client polls faster than it was told to."""
        return bool(self.server.codes.polled_too_soon(credential))

    def create_token_response(self) -> Any:
        """Answer with tokens, once."""
        if not self.server.codes.redeem(self.request.credential):
            raise InvalidGrantError("This device code was used before.")
        return super().create_token_response()


class RefreshGrant(grants.RefreshTokenGrant):
    """A refresh token for new tokens, the old one being spent."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("none",)
    INCLUDE_NEW_REFRESH_TOKEN = True

    def authenticate_refresh_token(self, refresh_token: str) -> RefreshToken | None:
        """Return the record of a token that was given out here."""
        found: RefreshToken | None = self.server.refresh_tokens.find(refresh_token)
        return found

    def authenticate_user(self, refresh_token: RefreshToken) -> DemoUser | None:
        """Return whose token it is."""
        user: DemoUser | None = self.server.person(refresh_token.subject)
        return user

    def create_token_response(self) -> Any:
        """Answer with tokens; a token that comes a second time ends its family."""
        if not self.server.refresh_tokens.spend(self.request.refresh_token):
            raise InvalidGrantError("This refresh token was used before; sign in again.")
        return super().create_token_response()

    def revoke_old_credential(self, refresh_token: RefreshToken) -> None:
        """Do nothing: `spend` came first, so that two requests at once cannot both win."""


class ServiceGrant(grants.ClientCredentialsGrant):
    """A client's own secret for a token of its own."""

    TOKEN_ENDPOINT_AUTH_METHODS = ("client_secret_basic", "client_secret_post")


def _challenge(form: Any) -> str:
    challenge, method = form.get("code_challenge", ""), form.get("code_challenge_method", "")
    if not challenge and not method:
        return ""
    if method != "S256" or not CODE_CHALLENGE_PATTERN.match(challenge):
        raise InvalidRequestError("Only a 'code_challenge' of method 'S256' is taken.")
    return str(challenge)


def _verify(challenge: str, verifier: str) -> None:
    if not challenge and verifier:  # RFC 9700 section 4.8.2: no downgrade
        raise InvalidRequestError("The device authorization request had no 'code_challenge'.")
    if challenge and not CODE_VERIFIER_PATTERN.match(verifier):
        raise InvalidRequestError("Missing or malformed 'code_verifier'.")
    if challenge and not compare_s256_code_challenge(verifier, challenge):
        raise InvalidGrantError("Code challenge failed.")
