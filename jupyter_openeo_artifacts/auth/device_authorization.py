"""The code that a person enters on the login provider's page."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.auth.exceptions import LoginNotPossible, LoginProviderFailed
from jupyter_openeo_artifacts.auth.http_client import ANSWER_SECONDS, plain
from jupyter_openeo_artifacts.auth.json_values import text
from jupyter_openeo_artifacts.auth.oauth_errors import Refused
from jupyter_openeo_artifacts.auth.token_response import seconds
from jupyter_openeo_artifacts.urls import may_lead

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
    from jupyter_openeo_artifacts.auth.provider_metadata import LoginProvider


_INTERVAL = 5.0  # RFC 8628, section 3.2, where the provider says nothing


_SHORTEST = 0.1


_LONGEST = 1800.0


_LONGEST_CODE = 8192


@dataclass(frozen=True)
class DeviceCode:
    """What a provider answers to a device authorization request (RFC 8628, section 3.2).

    `interval` is in seconds, between two questions whether the person is done. `verifier` is the
    secret half of PKCE (RFC 7636), None where the client has none.
    """

    device_code: str = field(repr=False)
    user_code: str = field(repr=False)
    verification_uri: str
    verification_uri_complete: str | None = field(repr=False)
    expires_at: datetime
    interval: float
    verifier: str | None = field(repr=False)

    @classmethod
    def request(cls, client: OAuthClient) -> DeviceCode:
        """Ask the provider for a code.

        Raises
        ------
        LoginNotPossible
            The provider has no device flow.
        LoginFailed, LoginProviderUnreachable, LoginProviderFailed
            It refuses, does not answer, or answers what cannot be used.
        """
        provider = client.provider
        if provider.device_endpoint is None:
            raise LoginNotPossible(
                f"The login provider {provider.title} does not know logins with a code.",
                todo="Ask the provider of the backend for the device flow.",
            )
        fields = dict(provider.authorization_parameters)
        verifier = secrets.token_urlsafe(64) if provider.pkce else None
        if verifier:
            from openeo.rest.auth.oidc import PkceCode

            # The hash is openEO's, the verifier is not: its comes from `random`, and RFC 7636,
            # section 7.1, wants one that cannot be guessed.
            fields["code_challenge"] = PkceCode.sha256_hash(verifier)
            fields["code_challenge_method"] = "S256"
        endpoint = provider.device_endpoint

        def ask(scope: str) -> dict[str, Any]:
            return client.post(endpoint, {**fields, "scope": scope}, seconds=ANSWER_SECONDS)

        try:
            answer = client.with_scope(ask, provider.lasting_scope)
        except Refused as refused:
            raise refused.explained(provider.title) from refused
        return cls._read(answer, provider, verifier)

    @classmethod
    def _read(
        cls, answer: dict[str, Any], provider: LoginProvider, verifier: str | None
    ) -> DeviceCode:
        # Google says "url".
        page = answer.get("verification_uri") or answer.get("verification_url")
        complete = answer.get("verification_uri_complete")
        device_code = text(answer.get("device_code"), _LONGEST_CODE)
        user_code = plain(answer.get("user_code"), 64)
        # A person will click on it: never javascript: or the like.
        usable = isinstance(page, str) and may_lead(provider.issuer, page)
        if not usable or device_code is None or not user_code:
            raise LoginProviderFailed(
                f"The login provider {provider.title} cannot be used. Its code is incomplete.",
                todo="Tell the provider of the backend.",
            )
        if not (isinstance(complete, str) and may_lead(provider.issuer, complete)):
            complete = None
        lifetime = min(seconds(answer.get("expires_in")) or _LONGEST, _LONGEST)
        return cls(
            device_code=device_code,
            user_code=user_code,
            verification_uri=str(page),
            verification_uri_complete=complete,
            expires_at=datetime.now(timezone.utc) + timedelta(seconds=lifetime),
            interval=max(_SHORTEST, seconds(answer.get("interval")) or _INTERVAL),
            verifier=verifier,
        )
