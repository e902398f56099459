"""How long a session is asked for, and with which token; what is refused for good."""

from __future__ import annotations

import json
import re
import secrets
import socket
import traceback
from datetime import datetime, timedelta, timezone
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import pytest
from botocore.parsers import ResponseParserError

from jupyter_openeo_artifacts import S3STSConfig, build_artifact_helper
from jupyter_openeo_artifacts.artifacts import sts
from jupyter_openeo_artifacts.artifacts.config import resolve
from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactsException,
    InvalidProviderConfig,
    NoUsableLogin,
    StorageLoginUnreachable,
)
from jupyter_openeo_artifacts.artifacts.sts import STSSessions
from jupyter_openeo_artifacts.s3 import bounded_session
from jupyter_openeo_artifacts.s3.exceptions import StorageError
from jupyter_openeo_artifacts.s3.exchange import Exchange
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from tests.artifacts.login_service import TokenHolder
from tests.servers.openeo_stub import serving
from tests.servers.provider import connected
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.demo.provider import LocalProvider

# What each says of a session that is too long, to the letter.
_AWS = (
    "<ErrorResponse xmlns='https://sts.amazonaws.com/doc/2011-06-15/'><Error><Type>Sender</Type>"
    "<Code>ValidationError</Code><Message>The requested DurationSeconds exceeds the"
    " MaxSessionDuration set for this role.</Message></Error><RequestId>REQ42</RequestId>"
    "</ErrorResponse>"
)
_FAKES3PP = (
    "<ErrorResponse><Error><Code>InternalError</Code><Message>We encountered an internal error."
    " Please try again.</Message></Error><RequestId>REQ42</RequestId></ErrorResponse>"
)
SECRET = "wJalrXUtnFEMIK7MDENG"
AWS = (400, _AWS)
FAKES3PP = (500, _FAKES3PP)


class LoginService:
    """An STS that grants no session longer than `longest` seconds."""

    def __init__(self, longest: int, refusal: tuple[int, str]) -> None:
        self.longest = longest
        self.refusal = refusal
        self.asked: list[int] = []
        self.tokens: list[str] = []

    def answer(self, _method: str, _path: str, _: str, body: bytes) -> tuple[int, dict, bytes]:
        form = {name: values[0] for name, values in parse_qs(body.decode()).items()}
        self.asked.append(int(form["DurationSeconds"]))
        self.tokens.append(form["WebIdentityToken"])
        kind = {"Content-Type": "text/xml"}
        if self.asked[-1] > self.longest:
            return self.refusal[0], kind, self.refusal[1].encode()
        end = datetime.now(timezone.utc) + timedelta(seconds=self.asked[-1])
        return (
            200,
            kind,
            (
                "<AssumeRoleWithWebIdentityResponse><AssumeRoleWithWebIdentityResult>"
                "<Credentials><AccessKeyId>K</AccessKeyId>"
                f"<SecretAccessKey>{SECRET}</SecretAccessKey>"
                f"<SessionToken>T</SessionToken><Expiration>{end:%Y-%m-%dT%H:%M:%SZ}</Expiration>"
                "</Credentials><SubjectFromWebIdentityToken>alice</SubjectFromWebIdentityToken>"
                "</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>"
            ).encode(),
        )


def sts_sessions(
    address: str, tokens: Iterator[str], config: S3STSConfig | None = None
) -> STSSessions:
    offered = {"s3_endpoint": address, "sts_endpoint": address, "role": "r", "bucket": "b"}
    return STSSessions(
        resolve(config, offered, "s3"), TokenHolder(lambda: next(tokens)), ServerClock()
    )


LENGTHS = [43_200, 28_800, 21_600, 14_400, 7200, 3600, 900]


@pytest.fixture(autouse=True)
def _forget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sts, "LONGEST_GRANTED", {})


@pytest.mark.parametrize("refusal", [AWS, FAKES3PP], ids=["AWS", "fakes3pp"])
@pytest.mark.parametrize(
    ("longest", "asked"),
    [
        (43_200, LENGTHS[:1]),
        (28_800, LENGTHS[:2]),
        (7200, LENGTHS[:5]),
        (3600, LENGTHS[:6]),
        (3599, LENGTHS),
        (900, LENGTHS),
    ],
)
def test_the_longest_session_that_is_granted_is_taken(
    longest: int, asked: list[int], refusal: tuple[int, str]
) -> None:
    # Given
    service = LoginService(longest, refusal)
    with serving(service.answer) as address:
        made = sts_sessions(address, iter("abcdefgh"))
        # When
        session = made.obtain()
        # Then
        assert service.asked == asked
        assert abs(session.life - timedelta(seconds=asked[-1])) < timedelta(seconds=5)
        # And: what is granted is known from then on
        made.obtain()
        assert service.asked == [*asked, asked[-1]]
        # And: to another helper of this process, too, where it was no fault that may have passed
        if refusal is AWS:
            sts_sessions(address, iter("x")).obtain()
            assert service.asked == [*asked, *asked[-1:] * 2]


def test_each_try_has_the_token_that_is_fresh_then() -> None:
    service = LoginService(900, AWS)
    with serving(service.answer) as address:
        made = sts_sessions(address, iter("abcdefgh"))
        made.obtain()
        made.obtain()
    assert service.tokens == list("abcdefgh")


def test_a_session_of_a_given_length_is_asked_for_first() -> None:
    service = LoginService(3600, AWS)
    with serving(service.answer) as address:
        sts_sessions(address, iter("abc"), S3STSConfig(session_seconds=7200)).obtain()
    assert service.asked == [7200, 3600]


