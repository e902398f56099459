"""The page where a person approves a code."""

from __future__ import annotations

import html
import re

import pytest
import requests

from jupyter_openeo_artifacts.demo.exceptions import ApprovalFailed
from jupyter_openeo_artifacts.demo.openid import attempts
from jupyter_openeo_artifacts.demo.openid.device_codes import DeviceCodes
from tests.servers.provider import TIMEOUT, begin_device_flow, poll


class Person:
    """A browser and somebody before it."""

    def __init__(self, provider):
        self.issuer = provider.issuer
        self.browser = requests.Session()

    def open(self, **query):
        return self.browser.get(f"{self.issuer}/device", params=query, timeout=TIMEOUT)

    def send(self, step, page, **fields):
        token = re.search(r'name="form_token" value="([^"]+)"', page.text).group(1)
        fields = {"form_token": token} | fields
        return self.browser.post(f"{self.issuer}/device/{step}", data=fields, timeout=TIMEOUT)

    def sign_in(self, page, code, *, username="alice", password="wonderland"):
        return self.send("sign-in", page, user_code=code, username=username, password=password)


@pytest.fixture
def person(provider):
    someone = Person(provider)
    yield someone
    someone.browser.close()


def test_a_person_types_the_code_signs_in_and_allows(provider, person):
    # Given a code typed as people type
    flow = begin_device_flow(provider)
    typed = flow["user_code"].lower().replace("-", " ")

    # When
    page = person.send("enter", person.open(), user_code=typed)
    assert "<h1>Sign in</h1>" in page.text
    page = person.sign_in(page, flow["user_code"])

    # Then the code is shown to be compared, and what is asked
    assert flow["user_code"] in page.text
    for asked in ("which user you are", "e-mail", "keep you signed in", "Alice"):
        assert asked in page.text

    # When, Then
    page = person.send("decide", page, user_code=flow["user_code"], decision="approve")
    assert "You are signed in" in page.text
    assert poll(provider, flow).ok


def test_passwords_are_not_guessed_fast(provider, person, monkeypatch):
    # Given: as many wrong ones as nobody types by mistake
    monkeypatch.setattr(attempts, "SECONDS", 3600.0)
    flow = begin_device_flow(provider)
    page = person.open(user_code=flow["user_code"])
    for _ in range(attempts.FREE):
        page = person.sign_in(page, flow["user_code"], username="carol", password="x")
        assert page.status_code == 403

    # When, Then: further ones are not even compared
    page = person.sign_in(page, flow["user_code"], username="carol", password="x")
    assert page.status_code == 429
    assert "Wait a second" in page.text

    # When, Then: somebody else signs in, and a second later this name may be tried again
    monkeypatch.setattr(attempts, "SECONDS", 0.0)
    page = person.sign_in(page, flow["user_code"], username="carol", password="x")
    assert page.status_code == 403
    assert "Allow" in person.sign_in(page, flow["user_code"]).text


@pytest.mark.parametrize(
    ("before", "waited", "allowed"),
    [
        (0, 0.0, True),
        (attempts.FREE - 1, 0.0, True),
        (attempts.FREE, 0.0, False),
        (attempts.FREE, attempts.SECONDS, True),
        (10 * attempts.FREE, attempts.SECONDS, True),
    ],
)
def test_tries_are_spaced_after_a_few_wrong_ones(before, waited, allowed):
    # Given
    now = 0.0
    counted = attempts.PasswordAttempts(lambda: now)
    for _ in range(before):
        assert counted.may_try("alice")
        now += attempts.SECONDS
    now -= attempts.SECONDS  # the last one was just now

    # When
    now += waited

    # Then: for this name alone, until the password is right
    assert counted.may_try("alice") is allowed
    assert counted.may_try("bob")
    counted.succeeded("alice")
    assert counted.may_try("alice")


def test_what_is_remembered_of_strangers_has_an_end():
    # Given
    counted = attempts.PasswordAttempts(lambda: 0.0)
    codes = DeviceCodes(lifetime=600, interval=5)

    # When
    for number in range(3000):
        counted.may_try(f"name {number}")
        name = str(number)
        codes.add(client_id="c", scope="", device_code=name, user_code=name, challenge="")

    # Then: the newest are known
    assert len(counted) == 1000
    assert sum(codes.by_device_code(str(number)) is not None for number in range(3000)) == 1000
    assert codes.by_device_code("2999")
    assert codes.by_device_code("0") is None


