"""Who the backend says we are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import requests
from requests.auth import AuthBase

from jupyter_openeo_artifacts.auth.exceptions import BackendRedirects, LoginNotAccepted
from jupyter_openeo_artifacts.auth.http_client import BoundedSession, ask, plain
from jupyter_openeo_artifacts.auth.json_values import text
from jupyter_openeo_artifacts.error_catalog.redaction import repeats_a_secret
from jupyter_openeo_artifacts.errors import ResourcesExhausted
from jupyter_openeo_artifacts.urls import host_of

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.token_provider import Login
    from jupyter_openeo_artifacts.backends.discovery import Probe
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


_SECONDS = 6.0


def user_name(backend: Probe, bearer: str) -> str | None:
    """Return the name, else the id, that `GET /me` has for the owner of `bearer`.

    None where the backend does not say or does not answer: a login does not depend on it.

    Raises
    ------
    LoginNotAccepted
        The backend does not take the token.
    """
    try:
        with BoundedSession(one_origin=True, public_only=backend.public_only) as session:
            answer = ask(
                session, "GET", f"{backend.root}/me", auth=_Bearer(bearer), seconds=_SECONDS
            )
    except (requests.RequestException, BackendRedirects, ResourcesExhausted):
        return None
    if answer.status in (requests.codes.unauthorized, requests.codes.forbidden):
        code = text(answer.body.get("code"), 64) if isinstance(answer.body, dict) else None
        token = bearer.rpartition("/")[2]
        shown = code and code.isalnum() and not repeats_a_secret(code, [token])
        more = f" ({code})" if shown else ""
        raise LoginNotAccepted(
            f"{host_of(backend.backend)} does not accept your login{more}.",
            todo="Make sure that your account may use this backend, or sign in with another one.",
        )
    if answer.status != requests.codes.ok or not isinstance(answer.body, dict):
        return None
    return plain(answer.body.get("name")) or plain(answer.body.get("user_id")) or None


def ask_name(
    backend: Probe, login: Login, access_token: str
) -> tuple[str | None, OpenEOArtifactsError | None]:
    """Return who has signed in, and what is wrong with the login all the same."""
    try:
        return user_name(backend, f"oidc/{login.provider_id}/{access_token}"), login.problem
    except LoginNotAccepted as error:
        return None, error


class _Bearer(AuthBase):
    def __init__(self, bearer: str) -> None:
        self._bearer = bearer

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._bearer}"
        return request
