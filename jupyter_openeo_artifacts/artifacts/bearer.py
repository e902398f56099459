"""The OpenID Connect access token of an openEO connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.artifacts.exceptions import NoUsableLogin
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from openeo.rest.connection import Connection


_ME_SECONDS = 30  # openEO's own limit of 20 minutes is one for jobs


def access_token(connection: Connection) -> str:
    """Return the token that `connection` uses now, after it had the chance to renew it.

    The bearer's form is `oidc/<provider>/<token>`
    (https://api.openeo.org/#section/Authentication/Bearer-Authentication). A basic-auth bearer is
    base64 of name and password in some backends, so it never leaves for another service.

    Raises
    ------
    NoUsableLogin
        The connection is not signed in, not by OpenID Connect, or no longer.
    """
    _bearer(connection)  # a connection without a login is told so before anything is sent
    _renew(connection)
    return _bearer(connection).split("/", 2)[2]


def _bearer(connection: Connection) -> str:
    bearer = getattr(connection.auth, "bearer", None)
    if not bearer:
        raise NoUsableLogin(
            "This connection is not signed in.",
            todo="Call connection.authenticate_oidc(), or sign in with the openEO artifacts panel.",
        )
    if not bearer.startswith("oidc/") or bearer.count("/") < 2:  # noqa: PLR2004
        raise NoUsableLogin(
            "Artifact storage needs a login by OpenID Connect; this connection has another one.",
            todo="Call connection.authenticate_oidc().",
        )
    return str(bearer)


def _renew(connection: Connection) -> None:
    """Make one call, in which the openEO client renews a token that has ended."""
    from openeo.rest import OpenEoApiError, OpenEoClientException
    from requests import RequestException

    try:
        connection.get("/me", expected_status=200, timeout=_ME_SECONDS)
    except OpenEoApiError as error:
        if error.http_status_code in (401, 403):
            raise NoUsableLogin(
                "The backend no longer accepts this login.", todo="Sign in again."
            ) from error
    except OpenEOArtifactsError:
        raise
    except (OpenEoClientException, RequestException):
        return  # what storage says of the token counts, not whether /me answers
