"""The openEO API of the local provider: discovery, capabilities, sign-in, who am I, lists.

It runs no jobs: artifacts are what it is for. Errors have openEO's body: id, code, message, links.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any

from authlib.oauth2.rfc8628 import DEVICE_CODE_GRANT_TYPE
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException

from jupyter_openeo_artifacts.demo.openeo_catalogue import RUNS_NOTHING, add_catalogue
from jupyter_openeo_artifacts.demo.openid.clients import PUBLIC_CLIENT_ID, SCOPES
from jupyter_openeo_artifacts.demo.token_check import TokenRefused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from jupyter_openeo_artifacts.demo.token_check import TokenCheck
    from jupyter_openeo_artifacts.demo.users import DemoUser

API_VERSION = "1.2.0"
PROVIDER_ID = "demo"
"""Names the OpenID provider in the API and in bearer tokens: `oidc/demo/<token>`."""

TITLE = "openEO demo on this computer"

_API_PATH = re.compile(r"<(\w+)>")  # Flask writes a parameter so, openEO in braces
_CODES = {401: "AuthenticationRequired", 404: "NotFound", 405: "FeatureUnsupported"}


class _ApiError(Exception):
    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


def openeo_api(
    *,
    address: str,
    issuer: str,
    check: TokenCheck,
    people: Mapping[str, DemoUser],
    artifacts: Any,
) -> Flask:
    """Return the API as a web application.

    Parameters
    ----------
    address
        Where it will answer, without a slash at the end.
    people
        Users by subject.
    artifacts
        What the capabilities say under "artifacts"; None leaves it out.
    """
    app = Flask(__name__, static_folder=None)
    app.config.update(TRUSTED_HOSTS=["127.0.0.1", "localhost"])
    _add_documents(app, address=address, issuer=issuer, artifacts=artifacts)
    add_catalogue(app, lambda code, message: _ApiError(501, code, message))

    @app.get("/collections/<name>")
    def collection(name: str) -> Response:
        raise _ApiError(404, "CollectionNotFound", f"This demo has no collection {name!r}.")

    @app.get("/me")
    def me() -> Response:
        claims = _claims(check)
        user = people.get(claims["sub"])
        answer = {"user_id": claims["sub"], "links": []}
        return jsonify(answer | ({"name": user.name} if user else {}))

    app.register_error_handler(
        _ApiError, lambda error: _error(error.status, error.code, str(error))
    )
    app.register_error_handler(
        HTTPException,
        lambda error: _error(
            error.code or 500, _CODES.get(error.code or 500, "Internal"), error.description or ""
        ),
    )
    app.after_request(_open_to_web_pages)
    return app


def s3sts_provider(
    *, s3_endpoint: str, sts_endpoint: str, role: str, bucket: str, region: str
) -> dict[str, Any]:
    """Return the value of "artifacts" for one S3 storage with STS."""
    config = {
        "s3_endpoint": s3_endpoint,
        "sts_endpoint": sts_endpoint,
        "role": role,
        "bucket": bucket,
        "region": region,
    }
    return {"providers": [{"id": "s3", "type": "S3STSConfig", "config": config}]}


def _add_documents(app: Flask, *, address: str, issuer: str, artifacts: Any) -> None:
    @app.get("/.well-known/openeo")
    def versions() -> Response:
        return jsonify(
            versions=[{"url": f"{address}/", "api_version": API_VERSION, "production": True}]
        )

    @app.get("/")
    def capabilities() -> Response:
        return jsonify(_capabilities(app, address=address, artifacts=artifacts))

    @app.get("/conformance")
    def conformance() -> Response:
        return jsonify(conformsTo=_CONFORMS_TO)

    @app.get("/credentials/oidc")
    def credentials() -> Response:
        client = {
            "id": PUBLIC_CLIENT_ID,
            "grant_types": [f"{DEVICE_CODE_GRANT_TYPE}+pkce", "refresh_token"],
        }
        provider = {
            "id": PROVIDER_ID,
            "issuer": issuer,
            "title": TITLE,
            "description": "Two demo users; their passwords are shown where you sign in.",
            "scopes": list(SCOPES),
            "default_clients": [client],
        }
        return jsonify(providers=[provider])


_CONFORMS_TO = [f"https://api.openeo.org/{API_VERSION}"]


def _capabilities(app: Flask, *, address: str, artifacts: Any) -> dict[str, Any]:
    hidden = {"/", "/.well-known/openeo", *(path for path, _ in RUNS_NOTHING)}
    endpoints = [
        {
            "path": _API_PATH.sub(r"{\1}", rule.rule),
            "methods": sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}),
        }
        for rule in app.url_map.iter_rules()
        if rule.rule not in hidden
    ]
    document = {
        "api_version": API_VERSION,
        "backend_version": "1.0.0",
        "stac_version": "1.0.0",
        "type": "Catalog",
        "id": "openeo-demo",
        "title": TITLE,
        "description": "A local openEO provider that takes artifacts and runs no jobs.",
        "production": False,
        "conformsTo": _CONFORMS_TO,
        "endpoints": sorted(endpoints, key=lambda one: str(one["path"])),
        "links": [
            {
                "rel": "version-history",
                "type": "application/json",
                "href": f"{address}/.well-known/openeo",
            },
            {"rel": "conformance", "type": "application/json", "href": f"{address}/conformance"},
        ],
    }
    return document if artifacts is None else document | {"artifacts": artifacts}


def _claims(check: TokenCheck) -> dict[str, Any]:
    kind, _, bearer = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer" or not bearer:
        raise _ApiError(401, "AuthenticationRequired", "Sign in first.")
    parts = bearer.strip().split("/", 2)
    if len(parts) != 3 or parts[:2] != ["oidc", PROVIDER_ID]:  # noqa: PLR2004 - method/provider/token
        raise _ApiError(403, "TokenInvalid", "The bearer token is not of an OpenID provider here.")
    try:
        return check.claims(parts[2])
    except TokenRefused as refused:
        raise _ApiError(403, "TokenInvalid", f"The access token is refused: {refused}.") from None


def _error(status: int, code: str, message: str) -> tuple[Response, int]:
    body = {"id": str(uuid.uuid4()), "code": code, "message": message, "links": []}
    return jsonify(body), status


def _open_to_web_pages(response: Response) -> Response:
    # openEO's web clients run elsewhere; a bearer token is no cookie, so this gives nothing away.
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
    response.headers["Access-Control-Allow-Methods"] = "GET, OPTIONS"
    response.headers["Access-Control-Expose-Headers"] = "Location, OpenEO-Identifier, OpenEO-Costs"
    return response
