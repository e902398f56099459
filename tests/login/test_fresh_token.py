"""The openEO client's authentication while tokens come and go."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import pytest
from openeo.rest import OpenEoApiError
from openeo.rest.auth.auth import BearerAuth, OidcBearerAuth

from jupyter_openeo_artifacts.auth.exceptions import (
    BackendRedirects,
    LoginProviderUnreachable,
    NotSignedIn,
)
from jupyter_openeo_artifacts.auth.tokens import TokenProvider, Tokens
from jupyter_openeo_artifacts.s3.exceptions import StorageNotAllowed
from tests.limits import AT_MOST
from tests.servers import openeo_stub
from tests.servers.openeo_stub import found, serving
from tests.servers.scripted_oidc import scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.backends.session_registry import Sessions
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from tests.servers.openeo_stub import Backend


def test_it_is_what_the_openeo_client_knows(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # When
    session = signed_in(backend)
    auth = session.openeo().auth
    # Then
    assert isinstance(auth, OidcBearerAuth)
    assert isinstance(auth, BearerAuth)
    kind, provider, token = auth.bearer.split("/", maxsplit=2)
    assert (kind, provider, token.count(".")) == ("oidc", "op", 2)
    assert repr(auth) == "<FreshBearerAuth of op>"


def test_a_session_that_has_signed_out_hands_out_nothing(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    session = signed_in(backend)
    connection, auth = session.openeo(), session.openeo().auth
    # When
    session.sign_out()
    # Then
    with pytest.raises(NotSignedIn):
        auth.bearer  # noqa: B018
    with pytest.raises(NotSignedIn):
        connection.describe_account()


class Clock:
    """Lets tokens age as fast as a test wants."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._offset = 0.0
        real = time.time
        monkeypatch.setattr(time, "time", lambda: real() + self._offset)

    def go_on(self, seconds: float) -> None:
        """Move the wall clock."""
        self._offset += seconds


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        (({"code": "TokenInvalid", "message": "No."}, 403), 200),
        (({"code": "AuthenticationRequired", "message": "No."}, 401), 200),
        (({"code": "InvalidRequest", "message": "titiler-openeo says so"}, 401), 200),
        (({"code": "PermissionsInsufficient", "message": "No."}, 403), 403),
        (({"code": "Internal", "message": "No."}, 500), 500),
    ],
)
def test_a_token_that_is_refused_is_renewed_once(
    sessions: Sessions,
    monkeypatch: pytest.MonkeyPatch,
    answer: tuple[dict[str, str], int],
    code: int,
) -> None:
    # Given
    clock = Clock(monkeypatch)
    with scripted(tokens("a1", "r1")) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        provider.answers = [tokens("a2", "r2")]

        def files() -> openeo_stub.Route:
            refused = backend.seen[-1][2] == "Bearer oidc/op/a1"
            return found(*answer) if refused else found({"files": []})

        backend.routes["/v1/files"] = files
        clock.go_on(30)
        # When
        response = session.openeo().get("/files", check_error=False)
        # Then
        assert response.status_code == code
        assert len(provider.sent("/token")) == (2 if code == 200 else 1)


