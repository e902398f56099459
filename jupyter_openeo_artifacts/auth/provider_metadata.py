"""A login provider: as a backend lists it, and as its discovery document describes it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import requests

from jupyter_openeo_artifacts.auth.exceptions import (
    BackendRedirects,
    LoginNotPossible,
    LoginProviderFailed,
    LoginProviderUnreachable,
)
from jupyter_openeo_artifacts.auth.http_client import BoundedSession, ask
from jupyter_openeo_artifacts.error_catalog import find
from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer
from jupyter_openeo_artifacts.formatting import texts
from jupyter_openeo_artifacts.urls import host_of, may_lead

_LASTING = "offline_access"  # OpenID Connect Core, section 11


@dataclass(frozen=True)
class LoginProvider:
    """An OpenID provider, and the client that we are there.

    `scope` asks for what the backend wants, `lasting_scope` for a refresh token as well;
    `narrow_scope` for what the provider lists, where it refuses one of those.
    """

    id: str
    title: str
    issuer: str
    client_id: str
    client_secret: str | None = field(repr=False)
    pkce: bool
    scope: str
    lasting_scope: str
    narrow_scope: str
    token_endpoint: str
    device_endpoint: str | None
    revocation_endpoint: str | None
    basic_only: bool
    authorization_parameters: dict[str, str] = field(repr=False)
    public_only: bool = False

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
        config = _document(listed)
        token_endpoint = _endpoint(config, "token_endpoint", listed)
        if token_endpoint is None:
            raise _unusable(listed)
        methods = texts(config.get("token_endpoint_auth_methods_supported"))
        # Not sorted out by `scopes_supported`, which may leave some out (RFC 8414, section 2), but
        # a provider that refuses one is asked again for those alone.
        wanted = {"openid", *listed.scopes}
        supported = set(texts(config.get("scopes_supported"))) or wanted
        return cls(
            id=listed.id,
            title=listed.title,
            issuer=listed.issuer,
            client_id=listed.client_id,
            client_secret=listed.client_secret,
            pkce=listed.pkce,
            scope=" ".join(sorted(wanted)),
            lasting_scope=" ".join(sorted({*wanted, _LASTING})),
            narrow_scope=" ".join(sorted({"openid", *wanted & supported} - {_LASTING})),
            token_endpoint=token_endpoint,
            device_endpoint=_endpoint(config, "device_authorization_endpoint", listed),
            revocation_endpoint=_endpoint(config, "revocation_endpoint", listed),
            basic_only="client_secret_basic" in methods and "client_secret_post" not in methods,
            authorization_parameters=listed.authorization_parameters,
            public_only=listed.public_only,
        )

    def with_secret(self, client_secret: str) -> LoginProvider:
        """Return the same provider for a client that has a secret."""
        return replace(self, client_secret=client_secret, pkce=False)


def _document(listed: ListedProvider) -> dict[str, Any]:
    """Return the discovery document, from where the openEO client looks for it."""
    url = f"{listed.issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        with BoundedSession(public_only=listed.public_only) as session:
            answer = ask(session, "GET", url)
    except (requests.ConnectionError, requests.Timeout) as error:
        raise _silent(listed) from error
    except (requests.RequestException, BackendRedirects) as error:
        raise _unusable(listed) from error
    if find("oidc", ProviderAnswer(status=answer.status)).row.kind == "again":
        raise _silent(listed)
    if answer.status != requests.codes.ok or not isinstance(answer.body, dict):
        raise _unusable(listed)
    return answer.body


def _endpoint(config: dict[str, Any], name: str, listed: ListedProvider) -> str | None:
    """Return an endpoint of the discovery document; never one where secrets would go in clear."""
    url = config.get(name)
    return url if isinstance(url, str) and may_lead(listed.issuer, url) else None


def _silent(listed: ListedProvider) -> LoginProviderUnreachable:
    return LoginProviderUnreachable(
        f"The login provider {listed.title} ({host_of(listed.issuer)}) does not answer.",
        todo="Try again later.",
    )


def _unusable(listed: ListedProvider) -> LoginProviderFailed:
    return LoginProviderFailed(
        f"{host_of(listed.issuer)} does not answer as an OpenID provider.",
        todo="Tell the provider of the backend.",
    )


@dataclass(frozen=True)
class ListedProvider:
    """One entry of `GET /credentials/oidc`, with the client id that a login from here uses.

    `client_id` is None where the backend offers no client for the device flow and the openEO
    client's configuration has none either. `pkce` tells whether that client proves its key,
    `secret_is_for_issuer` whether the configuration that its secret is from names this issuer.
    """

    id: str
    title: str
    issuer: str
    scopes: tuple[str, ...]
    client_id: str | None
    client_secret: str | None = field(repr=False)
    pkce: bool
    authorization_parameters: dict[str, str] = field(repr=False)
    is_service: bool = False
    public_only: bool = False
    secret_is_for_issuer: bool = False

    def for_service(self, client_id: str) -> ListedProvider:
        """Return the same provider for a service account."""
        return replace(self, client_id=client_id, client_secret=None, pkce=False, is_service=True)
