"""Where only public addresses may be asked: names, what is written inside of addresses, peers."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts import urls as hosts
from jupyter_openeo_artifacts.auth import http_adapter
from jupyter_openeo_artifacts.auth.exceptions import BackendNotAllowed
from jupyter_openeo_artifacts.auth.http_client import BoundedSession, ask
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from jupyter_openeo_artifacts.s3.exceptions import StorageNotAllowed
from jupyter_openeo_artifacts.service.collaborators import BackendPolicy
from jupyter_openeo_artifacts.staging.target import SessionTarget
from tests.servers import openeo_stub
from tests.servers.openeo_stub import found
from tests.servers.raw_http import raw_server
from tests.servers.scripted_oidc import scripted, tokens

if TYPE_CHECKING:
    from collections.abc import Callable

PUBLIC = ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"]
LOCAL = [
    "127.0.0.1",
    "10.0.0.1",
    "169.254.169.254",
    "192.168.1.1",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "239.1.1.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1%eth0",
    "fc00::1",
    "fec0::1",
    "ff02::1",
    "ff0e::1",
    "::ffff:127.0.0.1",
    "::127.0.0.1",
    "::10.0.0.1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
    "2001:0:a9fe:a9fe::1",
    "not an address",
]


@pytest.mark.parametrize(
    ("address", "public"), [(a, True) for a in PUBLIC] + [(a, False) for a in LOCAL]
)
def test_an_address_is_judged_by_what_is_written_in_it(address: str, public: bool) -> None:  # noqa: FBT001
    assert hosts.is_public_address(address) is public


def resolving(*answers: list[str] | OSError) -> Callable[..., Any]:
    """Return a look-up of names that answers so, one after another; the last again and again."""
    left = list(answers)

    def getaddrinfo(host: str, port: int, *_: Any, **__: Any) -> Any:
        said = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(said, OSError):
            raise said
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in a], socket.SOCK_STREAM, 6, "", (a, port)) for a in said]

    return getaddrinfo


@pytest.mark.parametrize(
    ("said", "admitted"),
    [
        (["93.184.215.14"], True),
        (["93.184.215.14", "10.0.0.1"], False),
        (["::ffff:10.0.0.1"], False),
        (socket.gaierror("not now"), False),
        (UnicodeError("no name"), False),
    ],
)
def test_a_name_is_let_in_only_if_all_it_stands_for_is_public(
    monkeypatch: pytest.MonkeyPatch, said: Any, *, admitted: bool
) -> None:
    # Given
    policy = BackendPolicy((), allow_others=True, allow_local=False)

    def look_up(*asked: Any, **how: Any) -> Any:
        if isinstance(said, Exception):
            raise said
        return resolving(said)(*asked, **how)

    monkeypatch.setattr(socket, "getaddrinfo", look_up)
    # When / Then
    if admitted:
        assert policy.admit("backend.example") == "https://backend.example"
    else:
        with pytest.raises(BackendNotAllowed):
            policy.admit("backend.example")


@pytest.mark.parametrize("name", ["a.localhost", "localhost", "LOCALHOST.", "b.a.localhost."])
def test_localhost_is_this_machine_whatever_its_look_up_says(
    monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    # Given
    monkeypatch.setattr(socket, "getaddrinfo", resolving(["93.184.215.14"]))
    policy = BackendPolicy((), allow_others=True, allow_local=False)
    # When / Then
    with pytest.raises(BackendNotAllowed):
        policy.admit(f"https://{name}")


def test_a_name_that_leads_elsewhere_after_it_was_let_in_is_not_connected_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given
    with raw_server(lambda *_: None) as server:
        port = server.url.rpartition(":")[2]
        monkeypatch.setattr(socket, "getaddrinfo", resolving(["93.184.215.14"], ["127.0.0.1"]))
        policy = BackendPolicy((), allow_others=True, allow_local=False)
        address = policy.admit(f"https://backend.example:{port}")
        sessions = Sessions(public_only=policy.public_only)
        # When
        check = sessions.check(address)
        with pytest.raises(BackendNotAllowed):
            sessions.open(address)
        # Then
        assert isinstance(check.problem, BackendNotAllowed)
        assert server.lines == []


@pytest.fixture
def first_is_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let 127.0.0.1 stand for a public address, and every other one for a private one."""
    monkeypatch.setattr(http_adapter, "is_public_address", lambda address: address == "127.0.0.1")


