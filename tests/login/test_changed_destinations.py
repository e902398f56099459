"""Backends that name others than those that somebody has agreed to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import jupyter_openeo_artifacts
from jupyter_openeo_artifacts.auth.exceptions import (
    LoginDestinationChanged,
    NotSignedIn,
)
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.servers import openeo_stub
from tests.servers.openeo_stub import found

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.openeo_stub import Backend
from tests.login.destinations import S3, STS, heard, storage


@pytest.mark.parametrize(
    ("change", "asks"),
    [
        ("nothing", False),
        ("another issuer", True),
        ("another client", True),
        ("another STS", True),
        ("another storage", True),
        ("one storage more, behind the first", True),
        ("one storage less", False),
        ("no storage", False),
        ("the same, spelled otherwise", False),
    ],
)
def test_a_host_that_changed_asks_again(
    backend: Backend, signed_in: Callable[..., BackendSession], change: str, *, asks: bool
) -> None:
    # Given
    more = storage("https://sts2.example", "https://s3.two.example")
    backend.artifacts = {"providers": [storage(), more]}
    signed_in(backend)
    stored = TokenStore().get(backend.issuer, backend.client_id)
    assert stored
    backend.seen.clear()
    # When
    match change:
        case "another issuer":
            backend.issuer = "http://127.0.0.1:9"
            TokenStore().put(backend.issuer, backend.client_id, "canary")
        case "another client":
            backend.client_id = "openeo-brief"
            TokenStore().put(backend.issuer, backend.client_id, "canary")
        case "another STS":
            backend.artifacts = {"providers": [storage("https://evil.example"), more]}
        case "another storage":
            backend.artifacts = {"providers": [storage(STS, "http://s3.example"), more]}
        case "one storage more, behind the first":
            added = storage(s3="https://evil.example")
            backend.artifacts = {"providers": [storage(), more, added]}
        case "one storage less":
            backend.artifacts = {"providers": [more]}
        case "no storage":
            backend.artifacts = {"providers": []}
        case "the same, spelled otherwise":
            backend.artifacts = {"providers": [storage("HTTPS://STS.example:8443", f"{S3}:443")]}
    session = Sessions().open(backend.url)
    # Then
    assert isinstance(session.problem, LoginNotConfirmed) == asks
    assert (session.state == "signed_out") == asks
    assert (heard(backend) == []) == asks
    if change in ("another STS", "another storage"):
        assert "names others than you agreed to" in str(session.problem)


def test_what_changes_between_the_question_and_the_yes_is_not_agreed_to(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    session = Sessions().open(evil.url)
    shown = session.destination
    assert shown
    # When
    evil.artifacts = {"providers": [storage("https://other.example")]}
    with pytest.raises(LoginDestinationChanged):
        session.confirm(shown)
    # Then
    assert heard(evil) == []
    assert session.state == "signed_out"
    assert isinstance(session.problem, LoginNotConfirmed)
    assert "other.example" in session.problem.message
    assert session.destination == session.problem.destination != shown


def test_a_login_goes_to_the_root_that_was_agreed_to_and_not_to_the_one_before(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given: a question about one root, and a backend that names another one by now
    signed_in(backend)
    session = Sessions().open(evil.url)
    before = session.destination
    assert before
    with openeo_stub.backend(evil.issuer) as moved:
        root = f"{moved.url}/v1"
        versions = [{"url": root, "api_version": "1.2.0"}]
        evil.routes["/.well-known/openeo"] = lambda: found({"versions": versions})
        with pytest.raises(LoginDestinationChanged):
            session.confirm(before)
        assert session.destination
        assert session.destination.root == root
        # When
        session.confirm(session.destination)
        # Then
        assert (session.state, session.user) == ("signed_in", "alice")
        session.openeo().get("/me")
        assert heard(evil) == []
        assert len(heard(moved)) >= 2


@pytest.mark.parametrize("change", ["another root", "back to its own root", "another client"])
def test_a_line_kept_in_a_notebook_agrees_to_nobody_that_it_does_not_name(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession], change: str
) -> None:
    # Given: a line for whom the backend names now
    signed_in(backend)
    with openeo_stub.backend(evil.issuer) as moved:
        versions = [{"url": f"{moved.url}/v1", "api_version": "1.2.0"}]
        moved.artifacts = evil.artifacts
        if change == "back to its own root":
            evil.routes["/.well-known/openeo"] = lambda: found({"versions": versions})
        line = line_of(evil)
        assert ("root=" in line) == (change == "back to its own root")
        # When: it names another one with the same issuer, STS and storage
        match change:
            case "another root":
                evil.routes["/.well-known/openeo"] = lambda: found({"versions": versions})
            case "back to its own root":
                evil.routes.clear()
            case "another client":
                evil.client_id = "openeo-brief"
                TokenStore().put(evil.issuer, evil.client_id, "canary")
        with pytest.raises(LoginDestinationChanged) as refused:
            run_line(line)
        # Then
        assert heard(evil) == heard(moved) == []
        assert [each.backend for each in Sessions().approvals.all()] == [backend.url]
        now = line_of(evil)
        assert now != line
        assert now in refused.value.todo
        # When: the line names all that is so now
        if change != "another client":
            run_line(now)
            # Then
            assert heard(moved if change == "another root" else evil)


def line_of(backend: Backend) -> str:
    """Return the line that the error of a backend has in it."""
    asked = Sessions().open(backend.url).problem
    assert isinstance(asked, LoginNotConfirmed)
    return asked.destination.call()


def run_line(line: str) -> None:
    eval(line, {"jupyter_openeo_artifacts": jupyter_openeo_artifacts})


def test_a_yes_to_newer_hosts_counts_in_the_processes_that_asked_before(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given: a question about hosts that are out of date by now
    signed_in(backend)
    here = Sessions().open(evil.url)
    asked = here.destination
    evil.artifacts = {"providers": [storage("https://newer.example")]}
    there = Sessions().open(evil.url)
    assert there.destination
    # When / Then: asked again, the question names the newer ones
    assert not here.sign_in_silently()
    assert isinstance(here.problem, LoginNotConfirmed)
    assert here.destination == here.problem.destination == there.destination != asked
    # When / Then: and the yes of the other process holds, whatever is named after
    evil.artifacts = {"providers": [storage("https://newest.example")]}
    newest = Sessions().open(evil.url)
    assert newest.destination
    newest.confirm(newest.destination)
    assert here.sign_in_silently()
    assert here.user == "alice"


def test_a_session_goes_on_by_the_yes_of_another_process_to_newer_hosts(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    backend.artifacts = {"providers": [storage()]}
    here = signed_in(backend)
    before = here.openeo()
    told = before.auth.bearer
    # When: somebody agrees to another storage, elsewhere
    backend.artifacts = {"providers": [storage("https://moved.example")]}
    there = Sessions().open(backend.url)
    assert there.destination
    there.confirm(there.destination)
    now = here.openeo()
    # Then: nobody is asked here, and what is staged from now on goes there
    assert (here.state, here.user, here.problem) == ("signed_in", "alice", None)
    assert here.destination == there.destination
    here.require_storage("https://moved.example", S3)
    assert now is not before
    assert now.auth.bearer != told
    # Then: what holds the connection of before gets no token for the storage of before
    with pytest.raises(NotSignedIn):
        _ = before.auth.bearer


@pytest.mark.parametrize("where", ["beyond those that are asked about", "told who signs in"])
def test_a_yes_to_a_storage_that_was_not_named_first_holds(
    backend: Backend, signed_in: Callable[..., BackendSession], where: str
) -> None:
    # Given
    many = [storage(f"https://sts{number}.example") for number in range(20)]
    used = storage("https://used.example", "https://s3.used.example")
    more = [used] if where == "beyond those that are asked about" else []
    backend.artifacts = {"providers": [*many, *more]}
    session = signed_in(backend)
    with pytest.raises(LoginNotConfirmed, match=r"used\.example"):
        session.require_storage("https://used.example", "https://s3.used.example")
    assert heard(backend)
    # When
    asked = session.problem
    assert isinstance(asked, LoginNotConfirmed)
    session.confirm(asked.destination)
    # Then: here and in every other process
    assert session.state == "signed_in"
    session.require_storage("https://used.example", "https://s3.used.example")
    other = Sessions().open(backend.url)
    assert other.state == "signed_in"
    other.require_storage("https://used.example", "https://s3.used.example")
    with pytest.raises(LoginNotConfirmed, match=r"evil\.example"):
        other.require_storage("https://evil.example", "https://s3.used.example")


def test_a_storage_named_after_the_login_hears_nothing(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    backend.artifacts = {"providers": [storage()]}
    session = signed_in(backend)
    session.require_storage(f"{STS}/path", S3)
    # When
    backend.artifacts = {"providers": [storage("https://evil.example")]}
    with pytest.raises(LoginNotConfirmed, match=r"evil\.example"):
        session.require_storage("https://evil.example", S3)
    # Then
    assert session.state == "signed_out"
    assert isinstance(session.problem, LoginNotConfirmed)
    # When
    session.confirm(session.problem.destination)
    # Then
    assert session.state == "signed_in"
    session.require_storage("https://evil.example", S3)


def test_what_the_administrator_lists_is_followed_wherever_it_leads(
    backend: Backend, signed_in: Callable[..., BackendSession], vouch_for: Callable[..., None]
) -> None:
    # Given
    signed_in(backend).withdraw()
    vouch_for(backend)
    backend.artifacts = {"providers": [storage("https://moved.example")]}
    # When
    session = Sessions().open(backend.url)
    # Then
    assert (session.state, session.approved()) == ("signed_in", "administrator")
    session.require_storage("https://moved-again.example", "https://s3.moved.example")
