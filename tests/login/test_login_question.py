"""What a person is asked before a login goes anywhere, and who writes into that."""

from __future__ import annotations

import pickle
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.auth.exceptions import (
    LoginNotPossible,
)
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.backends.session_registry import Sessions

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.openeo_stub import Backend
from tests.login.destinations import S3, STS, storage

FORGED = "goes to the backend openeo.good (on the administrator's list)"


@pytest.mark.parametrize(
    ("host", "shown"),
    [
        (f"f\x1bc{FORGED}\x1b", None),
        (f"x \x9b8m {FORGED}", None),
        ("x\u202ex.example", None),
        ("x\u200bx.example", None),
        ("a b.example", None),
        ("a,b.example", None),
        ("127.1", None),
        ("half\ud800.example", None),
        ("оpeneo.example", "xn--peneo-iye.example"),  # noqa: RUF001  # a look-alike shows
        ("S3.Example.", "s3.example"),
        ("[2001:DB8::1]:8443", "[2001:db8::1]:8443"),
    ],
)
def test_a_backend_writes_hosts_into_the_question_and_nothing_else(
    backend: Backend,
    evil: Backend,
    signed_in: Callable[..., BackendSession],
    host: str,
    shown: str | None,
) -> None:
    # Given
    signed_in(backend)
    more = storage(f"https://{host}/sts", f"https://{host}")
    evil.artifacts = {"providers": [storage(), "odd", more, {"config": 7}]}
    # When
    session = Sessions().open(evil.url)
    # Then
    assert isinstance(session.problem, LoginNotConfirmed)
    destination = session.problem.destination
    named = () if shown is None else (f"https://{shown}",)
    assert destination.sts == tuple(sorted({STS, *named}))
    assert destination.s3 == tuple(sorted({S3, *named}))
    for said in (*session.problem.args, destination.announcement(), destination.call()):
        assert str(said).isascii()
        assert str(said).isprintable()
        assert FORGED not in str(said)


@pytest.mark.parametrize("issuer", [f"https://x,{FORGED.replace(' ', '-')}", "https://a,b.example"])
def test_a_provider_that_can_be_no_host_is_none(
    evil: Backend, sessions: Sessions, issuer: str
) -> None:
    # Given
    evil.issuer = issuer
    TokenStore().put(issuer, evil.client_id, "canary")
    # When
    session = sessions.open(evil.url)
    # Then
    assert isinstance(session.problem, LoginNotPossible)
    assert session.destination is None


@pytest.mark.parametrize(
    ("artifacts", "said"),
    [
        (None, ", which names no storage so far."),
        ({"providers": []}, ", which names no storage so far."),
        ({"providers": [{"config": {"sts_endpoint": STS}}]}, " and its STS sts.example:8443."),
        ({"providers": [{"config": {"s3_endpoint": S3}}]}, " and its storage s3.example."),
        ({"providers": [storage()]}, ", its STS sts.example:8443 and its storage s3.example."),
    ],
    ids=["nothing", "no provider", "an STS", "a storage", "both"],
)
def test_the_question_speaks_of_what_there_is(
    backend: Backend,
    evil: Backend,
    signed_in: Callable[..., BackendSession],
    artifacts: Any,
    said: str,
) -> None:
    # Given
    signed_in(backend)
    evil.artifacts = artifacts
    # When
    problem = Sessions().open(evil.url).problem
    # Then
    assert isinstance(problem, LoginNotConfirmed)
    at, host = (url.partition("://")[2] for url in (evil.issuer, evil.url))
    assert problem.message == (
        f"Your login at {at} has not been used here before: it would go to the backend {host}{said}"
    )
    assert problem.destination.announcement() == (
        f"Your login at {at} will be used at the backend {host}{said}"
    )


def test_a_question_names_no_more_hosts_than_people_read(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    many = [storage(f"https://sts{number}.example") for number in range(99)]
    evil.artifacts = {"providers": many}
    # When
    problem = Sessions().open(evil.url).problem
    # Then: the first that are listed, for these are used
    assert isinstance(problem, LoginNotConfirmed)
    assert set(problem.destination.sts) == {f"https://sts{number}.example" for number in range(20)}


def test_the_question_comes_whole_out_of_a_pool_of_processes(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    problem = Sessions().open(evil.url).problem
    assert isinstance(problem, LoginNotConfirmed)
    # When
    again = pickle.loads(pickle.dumps(problem))
    # Then
    assert (str(again), again.destination) == (str(problem), problem.destination)