@pytest.mark.usefixtures("first_is_public")
@pytest.mark.parametrize(
    "path", ["/.well-known/openid-configuration", "/device_authorization", "/token"]
)
def test_whom_a_backend_names_is_judged_alike(path: str) -> None:
    # Given: one of the provider's addresses is another one
    def elsewhere(url: str) -> str:
        return url.replace("127.0.0.1", "127.0.0.2")

    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        if path == "/.well-known/openid-configuration":
            backend.issuer = elsewhere(provider.issuer)
        else:
            name = f"{path.removeprefix('/')}_endpoint"
            provider.discovery = {name: elsewhere(f"{provider.issuer}{path}")}
        sessions = Sessions(public_only=lambda _: True)
        session = sessions.open(backend.url)
        # When
        problem: Any = None
        try:
            login = session.start_login()
            login.wait(60)
            problem = login.problem
        except BackendNotAllowed as error:
            problem = error
        # Then
        assert isinstance(problem, BackendNotAllowed)
        assert "127.0.0.2" in problem.message
        assert not provider.sent("/token")


@pytest.mark.usefixtures("first_is_public")
def test_a_redirect_to_a_private_address_is_not_followed() -> None:
    # Given
    with (
        openeo_stub.serving(lambda *_: (302, {"Location": "http://127.0.0.2:9/"}, b"")) as url,
        BoundedSession(public_only=True) as session,
        # When / Then
        pytest.raises(BackendNotAllowed),
    ):
        ask(session, "GET", url)


@pytest.mark.usefixtures("first_is_public")
def test_the_storage_of_a_backend_is_judged_before_it_hears_a_token() -> None:
    # Given
    with scripted(tokens()) as provider, openeo_stub.backend(provider.issuer) as backend:
        backend.routes["/v1/me"] = lambda: found({"user_id": "alice"})
        session = Sessions(public_only=lambda _: True).open(backend.url)
        assert session.start_login().wait(60) == "signed_in"
        # When / Then
        with pytest.raises(BackendNotAllowed, match=r"10\.0\.0\.7"):
            session.require_storage("https://10.0.0.7", "https://93.184.215.14")


def test_a_storage_that_moves_here_after_it_was_judged_hears_no_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: 127.0.0.1 stands for a public address; the STS's name for it first, then for another
    def judged(address: str) -> bool:
        return address == "127.0.0.1"

    monkeypatch.setattr(http_adapter, "is_public_address", judged)
    monkeypatch.setattr(hosts, "is_public_address", judged)
    real = socket.getaddrinfo
    answers = {"sts.example": ["127.0.0.1", "127.0.0.2"], "s3.example": ["127.0.0.1"]}

    def getaddrinfo(host: str, *more: Any, **how: Any) -> Any:
        return real(answers[host].pop(0) if host in answers else host, *more, **how)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    with (
        raw_server(lambda *_: None, host="127.0.0.2") as sts,
        scripted(tokens()) as provider,
        openeo_stub.backend(provider.issuer) as backend,
    ):
        port = sts.url.rpartition(":")[2]
        config = {
            "sts_endpoint": f"http://sts.example:{port}",
            "s3_endpoint": "http://s3.example",
            "role": "r",
            "bucket": "b",
        }
        advertised = {"id": "s3", "type": "S3STSConfig", "config": config}
        backend.artifacts = {"providers": [advertised]}
        backend.routes["/v1/me"] = lambda: found({"user_id": "alice"})
        session = Sessions(public_only=lambda _: True).open(backend.url)
        assert session.start_login().wait(60) == "signed_in"
        # When
        with pytest.raises(StorageNotAllowed, match=r"sts\.example"):
            SessionTarget(session).helper()
        # Then
        assert sts.lines == []
        assert answers == {"sts.example": [], "s3.example": []}


def test_a_listed_backend_may_be_anywhere() -> None:
    # Given
    listed = "http://10.0.0.1:8080"
    policy = BackendPolicy([listed], allow_others=True, allow_local=False)
    # When / Then
    assert policy.admit(listed) == listed
    assert not policy.public_only(listed)
    assert policy.public_only("https://other.example")
