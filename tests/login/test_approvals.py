"""Whom a login is for: nothing leaves for a backend that nobody has agreed to."""

from __future__ import annotations

import json
import pickle
import stat
from typing import TYPE_CHECKING, Any

import pytest

import jupyter_openeo_artifacts
from jupyter_openeo_artifacts.auth.exceptions import (
    LoginDestinationChanged,
    LoginNotPossible,
    NotSignedIn,
)
from jupyter_openeo_artifacts.auth.token_store import TokenStore
from jupyter_openeo_artifacts.backends.login_destination import LoginNotConfirmed
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.state.files import state_folder
from jupyter_openeo_artifacts.state.last_backend import last_backend
from tests.servers import openeo_stub
from tests.servers.openeo_stub import found
from tests.servers.scripted_oidc import scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from tests.servers.oidc import OpenIDProvider
    from tests.servers.openeo_stub import Backend

STS, S3 = "https://sts.example:8443", "https://s3.example"


def storage(sts: str = STS, s3: str = S3, **more: Any) -> dict[str, Any]:
    config = {"sts_endpoint": f"{sts}/any/path", "s3_endpoint": s3, "role": "r", "bucket": "b"}
    return {"id": "s3", "type": "S3STSConfig", "config": config | more}


def heard(backend: Backend) -> list[str]:
    """Return what a backend was shown of any login."""
    return [authorization for _, _, authorization in backend.seen if authorization]


@pytest.fixture
def evil(oidc: OpenIDProvider) -> Iterator[Backend]:
    """Yield a backend that lists the good one's issuer and client: both are public facts."""
    with openeo_stub.backend(oidc.issuer) as running:
        running.artifacts = {"providers": [storage()]}
        yield running


