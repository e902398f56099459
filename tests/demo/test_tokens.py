"""Access tokens: what is in them, and that the backend believes no other."""

from __future__ import annotations

import base64
import json
import re
import time

import openeo
import pytest
import requests

from jupyter_openeo_artifacts.demo.signing_key import SigningKey
from tests.servers.provider import CLIENT, TIMEOUT, sign_token, tokens


def claims(token):
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))


def me(provider, token, *, kind="oidc/demo/"):
    headers = {"Authorization": f"Bearer {kind}{token}"}
    return requests.get(f"{provider.backend}/me", headers=headers, timeout=TIMEOUT)


def test_a_token_says_whose_it_is_and_which_prefix_is_theirs(provider):
    # When
    bob, found = provider.users["bob"], claims(tokens(provider, "bob")["access_token"])

    # Then
    assert found["iss"] == provider.issuer
    assert found["sub"] == bob.subject
    assert found["azp"] == CLIENT
    assert found["artifact_prefix"] == bob.prefix
    assert re.fullmatch("[0-9a-f]{40}", found["artifact_prefix"])
    assert 0 < found["exp"] - time.time() <= 300


def test_the_backend_knows_the_bearer(provider):
    answer = me(provider, tokens(provider, "bob")["access_token"])
    assert answer.json() == {
        "user_id": provider.users["bob"].subject,
        "name": "Bob",
        "links": [],
    }


def _changed(token):
    head, payload, signature = token.split(".")
    body = claims(token) | {"sub": "somebody-else"}
    payload = base64.urlsafe_b64encode(json.dumps(body).encode()).decode().rstrip("=")
    return f"{head}.{payload}.{signature}"


def _unsigned(token):
    head = base64.urlsafe_b64encode(b'{"alg":"none","typ":"at+jwt"}').decode().rstrip("=")
    return f"{head}.{token.split('.')[1]}."


@pytest.mark.parametrize(
    "make",
    [
        lambda provider: _changed(sign_token(provider)),
        lambda provider: _unsigned(sign_token(provider)),
        lambda provider: sign_token(provider, exp=int(time.time()) - 60),
        lambda provider: sign_token(provider, exp=None),
        lambda provider: sign_token(provider, iss="http://127.0.0.1:1"),
        lambda provider: sign_token(provider, aud="another-api"),
        lambda provider: sign_token(provider, azp="another-client"),
        lambda provider: sign_token(provider, azp=None),
        lambda provider: sign_token(provider, typ="JWT"),
        lambda provider: tokens(provider)["id_token"],
        lambda _: SigningKey.generate().sign({"sub": "x"}, typ="at+jwt"),
        lambda _: "no.token.at-all",
        lambda _: "",
    ],
    ids=[
        "changed",
        "alg none",
        "expired",
        "never expires",
        "other issuer",
        "other audience",
        "other client",
        "no client",
        "other kind",
        "id token",
        "other key",
        "garbage",
        "empty",
    ],
)
def test_other_tokens_are_invalid(provider, make):
    # When
    answer = me(provider, make(provider))

    # Then openEO's client can see that it has to get a new one
    assert answer.status_code == 403
    assert answer.json()["code"] == "TokenInvalid"


def test_a_right_token_signed_by_hand_is_taken(provider):
    # The control of the test above: it is the change that is refused, not the way of making it.
    assert me(provider, sign_token(provider)).ok


@pytest.mark.parametrize("kind", ["basic//", "oidc/other/", "oidc/"])
def test_a_token_must_name_its_provider(provider, kind):
    answer = me(provider, sign_token(provider), kind=kind)
    assert answer.json()["code"] == "TokenInvalid"


def test_user_info(provider):
    # Given
    headers = {"Authorization": f"Bearer {tokens(provider)['access_token']}"}

    # When
    found = requests.get(f"{provider.issuer}/userinfo", headers=headers, timeout=TIMEOUT).json()

    # Then
    alice = provider.users["alice"]
    assert (found["sub"], found["name"], found["email"]) == (alice.subject, "Alice", alice.email)


def test_user_info_wants_a_token(provider):
    answer = requests.get(f"{provider.issuer}/userinfo", timeout=TIMEOUT)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_openeo_client_signs_in_as_the_service(provider, monkeypatch):
    # Given the environment that makes the client take client credentials
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", provider.service.client_id)
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", provider.service.secret)

    # When
    connection = openeo.connect(provider.backend)
    connection.authenticate_oidc()

    # Then
    assert connection.describe_account()["user_id"] == provider.service.client_id


@pytest.mark.parametrize("secret", ["wrong", ""])
def test_a_wrong_client_secret_gets_nothing(provider, secret):
    asked = {
        "grant_type": "client_credentials",
        "client_id": provider.service.client_id,
        "client_secret": secret,
    }
    answer = requests.post(f"{provider.issuer}/token", data=asked, timeout=TIMEOUT)
    assert answer.json()["error"] == "invalid_client"
