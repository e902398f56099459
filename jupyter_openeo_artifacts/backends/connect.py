"""openEO connections for sessions: openEO's own client, with bounded answers and a fresh token."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

import requests
from openeo.rest import OpenEoApiPlainError
from openeo.rest.auth.auth import OidcBearerAuth
from openeo.rest.connection import Connection

from jupyter_openeo_artifacts.auth.exceptions import BackendFailed, BackendRedirects
from jupyter_openeo_artifacts.auth.http_client import BoundedSession
from jupyter_openeo_artifacts.backends.discovery import unreachable
from jupyter_openeo_artifacts.concurrency.cancellation import call_with_timeout
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.urls import host_of, origin

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.tokens import TokenProvider
    from jupyter_openeo_artifacts.backends.discovery import Probe


SECONDS = 6.0
USE_SECONDS = 60
"""The longest silence in an answer once connected."""


def connect(backend: Probe) -> Connection:
    """Return a connection of the openEO client, not authenticated.

    Its requests have time-outs, and none with a token is redirected to another host.

    Raises
    ------
    BackendUnreachable, BackendFailed, BackendRedirects
        The backend has changed its mind since it was probed; after `SECONDS` at the latest.
    """

    def call() -> Any:
        return QuietConnection(
            backend.root,
            session=BoundedSession(USE_SECONDS, once_more=True, public_only=backend.public_only),
            default_timeout=USE_SECONDS,
        )

    host = host_of(backend.backend)
    try:
        connection = call_with_timeout(SECONDS, call, name=f"connecting to {host}")
    except (requests.RequestException, TimeoutError) as error:
        raise unreachable(error, backend.backend) from error
    except OpenEOArtifactsError:
        raise
    except Exception as error:  # whatever the client makes of an odd document
        raise BackendFailed(
            f"{host} does not answer as the openEO client expects.",
            todo="Try again later; if it stays so, tell the provider of the backend.",
        ) from error
    if origin(connection.root_url) != origin(backend.root):
        raise BackendRedirects(
            f"{host} sends its users to {host_of(connection.root_url)}.",
            todo="If you trust that address, enter it instead.",
        )
    found: Connection = connection
    return found


class QuietConnection(Connection):
    """A connection that asks nothing twice and prints no answer.

    Importing this module imports openeo.
    """

    @classmethod
    def version_discovery(cls, url: str, *_: Any, **__: Any) -> str:
        """Return `url`: `probe` has followed what the backend says of its versions."""
        return url

    def _raise_api_error(self, response: requests.Response) -> None:
        """Raise what a failed answer means; the client logs a page in full, as a warning."""
        said: Any = None
        with suppress(ValueError, RecursionError):
            said = response.json()
        words = [said.get(name) for name in ("code", "message")] if isinstance(said, dict) else []
        if words and all(isinstance(word, str) and word for word in words):
            super()._raise_api_error(response)
        status = response.status_code
        raise OpenEoApiPlainError(f"no error of openEO (HTTP {status})", http_status_code=status)


_RESENDABLE = (type(None), bytes, str)


class FreshBearerAuth(OidcBearerAuth):
    """An `OidcBearerAuth` whose `bearer` is renewed in time, and once more when it is refused.

    The openEO client's own renewal keeps its first refresh token and so fails at a provider that
    rotates them (openeo 0.53, `Connection.try_access_token_refresh`); it stays out of the way
    because the connection has no renewer.

    Importing this module imports openeo.
    """

    def __init__(self, tokens: TokenProvider) -> None:  # the parent's would set `bearer` for good
        self._tokens = tokens

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._tokens.login.provider_id}>"

    @property
    def bearer(self) -> str:  # type: ignore[override]  # the parent keeps one for good
        """What goes after "Bearer", in the form of the openEO API: `oidc/<provider>/<token>`.

        Raises
        ------
        NotSignedIn
            The login has ended.
        OpenEOArtifactsError
            The provider does not answer; try again later.
        """
        return self._spelled(self._tokens.access_token())

    def __call__(self, req: Any) -> Any:
        """Put the token on a prepared request; see `requests.auth.AuthBase`."""
        req = super().__call__(req)
        req.register_hook("response", self._once_more)
        return req

    def _once_more(self, response: requests.Response, **kwargs: Any) -> requests.Response:
        """Send the request again where its token was refused and a newer one is to be had."""
        request = response.request
        sent = str(request.headers.get("Authorization", "")).removeprefix(self._prefix)
        if not _refused(response) or not isinstance(request.body, _RESENDABLE):
            return response
        token = self._tokens.refresh_after_401(sent)
        if token == sent:
            return response
        response.content  # noqa: B018  # read to its end, so that the connection is free again
        response.close()
        again: Any = request.copy()
        again.deregister_hook("response", self._once_more)
        again.headers["Authorization"] = f"Bearer {self._spelled(token)}"
        second: requests.Response = response.connection.send(again, **kwargs)
        second.history.append(response)
        second.request = again
        return second

    @property
    def _prefix(self) -> str:
        return f"Bearer {self._spelled('')}"

    def _spelled(self, token: str) -> str:
        return f"oidc/{self._tokens.login.provider_id}/{token}"


def _refused(response: requests.Response) -> bool:
    if response.status_code == requests.codes.unauthorized:
        return True
    if response.status_code != requests.codes.forbidden:
        return False
    try:
        said = response.json()
    except ValueError:
        return False
    return isinstance(said, dict) and said.get("code") == "TokenInvalid"