def test_a_backend_that_refuses_every_token_costs_one_renewal(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    clock = Clock(monkeypatch)
    with scripted(tokens("a1", "r1")) as provider, openeo_stub.backend(provider.issuer) as backend:
        session = sessions.open(backend.url)
        assert session.start_login().wait(AT_MOST) == "signed_in"
        provider.answers = [tokens("a2", "r2")]
        no = found({"code": "TokenInvalid", "message": "No."}, 403)
        backend.routes["/v1/me"] = lambda: no
        clock.go_on(30)
        # When
        for _ in range(3):
            with pytest.raises(OpenEoApiError, match="TokenInvalid"):
                session.openeo().describe_account()
        # Then
        assert len(provider.sent("/token")) == 2


def test_a_request_with_a_token_is_not_redirected_to_another_host(
    backend: Backend, signed_in: Callable[..., BackendSession]
) -> None:
    # Given
    session = signed_in(backend)
    heard = []

    def other(method: str, path: str, authorization: str, _: bytes) -> openeo_stub.Route:
        heard.append((method, path, authorization))
        return found({"user_id": "mallory"})

    with serving(other) as elsewhere:
        backend.routes["/v1/me"] = lambda: (302, {"Location": f"{elsewhere}/me"}, b"")
        # When / Then
        with pytest.raises(BackendRedirects):
            session.openeo().describe_account()
    assert heard == []


class CountingLogin:
    """A login whose tokens are good for a while that the test chooses."""

    provider_id = "op"
    changed_hands = False
    problem = None

    def __init__(self, lifetime: float | None) -> None:
        self.count = 0
        self.lifetime = lifetime

    def renew(self) -> Tokens:
        """Hand out the next token."""
        self.count += 1
        now = time.time()
        end = None if self.lifetime is None else now + self.lifetime
        return Tokens(f"a{self.count}", None, now, end)

    def end(self) -> None:
        """Nothing to do."""


@pytest.mark.parametrize(
    ("lifetime", "age", "renewed"),
    [
        (300, 0, False),
        (300, 239, False),
        (300, 241, True),  # less than a minute left
        (300, 400, True),
        (300, -10, True),  # the clock was set back
        (100, 45, False),
        (100, 51, True),  # never two minutes: renewed after half of its life
        (None, 230, False),
        (None, 250, True),  # nobody says: five minutes are assumed
    ],
)
def test_a_token_is_good_for_a_minute_more(
    monkeypatch: pytest.MonkeyPatch, lifetime: float | None, age: float, *, renewed: bool
) -> None:
    # Given
    clock = Clock(monkeypatch)
    login = CountingLogin(lifetime)
    keeper = TokenProvider(login, login.renew(), renewed=lambda: None, lost=lambda _: None)
    # When
    clock.go_on(age)
    # Then
    assert keeper.access_token() == ("a2" if renewed else "a1")


def test_how_long_a_token_is_good() -> None:
    # Given: {"alg":"none"} {"exp":2000000000}
    jwt = "eyJhbGciOiJub25lIn0.eyJleHAiOjIwMDAwMDAwMDB9.c2ln"
    answer = {"access_token": jwt, "token_type": "bearer"}
    # When / Then
    assert Tokens.from_answer(answer | {"expires_in": 60}, 1000).expires_at == 1060
    assert Tokens.from_answer(answer | {"expires_in": "60"}, 1000).expires_at == 1060
    assert Tokens.from_answer(answer, 1000).expires_at == 2_000_000_000
    for nonsense in (True, [], "soon", -5, float("nan"), float("inf")):
        said = answer | {"expires_in": nonsense}
        assert Tokens.from_answer(said, 1000).expires_at == 2_000_000_000
    for opaque in ("opaque", "a.b.c", "..", "eyJhbGciOiJub25lIn0.W10.c2ln"):
        said = {"access_token": opaque, "token_type": "Bearer"}
        assert Tokens.from_answer(said, 1000).expires_at is None


class Unhappy(CountingLogin):
    """Fails to renew once many have come; `error` is what all of them are to meet."""

    def __init__(self, error: OpenEOArtifactsError) -> None:
        super().__init__(300)
        self.error = error
        self.asked = threading.Event()
        self.go_on = threading.Event()
        self.renewals = 0

    def renew(self) -> Tokens:
        self.renewals += 1
        if self.renewals == 1:
            return super().renew()
        self.asked.set()
        assert self.go_on.wait(60)
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        LoginProviderUnreachable("Nobody answers.", todo="Wait.", request_id="r-1"),
        StorageNotAllowed("s3.example"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_who_waits_for_a_renewal_that_fails_meets_the_whole_error(
    monkeypatch: pytest.MonkeyPatch, error: OpenEOArtifactsError
) -> None:
    # Given: two who want a token while it is renewed
    clock = Clock(monkeypatch)
    login = Unhappy(error)
    arrivals, tokens = Arrivals(), login.renew()
    with monkeypatch.context() as patched:
        patched.setattr(threading, "Lock", lambda: arrivals)
        keeper = TokenProvider(login, tokens, renewed=lambda: None, lost=lambda _: None)
    clock.go_on(290)
    met: list[Exception] = []

    def ask() -> None:
        try:
            keeper.access_token()
        except Exception as problem:  # noqa: BLE001  compared below
            met.append(problem)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    # When
    threads[0].start()
    assert login.asked.wait(60)
    threads[1].start()
    assert arrivals.second.wait(60)
    login.go_on.set()
    for thread in threads:
        thread.join(60)
    # Then
    first, second = met
    assert first is not second
    assert type(first) is type(second) is type(error)
    assert str(first) == str(second)
    assert vars(first) == vars(second)
    assert login.renewals == 2


class Arrivals:
    """A lock that tells when the second one has come to it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._came = 0
        self.second = threading.Event()

    def __enter__(self) -> None:
        self._came += 1
        if self._came == 2:
            self.second.set()
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()
