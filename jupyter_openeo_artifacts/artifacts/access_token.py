"""A login as STS takes it: the access token and its claims."""

from __future__ import annotations

import base64
import binascii
import json
import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.artifacts.capabilities import document_at
from jupyter_openeo_artifacts.artifacts.exceptions import NoUsableLogin
from jupyter_openeo_artifacts.concurrency.process_end import call_after_fork
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

if TYPE_CHECKING:
    from openeo.rest.connection import Connection


_LONGEST_NAME = 200


class StorageLogin(Protocol):
    """Who is signed in, as a storage's STS is shown it."""

    @property
    def account(self) -> str:
        """The name, else the id, that the backend has for the login; empty if it tells neither."""

    def access_token(self) -> str:
        """Return an OpenID Connect access token; raises where nobody is signed in."""

    def refresh_after_401(self, refused: str) -> str:
        """Return the token to try after `refused` was; `refused` itself where there is no other."""


class BearerLogin:
    """The login of a connection that somebody else signed in, as the openEO client holds it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._account = ""
        call_after_fork(self)

    def reset_after_fork(self) -> None:
        """Have no connection of the parent's."""
        from jupyter_openeo_artifacts.auth.http_adapter import leave_connections

        session = self._connection.session
        if hasattr(session, "adapters"):  # one that somebody made may be of another kind
            leave_connections(session)

    @property
    def account(self) -> str:
        """The name, else the id, that `GET /me` told last; empty where it never told either."""
        return self._account

    def access_token(self) -> str:
        """Return the token that the connection uses now, after it had the chance to renew it.

        The bearer's form is `oidc/<provider>/<token>`
        (https://api.openeo.org/#section/Authentication/Bearer-Authentication). A basic-auth bearer
        is base64 of name and password in some backends, so it never leaves for another service.

        Raises
        ------
        NoUsableLogin
            The connection is not signed in, not by OpenID Connect, or no longer.
        """
        _bearer(self._connection)  # one without a login is told so before anything is sent
        self._account = _renew(self._connection) or self._account  # one that fails takes none away
        return _bearer(self._connection).split("/", 2)[2]

    def refresh_after_401(self, refused: str) -> str:
        """Return `refused`: the client has had its chance to renew it before it was shown."""
        return refused


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


def _renew(connection: Connection) -> str:
    """Make one call, in which the openEO client renews a token that has ended.

    Returns
    -------
    The account's name, else its id; empty where the backend does not say.
    """
    from openeo.rest import OpenEoApiError, OpenEoClientException
    from requests import RequestException

    try:
        return _account(document_at(connection, "/me"))
    except OpenEoApiError as error:
        if error.http_status_code not in (401, 403):
            return ""
    except OpenEOArtifactsError:
        raise
    except (OpenEoClientException, RequestException, ValueError, RecursionError):
        return ""  # what storage says of the token counts, not whether /me answers
    # Out of the handler, so that no traceback has the backend's words, which may repeat the token.
    raise NoUsableLogin("The backend no longer accepts this login.", todo="Sign in again.")


def _account(me: Any) -> str:
    """Return what `GET /me` calls the account, on one line."""
    known = me if isinstance(me, dict) else {}
    return _one_line(known.get("name")) or _one_line(known.get("user_id"))


def _one_line(text: Any) -> str:
    """Return what `text` says, fit to be shown; empty if it is no text."""
    if not isinstance(text, str):
        return ""
    shown = (char if char.isprintable() else " " for char in text[:_LONGEST_NAME])
    return "".join(shown).strip()


_LONGEST = 65_536  # characters
_HOST = re.compile(r"[A-Za-z0-9.-]{1,253}")


@dataclass(frozen=True)
class TokenClaims:
    """Claims of a JWT (RFC 7519, section 4.1); nothing is verified, what is odd is left out."""

    issuer_host: str | None = None
    not_before: datetime | None = None
    expires_at: datetime | None = None

    @classmethod
    def of(cls, token: str) -> TokenClaims:
        """Read `token`; one that is no JWT says nothing."""
        pieces = token.split(".") if len(token) <= _LONGEST else []
        if len(pieces) != 3:  # noqa: PLR2004  header, payload, signature
            return cls()
        try:
            claims = json.loads(base64.urlsafe_b64decode(pieces[1] + "=" * (-len(pieces[1]) % 4)))
        except (ValueError, binascii.Error, RecursionError):
            return cls()
        if not isinstance(claims, dict):
            return cls()
        return cls(_host(claims.get("iss")), _time(claims.get("nbf")), _time(claims.get("exp")))


def _host(issuer: Any) -> str | None:
    try:
        host = urlsplit(issuer).hostname if isinstance(issuer, str) else None
    except ValueError:
        return None
    return host if host and _HOST.fullmatch(host) else None


def _time(claim: Any) -> datetime | None:
    if not isinstance(claim, int | float) or isinstance(claim, bool):
        return None
    try:
        return datetime.fromtimestamp(claim, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None