def test_a_wrong_password_is_said_and_can_be_corrected(provider, person):
    # Given
    flow = begin_device_flow(provider)
    page = person.open(user_code=flow["user_code"])

    # When
    page = person.sign_in(page, flow["user_code"], password="builder")

    # Then
    assert page.status_code == 403
    assert "do not belong together" in page.text
    assert "Allow access?" in person.sign_in(page, flow["user_code"]).text


def test_who_is_signed_in_can_change(provider, person):
    # Given
    flow = begin_device_flow(provider)
    page = person.sign_in(person.open(user_code=flow["user_code"]), flow["user_code"])

    # When
    page = person.send("sign-out", page, user_code=flow["user_code"])

    # Then
    assert "<h1>Sign in</h1>" in page.text


def test_a_decision_needs_somebody_signed_in(provider, person):
    # Given
    flow = begin_device_flow(provider)
    page = person.open(user_code=flow["user_code"])

    # When
    person.send("decide", page, user_code=flow["user_code"], decision="approve")

    # Then
    assert poll(provider, flow).json()["error"] == "authorization_pending"


def test_a_decided_code_cannot_be_decided_again(provider, person):
    # Given a denied code
    flow = begin_device_flow(provider)
    page = person.sign_in(person.open(user_code=flow["user_code"]), flow["user_code"])
    person.send("decide", page, user_code=flow["user_code"], decision="deny")

    # When
    page = person.send("decide", page, user_code=flow["user_code"], decision="approve")

    # Then
    assert page.status_code == 410
    assert poll(provider, flow).json()["error"] == "access_denied"


@pytest.mark.parametrize("token", ["", "forged"])
@pytest.mark.parametrize("step", ["enter", "sign-in", "sign-out", "decide"])
def test_a_form_without_its_token_does_nothing(provider, person, step, token):
    # Given somebody who is signed in, and a page elsewhere that posts in their name
    flow = begin_device_flow(provider)
    page = person.sign_in(person.open(user_code=flow["user_code"]), flow["user_code"])

    # When
    answer = person.send(
        step, page, form_token=token, user_code=flow["user_code"], decision="approve"
    )

    # Then
    assert answer.status_code == 400
    assert poll(provider, flow).json()["error"] == "authorization_pending"


def test_a_token_of_another_browser_is_no_token(provider, person):
    # Given
    flow = begin_device_flow(provider)
    other = Person(provider)
    with other.browser:
        page = other.open(user_code=flow["user_code"])

    # When
    answer = person.sign_in(page, flow["user_code"])

    # Then
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{7*7}}", "🙂'"]
)
def test_what_is_typed_is_shown_as_text(person, typed):
    # When
    page = person.open(user_code=typed)

    # Then
    assert page.status_code == 404
    assert "Nothing waits for this code" in page.text
    shown = re.search(r'<input id="user_code" name="user_code" value="([^"]*)"', page.text).group(1)
    assert html.unescape(shown) == typed
    assert "<script" not in page.text
    assert "<img" not in page.text


def test_redirects_stay_on_the_page(provider, person):
    # When somebody hands in an address as a code
    page = person.open()
    token = re.search(r'name="form_token" value="([^"]+)"', page.text).group(1)
    answer = person.browser.post(
        f"{provider.issuer}/device/enter?next=https://example.org",
        data={"form_token": token, "user_code": "https://example.org//", "next": "//example.org"},
        timeout=TIMEOUT,
        allow_redirects=False,
    )

    # Then
    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/device?user_code=")


def test_the_page_cannot_be_framed_nor_run_scripts(person):
    headers = person.open().headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"
    assert headers["Referrer-Policy"] == "no-referrer"


def test_the_cookie_is_not_for_scripts_nor_for_other_sites(person):
    cookie = person.open().headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_every_field_has_a_label(provider, person):
    # Given the pages with fields
    flow = begin_device_flow(provider)
    for page in (person.open(), person.open(user_code=flow["user_code"])):
        # When
        fields = set(re.findall(r'<input id="([^"]+)"', page.text))

        # Then
        assert fields
        assert fields == set(re.findall(r'<label for="([^"]+)"', page.text))


def test_a_form_that_is_too_large_is_refused(person):
    answer = person.browser.post(
        f"{person.issuer}/device/enter", data={"user_code": "x" * 100_000}, timeout=TIMEOUT
    )
    assert answer.status_code == 413


def test_a_script_is_told_why_it_could_not_approve(provider):
    with pytest.raises(ApprovalFailed, match="404"):
        provider.approve("BCDF-GHJK", "alice")
