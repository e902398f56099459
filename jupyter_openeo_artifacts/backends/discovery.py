"""What a backend says of itself and of the account that is signed in."""

from __future__ import annotations

import secrets
import time
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import requests
from requests.auth import AuthBase

from jupyter_openeo_artifacts.auth.exceptions import (
    BackendFailed,
    BackendNotTrusted,
    BackendRedirects,
    BackendUnreachable,
    LoginNotAccepted,
    NotOpenEO,
)
from jupyter_openeo_artifacts.auth.http_client import BoundedSession, JSONAnswer, ask, plain
from jupyter_openeo_artifacts.auth.tokens import jwt_account
from jupyter_openeo_artifacts.error_catalog.response import repeats_a_secret
from jupyter_openeo_artifacts.errors import BackendAddressInvalid, ResourcesExhausted
from jupyter_openeo_artifacts.formatting import members, text
from jupyter_openeo_artifacts.urls import host_of, may_lead, normalise

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.tokens import Login
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


SECONDS = 9.0
_TOO_MANY = 429


@dataclass(frozen=True)
class Probe:
    """An openEO API: `root` is the address of the version to use, `title` for people.

    `artifacts` is the raw value of that name in the capabilities, None where there is none;
    `paths` are those that can be asked by GET; `used` are the STS and the S3 endpoint of a storage
    that is used though it is not among the first of those: perhaps only who signs in is told of it.
    """

    backend: str
    root: str
    title: str
    artifacts: Any = field(default=None, repr=False)
    paths: frozenset[str] = field(default=frozenset(), repr=False)
    public_only: bool = False
    used: tuple[str, str] | None = None

    @classmethod
    def read(cls, backend: str, root: str, said: dict[str, Any]) -> Probe:
        """Read capabilities (https://api.openeo.org/#tag/Capabilities/operation/capabilities)."""
        paths = set()
        for endpoint in said["endpoints"]:
            if isinstance(endpoint, dict) and "GET" in members(endpoint.get("methods")):
                paths.add(text(endpoint.get("path")))
        return cls(
            backend=backend,
            root=root,
            title=plain(said.get("title")) or host_of(backend),
            artifacts=said.get("artifacts"),
            paths=frozenset(path for path in paths if path),
        )

    def offers(self, path: str) -> bool:
        """Tell whether the backend lists `GET path` among its endpoints."""
        return path in self.paths


def probe(backend: str, *, public_only: bool = False) -> Probe:
    """Ask the normalised address `backend` what it is; no token is sent, openeo is not needed.

    Version discovery is that of the openEO API
    (https://api.openeo.org/#tag/Capabilities/operation/connect), lenient as in the openeo client:
    an address without it is taken for the API's root.

    Parameters
    ----------
    public_only
        Connect to public addresses only, here and in all that follows.

    Raises
    ------
    BackendUnreachable, BackendNotTrusted, BackendFailed, BackendRedirects, NotOpenEO
        After `SECONDS` at the latest.
    """
    end = time.monotonic() + SECONDS
    root = _discover(backend, end, public_only=public_only)
    with BoundedSession(one_origin=True, public_only=public_only) as session:
        answer = _get(session, f"{root}/", backend, end)
    _refuse_failure(answer, backend)
    said = answer.body
    if not isinstance(said, dict) or not isinstance(said.get("api_version"), str):
        what = "a web page" if answer.is_html else "something else"
        raise _not_openeo(f"{host_of(backend)} answers, but with {what} and not as an openEO API.")
    if _version(said["api_version"]) < (1,):
        raise _not_openeo(f"{host_of(backend)} speaks an openEO version before 1.0.")
    if not isinstance(said.get("endpoints"), list):
        raise _not_openeo(f"{host_of(backend)} does not list its endpoints as an openEO API does.")
    return replace(Probe.read(backend, root, said), public_only=public_only)


def unreachable(error: requests.RequestException | TimeoutError, url: str) -> BackendUnreachable:
    """Return what `error` means to a person who wants to use the backend at `url`."""
    host = host_of(url)
    if isinstance(error, requests.exceptions.SSLError):
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return BackendNotTrusted(
                f"{host} has a certificate that cannot be verified.",
                todo="Check the address; for a certificate of your own organisation set "
                "REQUESTS_CA_BUNDLE.",
            )
        return BackendNotTrusted(
            f"{host} could not be talked to by https.",
            todo="Check the address and the port.",
        )
    if isinstance(error, requests.Timeout | TimeoutError):
        return BackendUnreachable(
            f"{host} did not answer in time.", todo="Check the address, or try again later."
        )
    return BackendUnreachable(
        f"{host} could not be reached.",
        todo="Check the address and your network, or try again later.",
    )