@pytest.mark.parametrize("refusal", [AWS, FAKES3PP], ids=["AWS", "fakes3pp"])
def test_a_service_that_grants_none_is_told_at_once(refusal: tuple[int, str]) -> None:
    # Given
    service = LoginService(0, refusal)
    with serving(service.answer) as address, pytest.raises(ArtifactsException) as caught:
        # When
        sts_sessions(address, iter("abcdefgh")).obtain()
    # Then
    assert service.asked == LENGTHS
    assert caught.value.request_id == "REQ42"


def _without(name: str) -> Callable[[str], str]:
    return lambda body: re.sub(f"<{name}>.*</{name}>", "", body)


def _ending(end: str) -> Callable[[str], str]:
    return lambda body: re.sub("(?<=<Expiration>).*(?=</Expiration>)", end, body)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda body: body[:-20],
        lambda body: json.dumps({"AssumeRoleWithWebIdentityResponse": body}),
        lambda _: "<html><body>Log in to the network</body></html>",
        lambda body: body.replace("Z</Expiration>", "soon</Expiration>"),
        *(_ending(end) for end in (f"{10**30}", "9999-12-31T23:59:59-12:00", "99999999-01-01")),
        *(_without(name) for name in ("Credentials", "AccessKeyId", "SessionToken", "Expiration")),
    ],
)
def test_an_answer_that_is_none_is_said_and_not_shown(spoil: Callable[[str], str]) -> None:
    # Given
    service = LoginService(43_200, AWS)

    def answer(*asked: Any) -> tuple[int, dict, bytes]:
        status, headers, body = service.answer(*asked)
        return status, headers, spoil(body.decode()).encode()

    # When
    with serving(answer) as address, pytest.raises(InvalidProviderConfig) as caught:
        sts_sessions(address, iter("abc")).obtain()
    # Then: what a notebook or a log shows of it holds no key
    shown = "".join(traceback.format_exception(caught.value))
    assert "does not do what" in shown
    assert SECRET not in shown
    assert not isinstance(caught.value.__cause__, ResponseParserError)


def test_a_line_that_breaks_is_tried_again(provider: LocalProvider, tmp_path: Path) -> None:
    # Given
    line = Line(int(provider.sts.rpartition(":")[2]))
    line.add(Fault("reset", b"POST", times=2))
    # When
    helper = build_artifact_helper(connected(provider), S3STSConfig(sts_endpoint=line.endpoint))
    # Then
    (tmp_path / "a.bin").write_bytes(b"x")
    assert helper.verify(helper.upload_file(tmp_path / "a.bin")).there
    assert line.count(b"POST") == 3
    line.close()


def test_a_service_that_never_answers_is_not_asked_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    monkeypatch.setattr(bounded_session, "Exchange", partial(Exchange, 0.2))
    monkeypatch.setattr(sts, "PATIENCE_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        made = sts_sessions(f"http://127.0.0.1:{silent.getsockname()[1]}", iter("abc"))
        # When
        with pytest.raises(StorageLoginUnreachable):
            made.obtain()
        # Then
        silent.settimeout(0.1)
        silent.accept()[0].close()
        with pytest.raises(TimeoutError):
            silent.accept()


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (403, "AccessDenied"),
        (403, "SignatureDoesNotMatch"),
        (404, "NoSuchBucket"),
        (400, "AuthorizationHeaderMalformed"),
        (400, "EntityTooLarge"),
        (400, "InvalidArgument"),
        (501, "NotImplemented"),
    ],
)
@pytest.mark.parametrize("size", [1000, 9 * 2**20], ids=["one request", "in parts"])
def test_what_storage_refuses_for_good_fails_at_once(
    provider: LocalProvider, tmp_path: Path, status: int, code: str, size: int
) -> None:
    # Given
    line = Line(int(provider.s3.rpartition(":")[2]))
    helper = build_artifact_helper(connected(provider), S3STSConfig(s3_endpoint=line.endpoint))
    (tmp_path / "a.bin").write_bytes(secrets.token_bytes(size))
    line.add(Fault("answer", b"(PUT|POST)", times=99, answer=error_answer(status, code)))
    helper.client  # noqa: B018  making it takes its time, once
    # When / Then: what may be of the condition or of MD5s is asked once more without
    with pytest.raises(StorageError) as caught:
        helper.upload_file(tmp_path / "a.bin")
    assert line.count(b"(PUT|POST)") <= 2
    assert caught.value.request_id == "REQ42"
    assert caught.value.todo
    line.close()


_EXPIRED = (
    "<ErrorResponse><Error><Code>ExpiredTokenException</Code><Message>The web identity token is"
    " expired.</Message></Error><RequestId>REQ42</RequestId></ErrorResponse>"
)


@pytest.mark.parametrize(
    ("newer", "shown"), [("new", ["old", "new"]), ("old", ["old"])], ids=["renewed", "too young"]
)
def test_a_token_that_the_sts_refuses_is_renewed_once(newer: str, shown: list[str]) -> None:
    # Given
    service, refused = LoginService(0, (400, _EXPIRED)), []
    offered = {"role": "r", "bucket": "b"}

    def refresh(token: str) -> str:
        refused.append(token)
        service.longest = 43_200 if newer == "new" else 0
        return newer

    with serving(service.answer) as address:
        offered |= {"s3_endpoint": address, "sts_endpoint": address}
        storage = resolve(None, offered, "s3")
        made = STSSessions(storage, TokenHolder(lambda: "old", refresh), ServerClock())
        # When
        if newer == "new":
            assert made.obtain().subject == "alice"
        else:
            with pytest.raises(NoUsableLogin):
                made.obtain()
    # Then
    assert refused == ["old"]
    assert service.tokens == shown
