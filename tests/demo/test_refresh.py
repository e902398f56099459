"""Refresh tokens: each works once."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.servers.provider import CLIENT, TIMEOUT, tokens


def refresh(provider, token, **more):
    asked = {"grant_type": "refresh_token", "client_id": CLIENT, "refresh_token": token}
    return requests.post(f"{provider.issuer}/token", data=asked | more, timeout=TIMEOUT)


def test_every_refresh_gives_another_refresh_token(provider):
    # Given
    first = tokens(provider)["refresh_token"]

    # When
    second = refresh(provider, first).json()
    third = refresh(provider, second["refresh_token"]).json()

    # Then
    assert len({first, second["refresh_token"], third["refresh_token"]}) == 3
    assert third["access_token"] != second["access_token"]


def test_a_used_token_ends_all_that_came_of_it(provider):
    # Given a token that was used, and its successor
    first = tokens(provider)["refresh_token"]
    second = refresh(provider, first).json()["refresh_token"]

    # When somebody uses the old one again
    again = refresh(provider, first)

    # Then neither works any more
    assert again.json()["error"] == "invalid_grant"
    assert refresh(provider, second).json()["error"] == "invalid_grant"


def test_of_requests_at_the_same_time_one_wins(provider):
    # Given
    token = tokens(provider)["refresh_token"]

    # When
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: refresh(provider, token).status_code, range(8)))

    # Then
    assert answers.count(200) == 1


def test_other_sign_ins_are_not_touched_by_a_revoked_one(provider):
    # Given two sign-ins
    one, other = tokens(provider)["refresh_token"], tokens(provider)["refresh_token"]

    # When one signs out
    asked = {"client_id": CLIENT, "token": one, "token_type_hint": "refresh_token"}
    answer = requests.post(f"{provider.issuer}/revoke", data=asked, timeout=TIMEOUT)

    # Then
    assert answer.status_code == 200
    assert refresh(provider, one).json()["error"] == "invalid_grant"
    assert refresh(provider, other).ok


def test_more_than_was_granted_is_refused(provider):
    # Given
    token = tokens(provider)["refresh_token"]

    # When, Then
    answer = refresh(provider, token, scope="openid address")
    assert answer.json()["error"] == "invalid_scope"


def test_tokens_themselves_are_not_on_disk(provider):
    # Given
    answer = tokens(provider)

    # When
    file = provider.data / "refresh-tokens.json"

    # Then
    assert answer["refresh_token"] not in file.read_text()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
