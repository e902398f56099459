"""A login provider that is ready to be asked: its endpoints are known."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import requests

from jupyter_openeo_artifacts.login.address import host_of, may_lead
from jupyter_openeo_artifacts.login.deadline import within
from jupyter_openeo_artifacts.login.exceptions import (
    BackendRedirects,
    LoginNotPossible,
    LoginProviderFailed,
    LoginProviderUnreachable,
)
from jupyter_openeo_artifacts.login.http import ANSWER_SECONDS, BoundedSession
from jupyter_openeo_artifacts.login.listed import ListedProvider  # noqa: TC001  # dataclass field


@dataclass(frozen=True)
class LoginProvider:
    """An OpenID provider, and the client that we are there.

    `scope` asks for what the backend wants, `lasting_scope` for a refresh token as well.
    """

    id: str
    title: str
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    pkce: bool
    scope: str
    lasting_scope: str
    token_endpoint: str
    device_endpoint: str | None
    revocation_endpoint: str | None
    basic_only: bool
    authorization_parameters: dict[str, str] = field(repr=False)

    @classmethod
    def discover(cls, listed: ListedProvider) -> LoginProvider:
        """Read the provider's discovery document (OpenID Connect Discovery 1.0, section 4).

        Raises
        ------
        LoginProviderUnreachable, LoginProviderFailed
            There is none to be had, or none that can be used.
        LoginNotPossible
            Nobody gave us a client id.
        """
        if listed.client_id is None:
            raise LoginNotPossible(
                f"The backend offers no client for a login with a code at {listed.title}.",
                todo="Ask its provider for a default client with the device flow.",
            )
        from openeo.rest.auth.oidc import OidcException, OidcProviderInfo

        def read() -> Any:
            with BoundedSession() as session:
                return OidcProviderInfo(
                    issuer=listed.issuer,
                    scopes=list(listed.scopes),
                    provider_id=listed.id,
                    title=listed.title,
                    requests_session=session,
                )

        try:
            info = within(ANSWER_SECONDS, read, name=f"discovery at {host_of(listed.issuer)}")
        except (OidcException, TimeoutError, BackendRedirects) as error:
            raise _failure(error.__cause__ or error, listed) from error
        config = info.config if isinstance(info.config, dict) else {}
        token_endpoint = _endpoint(config, "token_endpoint", listed)
        if token_endpoint is None:
            raise _failure(ValueError("no token endpoint"), listed)
        methods = config.get("token_endpoint_auth_methods_supported") or ["client_secret_post"]
        return cls(
            id=listed.id,
            title=listed.title,
            issuer=listed.issuer,
            client_id=listed.client_id,
            client_secret=listed.client_secret,
            pkce=listed.pkce,
            scope=info.get_scopes_string(),
            lasting_scope=info.get_scopes_string(request_refresh_token=True),
            token_endpoint=token_endpoint,
            device_endpoint=_endpoint(config, "device_authorization_endpoint", listed),
            revocation_endpoint=_endpoint(config, "revocation_endpoint", listed),
            basic_only="client_secret_basic" in methods and "client_secret_post" not in methods,
            authorization_parameters=listed.authorization_parameters,
        )

    def with_secret(self, client_secret: str) -> LoginProvider:
        """Return the same provider for a client that has a secret."""
        return replace(self, client_secret=client_secret, pkce=False)


def _endpoint(config: dict[str, Any], name: str, listed: ListedProvider) -> str | None:
    """Return an endpoint of the discovery document; never one where secrets would go in clear."""
    url = config.get(name)
    return url if isinstance(url, str) and may_lead(listed.issuer, url) else None


def _failure(
    cause: BaseException, listed: ListedProvider
) -> LoginProviderUnreachable | LoginProviderFailed:
    answered = isinstance(cause, requests.HTTPError) and cause.response is not None
    status = cause.response.status_code if isinstance(cause, requests.HTTPError) and answered else 0
    gone = isinstance(cause, requests.ConnectionError | requests.Timeout | TimeoutError)
    if gone or status >= requests.codes.internal_server_error:
        return LoginProviderUnreachable(
            f"The login provider {listed.title} ({host_of(listed.issuer)}) does not answer.",
            todo="Try again later.",
        )
    return LoginProviderFailed(
        f"{host_of(listed.issuer)} does not answer as an OpenID provider.",
        todo="Tell the provider of the backend.",
    )
