"""The device flow: RFC 8628 as it stands, with PKCE verified."""

from __future__ import annotations

import secrets
import time

import pytest
import requests

from tests.servers.provider import CLIENT, TIMEOUT, begin_device_flow, poll


def error(answer):
    assert answer.status_code == 400, answer.text
    return answer.json()["error"]


def test_a_code_waits_then_gives_tokens_once(provider):
    # Given
    flow = begin_device_flow(provider)
    assert 1 <= flow["interval"] <= 5
    assert flow["verification_uri_complete"].endswith(flow["user_code"])

    # When, Then: nobody has decided
    assert error(poll(provider, flow)) == "authorization_pending"

    # When Bob approves
    provider.approve(flow["user_code"], "bob")
    answer = poll(provider, flow)

    # Then there are tokens, which nothing may keep, and the code is used up
    assert answer.json()["token_type"] == "Bearer"
    assert {"access_token", "refresh_token", "id_token"} <= set(answer.json())
    assert answer.headers["Cache-Control"] == "no-store"
    assert error(poll(provider, flow)) == "invalid_grant"


def test_polling_faster_than_told_is_slowed_down(provider):
    # Given
    flow = begin_device_flow(provider)
    code = provider.openid.codes.by_device_code(flow["device_code"])
    poll(provider, flow)

    # When
    too_soon = poll(provider, flow)

    # Then the interval has grown by five seconds, RFC 8628 section 3.5
    assert error(too_soon) == "slow_down"
    assert code.interval == flow["interval"] + 5
    time.sleep(flow["interval"])
    assert error(poll(provider, flow)) == "slow_down"


def test_denied(provider):
    flow = begin_device_flow(provider)
    provider.approve(flow["user_code"], "alice", deny=True)
    assert error(poll(provider, flow)) == "access_denied"


def test_expired(provider, monkeypatch):
    # Given codes that hold for a second
    monkeypatch.setattr(provider.openid.codes, "lifetime", 1)
    flow = begin_device_flow(provider)
    assert flow["expires_in"] == 1

    # When
    time.sleep(1.05)

    # Then
    assert error(poll(provider, flow)) == "expired_token"
    page = requests.get(flow["verification_uri_complete"], timeout=TIMEOUT)
    assert page.status_code == 410


@pytest.mark.parametrize(
    ("verifier", "refused"),
    [
        (secrets.token_urlsafe(48), "invalid_grant"),
        ("", "invalid_request"),
        ("too-short", "invalid_request"),
    ],
    ids=["another verifier", "no verifier", "no well-formed verifier"],
)
def test_without_the_right_verifier_an_approved_code_is_worth_nothing(provider, verifier, refused):
    # Given
    flow = begin_device_flow(provider)
    provider.approve(flow["user_code"], "alice")

    # When
    answer = poll(provider, flow, code_verifier=verifier)

    # Then, and the right one still gets the tokens
    assert error(answer) == refused
    assert poll(provider, flow).ok


@pytest.mark.parametrize(
    "challenge",
    [
        {"code_challenge": "a" * 43, "code_challenge_method": "plain"},
        {"code_challenge": "a" * 43},
        {"code_challenge_method": "S256"},
        {"code_challenge": "short", "code_challenge_method": "S256"},
    ],
)
def test_a_challenge_that_cannot_be_verified_is_refused(provider, challenge):
    # When
    asked = {"client_id": CLIENT, "scope": "openid"} | challenge
    answer = requests.post(f"{provider.issuer}/device/code", data=asked, timeout=TIMEOUT)

    # Then
    assert error(answer) == "invalid_request"


def test_a_verifier_without_a_challenge_is_refused(provider):
    # Given a flow begun without PKCE, as by somebody who stripped the challenge
    asked = {"client_id": CLIENT, "scope": "openid"}
    flow = requests.post(f"{provider.issuer}/device/code", data=asked, timeout=TIMEOUT).json()
    provider.approve(flow["user_code"], "alice")

    # When
    answer = poll(provider, flow | {"code_verifier": secrets.token_urlsafe(48)})

    # Then
    assert error(answer) == "invalid_request"


def test_another_client_cannot_take_the_code(provider):
    # Given
    flow = begin_device_flow(provider)
    provider.approve(flow["user_code"], "alice")

    # When
    service = {"client_id": provider.service.client_id, "client_secret": provider.service.secret}
    answer = poll(provider, flow, **service)

    # Then
    assert answer.status_code in (400, 401)
    assert answer.json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    ("asked", "refused"),
    [
        ({"client_id": "nobody"}, "invalid_client"),
        ({"client_id": CLIENT, "scope": "openid admin"}, "invalid_scope"),
    ],
)
def test_unknown_clients_and_scopes_get_no_code(provider, asked, refused):
    answer = requests.post(f"{provider.issuer}/device/code", data=asked, timeout=TIMEOUT)
    assert error(answer) == refused


def test_no_refresh_token_unless_asked_for(provider):
    # Given
    flow = begin_device_flow(provider, scope="openid")
    provider.approve(flow["user_code"], "alice")

    # When, Then
    assert "refresh_token" not in poll(provider, flow).json()