def test_a_backend_where_nobody_signed_in_hears_nothing_of_a_login(
    backend: Backend, evil: Backend, sessions: Sessions, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    # When
    session = sessions.open(evil.url)
    # Then
    assert session.state == "signed_out"
    assert isinstance(session.problem, LoginNotConfirmed)
    assert session.problem.code == "login_to_confirm"
    for named in (evil.url, evil.issuer, STS, S3):
        assert named.partition("://")[2] in session.problem.message
    assert ". " not in session.problem.message  # one sentence
    assert "--trust" in session.problem.todo
    assert heard(evil) == []
    # Then: nor is it remembered, so that nothing goes there tomorrow
    assert last_backend() == backend.url
    assert len(Sessions().approvals.all()) == 1
    with pytest.raises(LoginNotConfirmed):
        session.openeo()


def test_a_service_accounts_secret_goes_to_no_address_that_somebody_typed(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setenv("OPENEO_AUTH_METHOD", "client_credentials")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_ID", "svc")
    monkeypatch.setenv("OPENEO_AUTH_CLIENT_SECRET", "canary-secret")
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as evil:
        # When
        session = sessions.open(evil.url)
        asked = session.problem
        # Then
        assert isinstance(asked, LoginNotConfirmed)
        assert "service account 'svc'" in asked.message
        assert provider.sent("/token") == []
        # When: a click in a page is not its owner's word
        with pytest.raises(LoginNotConfirmed):
            session.confirm(asked.destination)
        assert provider.sent("/token") == []
        # When: the command line is
        session.confirm(asked.destination, service=True)
        # Then
        assert session.state == "signed_in"
        assert provider.sent("/token")[0]["client_secret"] == "canary-secret"


def test_whoever_agrees_is_not_asked_again_in_any_process(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    session = Sessions().open(evil.url)
    assert session.destination
    # When
    session.confirm(session.destination)
    # Then
    assert (session.state, session.approved(), session.problem) == ("signed_in", "user", None)
    again = Sessions().open(evil.url)
    assert (again.state, again.user, again.approved()) == ("signed_in", "alice", "user")
    assert last_backend() == evil.url


def test_a_device_login_through_a_backend_approves_that_pair(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    backend.artifacts = {"providers": [storage(), storage("https://sts2.example"), "odd"]}
    # When
    signed_in(backend)
    # Then
    (kept,) = Sessions().approvals.all()
    assert kept.how == "device_login"
    assert kept.backend == backend.url
    assert (kept.issuer, kept.client_id) == (backend.issuer, backend.client_id)
    assert (kept.sts, kept.s3) == ((STS, "https://sts2.example"), (S3,))
    (file,) = state_folder("approvals").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


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


def test_withdrawn_is_withdrawn_in_every_process_and_the_login_stays_for_others(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    here = Sessions().open(evil.url)
    assert here.destination
    here.confirm(here.destination)
    there = Sessions().open(evil.url)
    # When
    here.withdraw()
    # Then
    assert isinstance(here.problem, LoginNotConfirmed)
    with pytest.raises(LoginNotConfirmed):
        there.openeo()
    assert Sessions().open(evil.url).state == "signed_out"
    assert Sessions().open(backend.url).state == "signed_in"


@pytest.mark.parametrize("way", ["here", "in another process"])
def test_where_a_yes_was_taken_back_nothing_goes_on_tomorrow(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession], way: str
) -> None:
    # Given
    signed_in(backend)
    session = Sessions().open(evil.url)
    assert session.destination
    session.confirm(session.destination)
    assert last_backend() == evil.url
    # When
    if way == "here":
        session.withdraw()
    else:
        Sessions().withdraw(evil.url)
    # Then
    assert last_backend() is None


def test_a_yes_that_is_taken_back_forgets_no_other_backend(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    session = signed_in(evil)
    signed_in(backend)
    # When
    session.withdraw()
    Sessions().withdraw(evil.url)
    # Then
    assert last_backend() == backend.url


def test_a_listed_backend_stays_the_one_used_last(
    backend: Backend, signed_in: Callable[..., BackendSession], vouch_for: Callable[..., None]
) -> None:
    # Given
    signed_in(backend)
    vouch_for(backend)
    # When
    Sessions().open(backend.url).withdraw()
    Sessions().withdraw(backend.url)
    # Then
    assert last_backend() == backend.url


def test_signing_out_withdraws_and_takes_no_login_of_another_backend(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    good = signed_in(backend)
    # When: never agreed to
    Sessions().open(evil.url).sign_out()
    # Then
    assert Sessions().open(backend.url).state == "signed_in"
    # When
    good.sign_out()
    # Then
    assert Sessions().approvals.all() == []
    assert Sessions().open(backend.url).problem is None


def test_a_login_counts_in_its_process_where_approvals_cannot_be_kept(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    folder = state_folder("approvals")
    folder.rmdir()
    folder.write_text("in the way")
    # When
    session = signed_in(backend)
    # Then
    assert (session.state, session.approved()) == ("signed_in", "device_login")
    assert session.openeo()
    # When: another process knows nothing of it
    folder.unlink()
    other = Sessions().open(backend.url)
    # Then
    assert isinstance(other.problem, LoginNotConfirmed)


def test_a_later_yes_that_is_kept_goes_before_one_that_could_not_be(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given: a yes while the disk takes nothing
    signed_in(backend)
    registry = Sessions()
    session = registry.open(evil.url)
    folder = state_folder("approvals")
    away = folder.rename(folder.with_name("away"))
    folder.write_text("in the way")
    assert session.destination
    session.confirm(session.destination)
    assert session.state == "signed_in"
    folder.unlink()
    away.rename(folder)
    # When: one to another storage
    evil.artifacts = {"providers": [storage("https://other.example")]}
    with pytest.raises(LoginNotConfirmed):
        session.require_storage("https://other.example", S3)
    session.confirm(session.destination)
    # Then: here, in another process, and after that one has taken it back
    assert session.state == "signed_in"
    session.require_storage("https://other.example", S3)
    assert len([each for each in registry.approvals.all() if each.backend == evil.url]) == 1
    Sessions().withdraw(evil.url)
    with pytest.raises(LoginNotConfirmed):
        session.openeo()


def test_a_home_that_is_away_for_a_while_signs_nobody_out(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    session = signed_in(backend)
    assert session.openeo()
    folder = state_folder("approvals")
    away = folder.rename(folder.with_name("away"))
    folder.write_text("in the way")
    # When / Then
    assert session.openeo()
    # When / Then: it is back, and what was agreed to is not
    folder.unlink()
    folder.mkdir()
    with pytest.raises(LoginNotConfirmed):
        session.openeo()
    assert list(away.iterdir())


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"backend": 7}', "\x00", "[" * 200_000])
def test_a_file_that_cannot_be_read_approves_nothing(
    backend: Backend, signed_in: Callable[..., BackendSession], content: str
) -> None:
    # Given
    signed_in(backend)
    (file,) = state_folder("approvals").iterdir()
    # When
    file.write_text(content)
    # Then
    assert isinstance(Sessions().open(backend.url).problem, LoginNotConfirmed)
    assert Sessions().approvals.all() == []


def test_an_approval_of_no_certain_time_is_none(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    (file,) = state_folder("approvals").iterdir()
    session = Sessions().open(evil.url)
    assert session.destination
    session.confirm(session.destination)
    # When: its time has no zone
    file.write_text(json.dumps(json.loads(file.read_bytes()) | {"at": "2026-01-01T00:00:00"}))
    # Then
    assert [each.backend for each in Sessions().approvals.all()] == [evil.url]
    assert isinstance(Sessions().open(backend.url).problem, LoginNotConfirmed)


def test_an_approval_copied_to_another_backends_name_approves_nothing(
    backend: Backend, evil: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    signed_in(backend)
    (file,) = state_folder("approvals").iterdir()
    content = json.loads(file.read_bytes())
    session = Sessions().open(evil.url)
    assert session.destination
    session.confirm(session.destination)
    (other,) = set(state_folder("approvals").iterdir()) - {file}
    # When
    other.write_text(json.dumps(content))
    # Then
    assert isinstance(Sessions().open(evil.url).problem, LoginNotConfirmed)


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


def test_without_any_login_there_is_nothing_to_ask(evil: Backend, sessions: Sessions) -> None:
    # When
    session = sessions.open(evil.url)
    # Then: but who would hear of one is known, to be named before the first sign-in
    assert session.problem is None
    assert session.destination
    assert (session.destination.sts, session.destination.s3) == ((STS,), (S3,))
    with pytest.raises(NotSignedIn):
        session.openeo()
