"""Asking a login provider for tokens, over its OAuth 2.0 endpoints."""

from __future__ import annotations

import base64
import re
import time
from typing import TYPE_CHECKING, Any, TypeVar

import requests
from requests.auth import HTTPBasicAuth

from jupyter_openeo_artifacts.auth import exceptions as ex
from jupyter_openeo_artifacts.auth.exceptions import (
    BackendRedirects,
    LoginProviderFailed,
    LoginProviderUnreachable,
)
from jupyter_openeo_artifacts.auth.http_client import BoundedSession, JSONAnswer, ask, plain
from jupyter_openeo_artifacts.auth.tokens import Tokens
from jupyter_openeo_artifacts.error_catalog import find
from jupyter_openeo_artifacts.error_catalog.response import ProviderAnswer, repeats_a_secret

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from jupyter_openeo_artifacts.auth.provider_metadata import LoginProvider
    from jupyter_openeo_artifacts.error_catalog.rule import ErrorRule
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError

ERRORS: dict[str, type[OpenEOArtifactsError]] = {
    "pending": ex.LoginExpired,  # it is waited for while the code holds
    "too_fast": ex.LoginProviderUnreachable,
    "denied": ex.LoginDenied,
    "code_expired": ex.LoginExpired,
    "login_ended": ex.NotSignedIn,
    "login_reused": ex.NotSignedIn,
    "person_wanted": ex.NotSignedIn,
    "grant_refused": ex.LoginFailed,
    "secret_wrong": ex.ServiceLoginRefused,
    "client_refused": ex.LoginFailed,
    "busy": ex.LoginProviderUnreachable,
    "refused": ex.LoginFailed,
}
"""Which exception says each meaning of the service "oidc"."""

_ERROR = re.compile(r"[A-Za-z0-9._-]{1,64}")


