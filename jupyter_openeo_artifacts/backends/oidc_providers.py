"""The login providers that a backend lists, and the client to use with each."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Any

import requests

from jupyter_openeo_artifacts.auth.exceptions import (
    BackendFailed,
    LoginNotPossible,
    TokenStoreUnreadable,
)
from jupyter_openeo_artifacts.auth.http_client import BoundedSession, ask, plain
from jupyter_openeo_artifacts.auth.provider_metadata import ListedProvider
from jupyter_openeo_artifacts.auth.token_store import not_private
from jupyter_openeo_artifacts.backends.discovery import Probe, unreachable
from jupyter_openeo_artifacts.errors import BackendAddressInvalid
from jupyter_openeo_artifacts.formatting import MANY, members, objects, text, texts
from jupyter_openeo_artifacts.urls import host_of, may_lead, plain_origin

if TYPE_CHECKING:
    from pathlib import Path


_DEVICE = "urn:ietf:params:oauth:grant-type:device_code"
_DEVICE_PKCE = f"{_DEVICE}+pkce"
_MOST = 20
"""So many providers are looked at."""


# The API's `[\d\w]{1,20}` and what backends add to it; it goes into a header, before a slash.
_ID = re.compile(r"[A-Za-z0-9_.-]+")
_LONGEST_ID = 50
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749, section 3.3
_PARAMETER = re.compile(r"[A-Za-z0-9_.-]+")

_OURS = {
    *("client_id", "client_secret", "client_assertion", "client_assertion_type", "code_challenge"),
    *("code_challenge_method", "device_code", "grant_type", "scope"),
}


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
    read = [_read(entry, backend, configured) for entry in entries[:_MOST]]
    found = [one for one in read if one]
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
    with BoundedSession(one_origin=True, public_only=backend.public_only) as session:
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


def _read(
    entry: Any, backend: Probe, configured: dict[str, dict[str, Any]]
) -> ListedProvider | None:
    """Return what an entry says, None where it does not say enough.

    https://api.openeo.org/#tag/Account-Management/operation/authenticate-oidc
    """
    if not isinstance(entry, dict):
        return None
    key, issuer = text(entry.get("id"), _LONGEST_ID, _ID), entry.get("issuer")
    if key is None or not isinstance(issuer, str) or not may_lead(backend.root, issuer):
        return None
    try:
        plain_origin(issuer)
    except BackendAddressInvalid:
        return None
    config = configured.get(key, {})
    clients = objects(entry.get("default_clients"))
    client_id = text(config.get("client_id") or _default_client(clients))
    own = next((one for one in clients if one.get("id") == client_id), {})
    secret = text(config.get("client_secret"), 1000) if config.get("client_id") else None
    return ListedProvider(
        id=key,
        title=plain(entry.get("title")) or host_of(issuer),
        issuer=issuer,
        scopes=texts(entry.get("scopes"), pattern=_SCOPE),
        client_id=client_id,
        client_secret=secret,
        secret_is_for_issuer=_same_issuer(config.get("issuer"), issuer),
        pkce=secret is None and _DEVICE_PKCE in members(own.get("grant_types")),
        authorization_parameters=_parameters(entry.get("authorization_parameters")),
        public_only=backend.public_only,
    )


def _same_issuer(configured: Any, issuer: str) -> bool:
    return isinstance(configured, str) and configured.rstrip("/") == issuer.rstrip("/")


def _parameters(value: Any) -> dict[str, str]:
    """Return what the backend wants to be asked for besides; never in place of what we ask."""
    found = {}
    for name, said in list(value.items())[:MANY] if isinstance(value, dict) else ():
        asked = str(said) if isinstance(said, int | float) else said
        key, usable = text(name, pattern=_PARAMETER), text(asked, 1000)
        if key and usable and key not in _OURS:
            found[key] = usable
    return found


def _default_client(clients: list[dict[str, Any]]) -> str | None:
    """Return the client that `Connection.authenticate_oidc` would take: logins are kept by it."""
    named = [
        (key, set(texts(one.get("grant_types")))) for one in clients if (key := text(one.get("id")))
    ]
    device = [(key, grants) for key, grants in named if {_DEVICE, _DEVICE_PKCE} & grants]
    renewable = [(key, grants) for key, grants in device if "refresh_token" in grants]
    return next((key for key, _ in renewable or device), None)


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
                return {name: one for name, one in found.items() if text(one.get("client_id"))}
    except PermissionError as error:
        raise not_private(config.path, config.path.stat().st_mode) from error
    except (RuntimeError, AttributeError, OSError) as error:
        raise TokenStoreUnreadable(
            f"{config.path} is not a configuration of the openEO client.",
            todo="Repair the file or move it away.",
        ) from error
    return {}