def _discover(backend: str, end: float, *, public_only: bool) -> str:
    with BoundedSession(public_only=public_only) as session:
        answer = _get(session, f"{backend}/.well-known/openeo", backend, end)
    versions = answer.body.get("versions") if isinstance(answer.body, dict) else None
    found = [entry for entry in versions if _usable(entry)] if isinstance(versions, list) else []
    found = [entry for entry in found if entry.get("production", True)] or found
    if answer.status != requests.codes.ok or not found:
        return backend
    root = str(max(found, key=lambda entry: _version(entry["api_version"]))["url"]).rstrip("/")
    if not may_lead(backend, root):
        raise BackendRedirects(
            f"{host_of(backend)} sends its users to an address that is not encrypted.",
            todo="Ask the provider of the backend.",
        )
    try:  # one spelling, without steps upwards: an approval or a listing is of what is there
        return normalise(root, allow_insecure=True)
    except BackendAddressInvalid as error:
        raise BackendRedirects(
            f"{host_of(backend)} sends its users to what is no address of an API.",
            todo="Ask the provider of the backend.",
        ) from error


def _usable(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("url"), str)
        and isinstance(entry.get("api_version"), str)
        and _version(entry["api_version"]) >= (1,)
    )


def _version(text: str) -> tuple[int, ...]:
    numbers = []
    for part in text.partition("-")[0].split("."):
        if not (part.isascii() and part.isdigit()):
            break
        numbers.append(int(part[:9]))
    return tuple(numbers)


def _get(session: BoundedSession, url: str, backend: str, end: float) -> JSONAnswer:
    try:
        return ask(session, "GET", url, seconds=max(0.1, end - time.monotonic()))
    except requests.exceptions.TooManyRedirects as error:
        raise BackendRedirects(
            f"{host_of(backend)} redirects in circles.", todo="Check the address."
        ) from error
    except requests.exceptions.ContentDecodingError as error:
        raise _not_openeo(f"{host_of(backend)} answers with something else than JSON.") from error
    except requests.RequestException as error:
        raise unreachable(error, backend) from error


def _refuse_failure(answer: JSONAnswer, backend: str) -> None:
    host = host_of(backend)
    if answer.status >= requests.codes.internal_server_error or answer.status == _TOO_MANY:
        raise BackendFailed(
            f"{host} answers with an error (HTTP {answer.status}).",
            todo="Try again later; if it stays so, tell the provider of the backend.",
        )
    if answer.status in (requests.codes.unauthorized, requests.codes.forbidden):
        raise _not_openeo(f"{host} wants a login before it says what it is (HTTP {answer.status}).")
    if answer.status != requests.codes.ok:
        raise _not_openeo(f"{host} answers, but there is no openEO API (HTTP {answer.status}).")


def _not_openeo(message: str) -> NotOpenEO:
    return NotOpenEO(
        message, todo="Check the address; a path such as /openeo/1.2 may have to follow the host."
    )


_SECONDS = 6.0


@dataclass(frozen=True)
class Account:
    """Whose login it is.

    Parameters
    ----------
    user
        The name, else the id; None if the backend does not say.
    subject
        What tells it from all others; empty where nobody has signed in yet.
    """

    user: str | None = None
    subject: str = ""


def ask_account(
    backend: Probe, login: Login, access_token: str
) -> tuple[Account, OpenEOArtifactsError | None]:
    """Return who has signed in, and what is wrong with the login all the same.

    A login does not depend on the backend's answer. An account that neither its token nor the
    backend tells is taken for another one at each sign-in.
    """
    me: dict[str, Any] = {}
    problem = login.problem
    try:
        me = _me(backend, f"oidc/{login.provider_id}/{access_token}")
    except LoginNotAccepted as error:
        problem = error
    user_id = plain(me.get("user_id"))
    subject = jwt_account(access_token) or user_id or secrets.token_hex(16)
    return Account(plain(me.get("name")) or user_id or None, subject), problem


def _me(backend: Probe, bearer: str) -> dict[str, Any]:
    """Return what `GET /me` says of the owner of `bearer`; nothing where it does not answer.

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
        return {}
    if answer.status in (requests.codes.unauthorized, requests.codes.forbidden):
        code = text(answer.body.get("code"), 64) if isinstance(answer.body, dict) else None
        token = bearer.rpartition("/")[2]
        shown = code and code.isalnum() and not repeats_a_secret(code, [token])
        more = f" ({code})" if shown else ""
        raise LoginNotAccepted(
            f"{host_of(backend.backend)} does not accept your login{more}.",
            todo="Make sure that your account may use this backend, or sign in with another one.",
        )
    known = answer.status == requests.codes.ok and isinstance(answer.body, dict)
    return answer.body if known else {}


class _Bearer(AuthBase):
    def __init__(self, bearer: str) -> None:
        self._bearer = bearer

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        request.headers["Authorization"] = f"Bearer {self._bearer}"
        return request
