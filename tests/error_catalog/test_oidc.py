"""What two real login providers answer: the certified one of npm, and the demo's."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts.auth import oauth_client as refusal
from jupyter_openeo_artifacts.auth.oauth_client import OAuthClient
from tests.error_catalog.reading import row_of
from tests.error_catalog.real import DEMO, NPM
from tests.error_catalog.test_stub import provider as asked_at
from tests.servers.provider import CLIENT, DEVICE_GRANT, begin_device_flow, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.demo import LocalProvider
    from tests.servers.oidc import OpenIDProvider

SERVICE = "client_credentials"
SECRET = "canary-wrong-secret"
Asking = tuple[str, str | None, dict[str, str]]
"""A client, its secret, and what it asks the token endpoint."""


def begun(oidc: OpenIDProvider, client: str = "openeo-device") -> dict[str, Any]:
    asked = {"client_id": client, "scope": "openid offline_access"}
    return requests.post(f"{oidc.issuer}/device/auth", data=asked, timeout=10).json()


def polling(client: str, code: str, **more: str) -> Asking:
    return client, None, {"grant_type": DEVICE_GRANT, "device_code": code, **more}


def renewing(client: str, token: str, **more: str) -> Asking:
    return client, None, {"grant_type": "refresh_token", "refresh_token": token, **more}


def expired_at(oidc: OpenIDProvider) -> Asking:
    code = begun(oidc, "openeo-hasty")["device_code"]
    time.sleep(2.2)
    return polling("openeo-hasty", code)


def refused_at(oidc: OpenIDProvider) -> Asking:
    flow = begun(oidc)
    oidc.deny(flow["verification_uri_complete"])
    return polling("openeo-device", flow["device_code"])


def used_at(oidc: OpenIDProvider) -> Asking:
    flow = begun(oidc)
    oidc.approve(flow["verification_uri_complete"])
    client = OAuthClient(asked_at(f"{oidc.issuer}/token", "openeo-device"))
    first = client.tokens(grant_type=DEVICE_GRANT, device_code=flow["device_code"])
    assert first.refresh_token
    client.tokens(grant_type="refresh_token", refresh_token=first.refresh_token)
    return renewing("openeo-device", first.refresh_token)


def polled(provider: LocalProvider, *, deny: bool = False, before: int = 0) -> Asking:
    flow = begin_device_flow(provider)
    asking = polling(CLIENT, flow["device_code"], code_verifier=flow["code_verifier"])
    for _ in range(before):
        requests.post(
            f"{provider.issuer}/token", data={"client_id": CLIENT, **asking[2]}, timeout=10
        )
    if deny:
        provider.approve(flow["verification_uri_complete"], "alice", deny=True)
    return asking


def used(provider: LocalProvider) -> Asking:
    token = tokens(provider)["refresh_token"]
    client = OAuthClient(asked_at(f"{provider.issuer}/token", CLIENT))
    client.tokens(grant_type="refresh_token", refresh_token=token)
    return renewing(CLIENT, token)


AT_NPM: dict[str, Callable[[OpenIDProvider], Asking]] = {
    "an unknown client": lambda _: renewing("nobody", "x"),
    "a way in that is none": lambda _: ("openeo-device", None, {"grant_type": "password"}),
    "an unknown refresh token": lambda _: renewing("openeo-device", "x"),
    "an unknown code": lambda _: polling("openeo-device", "x"),
    "half a request": lambda _: ("openeo-device", None, {"grant_type": DEVICE_GRANT}),
    "a wrong secret": lambda _: ("openeo-service", SECRET, {"grant_type": SERVICE}),
    "a wrong resource": lambda _: (
        "openeo-service",
        "canary-client-secret",
        {"grant_type": SERVICE, "resource": "nonsense"},
    ),
    "a code that waits": lambda oidc: polling("openeo-device", begun(oidc)["device_code"]),
    "a code that has expired": expired_at,
    "a code that was refused": refused_at,
    "a refresh token for the second time": used_at,
}
AT_DEMO: dict[str, Callable[[LocalProvider], Asking]] = {
    "an unknown client": lambda _: renewing("nobody", "x"),
    "a way in that is none": lambda _: (CLIENT, None, {"grant_type": "password"}),
    "an unknown code": lambda _: polling(CLIENT, "x"),
    "half a request": lambda _: (CLIENT, None, {"grant_type": DEVICE_GRANT}),
    "a wrong secret": lambda own: (own.service.client_id, SECRET, {"grant_type": SERVICE}),
    "more than was granted": lambda own: renewing(
        CLIENT, tokens(own)["refresh_token"], scope="nonsense"
    ),
    "a code that waits": polled,
    "a code that is asked for too often": lambda own: polled(own, before=1),
    "a code that was refused": lambda own: polled(own, deny=True),
    "a refresh token for the second time": used,
}


@pytest.mark.parametrize("what", NPM)
def test_what_the_certified_provider_answers(oidc: OpenIDProvider, what: str) -> None:
    see(f"{oidc.issuer}/token", AT_NPM[what](oidc), NPM[what])


@pytest.mark.parametrize("what", DEMO)
def test_what_the_demos_provider_answers(provider: LocalProvider, what: str) -> None:
    see(f"{provider.issuer}/token", AT_DEMO[what](provider), DEMO[what])


def see(endpoint: str, asking: Asking, sign: str) -> None:
    """See that the table knows the answer by `sign`, and what is said of it."""
    # Given
    client, secret, fields = asking
    row = row_of("oidc", sign)
    # When
    with pytest.raises(refusal.Refused) as caught:
        OAuthClient(asked_at(endpoint, client, secret)).tokens(**fields)
    # Then
    assert caught.value.sign == sign
    told = caught.value.explained("Test login")
    assert type(told) is refusal.ERRORS[row.meaning]
    assert (told.who, told.todo) == (row.who, row.todo)
    for secret_one in (secret, *(fields.get(name) for name in ("device_code", "refresh_token"))):
        assert not secret_one or len(secret_one) < 8 or secret_one not in str(told)