def error_word(body: Any, secrets: Iterable[str]) -> str | None:
    """Return the `error` of a provider's JSON; None where there is none, or it repeats a secret."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, str) or not _ERROR.fullmatch(error):
        return None
    return None if repeats_a_secret(error, secrets) else error


class Refused(Exception):
    """The provider said no, by the `error` of RFC 6749, section 5.2; never leaves `login`.

    Parameters
    ----------
    asked
        The grant that was asked for, empty at other endpoints.
    """

    def __init__(self, error: str, description: str, asked: str = "") -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        found = find("oidc", ProviderAnswer(code=error, message=description, asked=asked))
        self.row: ErrorRule = found.row
        self.sign: str = found.sign.name

    def explained(self, title: str) -> OpenEOArtifactsError:
        """Return what it means to a person; `title` is that of the login provider."""
        says = self.row.says.format(at=title)
        if not says.endswith("."):  # the provider's own words say more
            more = f": {self.description.rstrip('.')}" if self.description else ""
            says = f"{says} ({self.error}{more})."
        return ERRORS[self.row.meaning](says, todo=self.row.todo)


T = TypeVar("T")
RENEW_SECONDS = 15.0
"""A refresh is waited for longer: an answer that comes too late takes its rotated token along."""

REVOKE_SECONDS = 4.0
_READ = 4096
_SECRETS = {"client_secret", "code_verifier", "device_code", "refresh_token", "token"}


class OAuthClient:
    """The requests that one client makes at one provider.

    Secrets go in POST bodies only, are never redirected, and are in no message.
    """

    def __init__(self, provider: LoginProvider) -> None:
        self.provider = provider

    def tokens(self, *, seconds: float = RENEW_SECONDS, **fields: str) -> Tokens:
        """Ask the token endpoint.

        Parameters
        ----------
        fields
            `grant_type` and what belongs to it.

        Raises
        ------
        Refused
            With the provider's word for it.
        LoginProviderUnreachable
            No answer, or "try again later".
        LoginProviderFailed
            An answer that means nothing.
        """
        asked_at = time.time()
        answer = self.post(self.provider.token_endpoint, fields, seconds=seconds)
        try:
            return Tokens.from_answer(answer, asked_at)
        except ValueError as error:
            raise self._unusable(f"The token it handed out cannot be used: {error}.") from error

    def with_scope(self, ask: Callable[[str], T], scope: str) -> T:
        """Return what `ask(scope)` returns, for a narrower scope where that one is refused.

        Some providers know no `offline_access`, or none of what a backend wants besides.
        """
        try:
            return ask(scope)
        except Refused as refused:
            narrow = self.provider.narrow_scope
            if refused.error != "invalid_scope" or narrow == scope:
                raise
            return ask(narrow)

    def revoke(self, token: str) -> None:
        """Tell the provider to forget `token` (RFC 7009), where it can be told.

        Raises
        ------
        Refused, LoginProviderUnreachable, LoginProviderFailed
            It did not.
        """
        endpoint = self.provider.revocation_endpoint
        if endpoint:
            fields = {"token": token, "token_type_hint": "refresh_token"}
            self.post(endpoint, fields, seconds=REVOKE_SECONDS, answers=False)

    def post(
        self, url: str, fields: dict[str, str], *, seconds: float, answers: bool = True
    ) -> dict[str, Any]:
        """Send `fields` and the client's own to an endpoint; return the JSON object it answers.

        Parameters
        ----------
        answers
            False where success has no content.

        Raises
        ------
        Refused, LoginProviderUnreachable, LoginProviderFailed
            As for `tokens`.
        """
        sent = {"client_id": self.provider.client_id, **fields}
        auth = None
        if self.provider.client_secret:
            if self.provider.basic_only:
                auth = HTTPBasicAuth(self.provider.client_id, self.provider.client_secret)
            else:
                sent["client_secret"] = self.provider.client_secret
        try:
            with BoundedSession(seconds, public_only=self.provider.public_only) as session:
                answer = ask(
                    session,
                    "POST",
                    url,
                    data=sent,
                    auth=auth,
                    allow_redirects=False,
                    seconds=seconds,
                )
        except BackendRedirects as error:
            raise self._unusable("It redirects where no secret may go.") from error
        except requests.RequestException as error:
            raise self._silent() from error
        if answer.status == requests.codes.ok and not answers:
            return {}
        if answer.status == requests.codes.ok and isinstance(answer.body, dict):
            return answer.body
        raise self._no(answer, sent)

    def _no(self, answer: JSONAnswer, sent: dict[str, str]) -> Exception:
        if find("oidc", ProviderAnswer(status=answer.status)).row.kind == "again":
            return self._silent()
        body = answer.body if isinstance(answer.body, dict) else {}
        secrets = self._secrets(sent)
        error = error_word(body, secrets)
        if error is None:
            return self._unusable(f"It answered with HTTP {answer.status}.")
        description = body.get("error_description")
        # More than is shown: a secret may begin there and be cut off.
        if not isinstance(description, str) or repeats_a_secret(description[:_READ], secrets):
            description = ""
        refused = Refused(error, plain(description), sent.get("grant_type", ""))
        return self._silent() if refused.row.meaning == "busy" else refused

    def _secrets(self, sent: dict[str, str]) -> list[str]:
        secrets = [value for name, value in sent.items() if name in _SECRETS]
        if secret := self.provider.client_secret:
            basic = f"{self.provider.client_id}:{secret}".encode()
            secrets += [secret, base64.b64encode(basic).decode()]
        return secrets

    def _silent(self) -> LoginProviderUnreachable:
        return LoginProviderUnreachable(
            f"The login provider {self.provider.title} does not answer.", todo="Try again later."
        )

    def _unusable(self, why: str) -> LoginProviderFailed:
        return LoginProviderFailed(
            f"The login provider {self.provider.title} cannot be used. {why}",
            todo="Tell the provider of the backend.",
        )
