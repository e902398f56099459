"""The login providers that a backend lists, and the client to use with each."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import requests

from jupyter_openeo_artifacts.login.address import host_of, may_lead
from jupyter_openeo_artifacts.login.exceptions import (
    BackendFailed,
    LoginNotPossible,
    TokenStoreUnreadable,
)
from jupyter_openeo_artifacts.login.http import BoundedSession, ask
from jupyter_openeo_artifacts.login.probe import Probe, plain, unreachable
from jupyter_openeo_artifacts.login.token_store import not_private

if TYPE_CHECKING:
    from pathlib import Path

_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_DEVICE_PKCE = f"{_DEVICE}+pkce"


@dataclass(frozen=True)
class ListedProvider:
    """One entry of `GET /credentials/oidc`, with the client id that a login from here uses.

    `client_id` is None where the backend offers no client for the device flow and the openEO
    client's configuration has none either. `pkce` tells whether that client proves its key.
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

    def for_service(self, client_id: str) -> ListedProvider:
        """Return the same provider for a service account."""
        return replace(self, client_id=client_id, client_secret=None, pkce=False, is_service=True)


def listed_providers(backend: Probe) -> list[ListedProvider]:
    """Return the providers, the one first that the openEO client would choose.

    That is the one named by `OPENEO_AUTH_PROVIDER_ID`, else the only one with a client id in the
    client's `auth-config.json`, else the first.

    Raises
    ------
    LoginNotPossible
        The backend offers no OpenID login.
    BackendUnreachable, BackendFailed
        It offers one but does not list it now.
    TokenStoreNotPrivate, TokenStoreUnreadable
        `auth-config.json` is not as it should be.
    """
    entries = _entries(backend)
    configured = _configured(backend)
    found = []
    for entry in entries:
        issuer = entry.get("issuer") if isinstance(entry, dict) else None
        if isinstance(issuer, str) and may_lead(backend.root, issuer) and entry.get("id"):
            found.append(_read(entry, issuer, configured.get(str(entry["id"]), {})))
    if not found:
        raise LoginNotPossible(
            f"{host_of(backend.backend)} lists no login provider that can be used.",
            todo="Ask the provider of the backend.",
        )
    known = {one.id for one in found}
    wanted = known & {os.environ.get("OPENEO_AUTH_PROVIDER_ID", "")} or known & configured.keys()
    if len(wanted) == 1:
        found.sort(key=lambda one: one.id not in wanted)
    return found


def _entries(backend: Probe) -> list[Any]:
    host = host_of(backend.backend)
    if not backend.offers("/credentials/oidc"):
        if backend.offers("/credentials/basic"):
            raise LoginNotPossible(
                f"{host} knows logins by user name and password only; artifact storage needs an "
                "OpenID Connect login.",
                todo="Ask its provider for OpenID Connect, or choose another backend.",
            )
        raise LoginNotPossible(f"{host} offers no login.", todo="Choose another backend.")
    with BoundedSession(one_origin=True) as session:
        try:
            answer = ask(session, "GET", f"{backend.root}/credentials/oidc")
        except requests.RequestException as error:
            raise unreachable(error, backend.backend) from error
    listed = answer.body.get("providers") if isinstance(answer.body, dict) else None
    if answer.status != requests.codes.ok or not isinstance(listed, list):
        raise BackendFailed(
            f"{host} does not say who its login providers are (HTTP {answer.status}).",
            todo="Try again later; if it stays so, tell the provider of the backend.",
        )
    return listed


def _read(entry: dict[str, Any], issuer: str, config: dict[str, Any]) -> ListedProvider:
    clients = [one for one in entry.get("default_clients") or [] if isinstance(one, dict)]
    client_id = config.get("client_id") or _default_client(clients)
    own = next((one for one in clients if one.get("id") == client_id), {})
    secret = config.get("client_secret") if config.get("client_id") else None
    parameters = entry.get("authorization_parameters")
    return ListedProvider(
        id=str(entry["id"]),
        title=plain(entry.get("title")) or host_of(issuer),
        issuer=issuer,
        scopes=tuple(str(scope) for scope in entry.get("scopes") or ()),
        client_id=str(client_id) if client_id else None,
        client_secret=secret,
        pkce=secret is None and _DEVICE_PKCE in (own.get("grant_types") or []),
        authorization_parameters={
            str(name): str(value)
            for name, value in (parameters.items() if isinstance(parameters, dict) else ())
        },
    )


def _default_client(clients: list[dict[str, Any]]) -> Any:
    """Return the client that `Connection.authenticate_oidc` would take: logins are kept by it."""
    device = [one for one in clients if {_DEVICE, _DEVICE_PKCE} & set(one.get("grant_types") or [])]
    renewable = [one for one in device if "refresh_token" in one["grant_types"]]
    return next((one.get("id") for one in renewable or device), None)


def _configured(backend: Probe) -> dict[str, dict[str, Any]]:
    """Return the clients that the person gave to the openEO client for this backend."""
    from openeo.config import get_user_config_dir
    from openeo.rest.auth.config import AuthConfig

    try:
        folder: Path = get_user_config_dir(auto_create=False)
    except Exception:  # noqa: BLE001  # openeo raises a bare Exception where there is none
        return {}
    config = AuthConfig(folder / AuthConfig.DEFAULT_FILENAME)
    try:
        for address in (backend.backend, backend.root):
            found: dict[str, dict[str, Any]] = config.get_oidc_provider_configs(address)
            if found:
                return {name: entry for name, entry in found.items() if entry.get("client_id")}
    except PermissionError as error:
        raise not_private(config.path, config.path.stat().st_mode) from error
    except (RuntimeError, AttributeError, OSError) as error:
        raise TokenStoreUnreadable(
            f"{config.path} is not a configuration of the openEO client.",
            todo="Repair the file or move it away.",
        ) from error
    return {}
