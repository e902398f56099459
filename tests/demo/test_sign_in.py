"""Signing in to the local provider: by the openEO client, and bare."""

from __future__ import annotations

import hashlib

import openeo

from tests.servers.provider import approve_soon, assume_role, tokens


def test_openeo_client_signs_in_by_device_code(provider):
    # Given the openEO client, which shows where to go
    connection = openeo.connect(provider.backend)
    helpers = []

    def show(text, end="\n"):
        if text.startswith("Visit "):
            helpers.append(approve_soon(provider, "alice", text.split()[1]))

    # When it signs in while Alice approves
    connection.authenticate_oidc_device(display=show, store_refresh_token=False)
    helpers[0].join()

    # Then the backend knows her
    assert connection.describe_account()["name"] == "Alice"


def test_storage_answers_the_subject_that_the_prefix_is_made_of(provider):
    # Given Alice's access token
    token = tokens(provider, "alice")["access_token"]

    # When it is exchanged for an S3 session
    answer = assume_role(provider, token)

    # Then STS answers the bare subject, whose sha1 is her prefix
    alice = provider.users["alice"]
    assert answer["SubjectFromWebIdentityToken"] == alice.subject
    assert alice.prefix == hashlib.sha1(alice.subject.encode()).hexdigest()
