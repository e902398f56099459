"""The openEO client's authentication, with a token that is always fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests
from openeo.rest.auth.auth import OidcBearerAuth

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.token_provider import TokenProvider


_RESENDABLE = (type(None), bytes, str)


class FreshBearerAuth(OidcBearerAuth):
    """An `OidcBearerAuth` whose `bearer` is renewed in time, and once more when it is refused.

    The openEO client's own renewal keeps its first refresh token and so fails at a provider that
    rotates them (openeo 0.53, `Connection.try_access_token_refresh`); it stays out of the way
    because the connection has no renewer.

    Importing this module imports openeo.
    """

    def __init__(self, keeper: TokenProvider) -> None:  # the parent's would set `bearer` for good
        self._keeper = keeper

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._keeper.login.provider_id}>"

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
        return self._spelled(self._keeper.access_token())

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
        token = self._keeper.refresh_after_401(sent)
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
        return f"oidc/{self._keeper.login.provider_id}/{token}"


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
