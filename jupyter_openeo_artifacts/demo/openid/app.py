"""The OpenID provider as a web application: discovery, keys, tokens, user info, approval."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE
from flask import Flask, Response, jsonify, request

from jupyter_openeo_artifacts.demo.openid.approval_page import approval_page
from jupyter_openeo_artifacts.demo.openid.clients import SCOPES
from jupyter_openeo_artifacts.demo.openid.device_codes import DeviceCodes
from jupyter_openeo_artifacts.demo.openid.grants import DeviceAuthorization
from jupyter_openeo_artifacts.demo.openid.mint import AUDIENCE, Mint, profile
from jupyter_openeo_artifacts.demo.openid.refresh_tokens import RefreshTokens
from jupyter_openeo_artifacts.demo.openid.server import OpenIDServer, Revocation
from jupyter_openeo_artifacts.demo.signing_key import ALGORITHM
from jupyter_openeo_artifacts.demo.token_check import TokenCheck, TokenRefused

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.data_folder import DataFolder
    from jupyter_openeo_artifacts.demo.identity import Identity

_FORM_LIMIT = 64 * 1024  # bytes


class OpenIDProvider:
    """One OpenID provider.

    Parameters
    ----------
    issuer
        Its address without a slash at the end.
    access_token_seconds, device_code_seconds, poll_seconds
        How long access tokens and device codes hold, and how often a client may ask.
    """

    def __init__(
        self,
        identity: Identity,
        folder: DataFolder,
        *,
        issuer: str,
        access_token_seconds: int,
        device_code_seconds: float,
        poll_seconds: int,
    ) -> None:
        self.issuer = issuer
        self._key = identity.signing_key
        self.codes: DeviceCodes = DeviceCodes(lifetime=device_code_seconds, interval=poll_seconds)
        self.mint: Mint = Mint(identity.signing_key, issuer=issuer, lifetime=access_token_seconds)
        self.server: OpenIDServer = OpenIDServer(
            identity,
            issuer=issuer,
            codes=self.codes,
            refresh_tokens=RefreshTokens(folder),
            mint=self.mint,
        )
        self._cookie_key = identity.cookie_key

    def token_check(self) -> TokenCheck:
        """Return what verifies this provider's access tokens."""
        return TokenCheck(
            self._key.public, issuer=self.issuer, audience=AUDIENCE, clients=self.server.clients
        )

    def app(self) -> Flask:
        """Return the web application."""
        # Authlib writes tokens to its debug log.
        logging.getLogger("authlib").setLevel(logging.INFO)
        app = Flask(__name__)
        app.config.update(
            SECRET_KEY=self._cookie_key,
            # Cookies know no ports; the number keeps two providers on one computer apart.
            SESSION_COOKIE_NAME=f"openeo-demo-{self.issuer.rpartition(':')[2]}",
            SESSION_COOKIE_HTTPONLY=True,
            SESSION_COOKIE_SAMESITE="Lax",
            MAX_CONTENT_LENGTH=_FORM_LIMIT,
            # A web page elsewhere cannot reach us under a name of its own (DNS rebinding).
            TRUSTED_HOSTS=["127.0.0.1", "localhost"],
        )
        self.server.attach(app)
        app.register_blueprint(approval_page(self.server))
        self._add_documents(app)
        self._add_endpoints(app)
        return app

    def _add_documents(self, app: Flask) -> None:
        @app.get("/.well-known/openid-configuration")
        def discovery() -> Response:
            return jsonify(self._discovery())

        @app.get("/jwks")
        def keys() -> Response:
            return jsonify(self._key.public)

    def _add_endpoints(self, app: Flask) -> None:
        check = self.token_check()

        @app.post("/token")
        def token() -> Any:
            return _not_stored(self.server.create_token_response())

        @app.post("/device/code")
        def device_authorization() -> Any:
            return _not_stored(
                self.server.create_endpoint_response(DeviceAuthorization.ENDPOINT_NAME)
            )

        @app.post("/revoke")
        def revoke() -> Any:
            return self.server.create_endpoint_response(Revocation.ENDPOINT_NAME)

        @app.route("/userinfo", methods=["GET", "POST"])
        def userinfo() -> Any:
            kind, _, token = request.headers.get("Authorization", "").partition(" ")
            try:
                if kind.lower() != "bearer":
                    raise TokenRefused("there is no bearer token")  # noqa: TRY301 - one way out
                claims = check.claims(token)
            except TokenRefused as refused:
                answer = jsonify(error="invalid_token", error_description=str(refused))
                answer.headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
                return answer, 401
            user = self.server.person(claims["sub"])
            scopes = str(claims.get("scope", "")).split()
            return jsonify(profile(user, scopes) if user else {"sub": claims["sub"]})

    def _discovery(self) -> dict[str, Any]:
        at = self.issuer
        return {
            "issuer": at,
            "device_authorization_endpoint": f"{at}/device/code",
            "token_endpoint": f"{at}/token",
            "userinfo_endpoint": f"{at}/userinfo",
            "revocation_endpoint": f"{at}/revoke",
            "jwks_uri": f"{at}/jwks",
            "scopes_supported": list(SCOPES),
            "response_types_supported": [],
            "grant_types_supported": [
                DEVICE_CODE_GRANT_TYPE,
                "refresh_token",
                "client_credentials",
            ],
            "token_endpoint_auth_methods_supported": [
                "none",
                "client_secret_basic",
                "client_secret_post",
            ],
            "code_challenge_methods_supported": ["S256"],
            "subject_types_supported": ["public"],
            "id_token_signing_alg_values_supported": [ALGORITHM],
            "claims_supported": ["iss", "sub", "aud", "exp", "iat", "name", "email"],
        }


def _not_stored(answer: Response) -> Response:
    answer.headers["Cache-Control"] = "no-store"
    return answer
