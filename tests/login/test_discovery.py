"""What answers at an address, and what a person is told of it."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from jupyter_openeo_artifacts.auth.exceptions import (
    BackendFailed,
    BackendNotTrusted,
    BackendRedirects,
    BackendUnreachable,
    NotOpenEO,
)
from jupyter_openeo_artifacts.backends import connect as connecting
from jupyter_openeo_artifacts.backends import discovery as probe
from jupyter_openeo_artifacts.backends.session_registry import Sessions
from tests.limits import AT_MOST
from tests.servers.openeo_stub import Backend, Route, found, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


HTML: Route = (200, {"Content-Type": "text/html; charset=utf-8"}, b"<!doctype html><h1>Hello")
OLD = {"api_version": "0.4.2", "endpoints": []}


def always(route: Route) -> Callable[[str, str, str, bytes], Route]:
    return lambda *_: route


def test_a_backend_says_what_it_is(backend: Backend, sessions: Sessions) -> None:
    # Given
    backend.artifacts = {"providers": [{"id": "s3"}]}
    # When
    check = sessions.check(f"  {backend.url}/ ")
    # Then
    assert check.problem is None
    assert (check.backend, check.title) == (backend.url, "Stub")
    assert check.artifacts == {"providers": [{"id": "s3"}]}
    assert all(not authorization for _, _, authorization in backend.seen)


def test_a_backend_without_artifacts_is_one_too(backend: Backend, sessions: Sessions) -> None:
    # Given
    backend.artifacts = None
    # When
    session = sessions.open(backend.url)
    # Then
    assert session.artifact_capabilities() is None
    assert sessions.check(backend.url).problem is None


def test_an_api_without_version_discovery_is_taken_as_it_is(
    backend: Backend, sessions: Sessions
) -> None:
    # Given
    backend.routes["/.well-known/openeo"] = lambda: found({}, 404)
    # When / Then
    assert isinstance(sessions.check(backend.url).problem, NotOpenEO)
    assert sessions.check(f"{backend.url}/v1").problem is None
    assert sessions.open(f"{backend.url}/v1").state == "signed_out"


@pytest.mark.parametrize(
    ("versions", "chosen"),
    [
        ([("v9", "1.9.0", True), ("v10", "1.10.0", True)], "v10"),
        ([("v1", "1.1.0", True), ("v2", "1.2.0", False)], "v1"),
        ([("v0", "0.4.2", True), ("v1", "1.0.0-rc.2", False)], "v1"),
    ],
)
def test_the_newest_version_in_production_is_used(
    backend: Backend, sessions: Sessions, versions: list[tuple[str, str, bool]], chosen: str
) -> None:
    # Given
    backend.routes["/.well-known/openeo"] = lambda: found(
        {
            "versions": [
                {"url": f"{backend.url}/{at}/", "api_version": version, "production": production}
                for at, version, production in versions
            ]
        }
    )
    backend.routes[f"/{chosen}/"] = lambda: found(backend.capabilities())
    # When
    check = sessions.check(backend.url)
    # Then
    assert check.problem is None, check.problem


@pytest.mark.parametrize(
    "path",
    [
        "/good/../v1",
        "/good/./v1",
        "/good/%2e%2E/v1",
        "/good/..%2fv1",
        "/good%5C..%5Cv1",
        "/good/..;x/v1",
        "/v1?good",
        "/v1#good",
    ],
)
def test_a_root_that_steps_out_of_what_is_listed_is_not_followed(
    backend: Backend, path: str
) -> None:
    # Given
    versions = [{"url": f"{backend.url}{path}", "api_version": "1.2.0"}]
    backend.routes["/.well-known/openeo"] = lambda: found({"versions": versions})
    sessions = Sessions(listed=[f"{backend.url}/good"])
    # When
    with pytest.raises(BackendRedirects, match="no address of an API"):
        sessions.open(backend.url)
    # Then
    assert [asked for _, asked, _ in backend.seen] == ["/.well-known/openeo"]


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (HTML, NotOpenEO, "with a web page"),
        ((200, {}, b"hello"), NotOpenEO, "something else"),
        ((200, {}, b"[" * 100_000), NotOpenEO, "something else"),
        ((200, {}, b"\xff\xfe"), NotOpenEO, "something else"),
        (found([1, 2]), NotOpenEO, "something else"),
        (found({"type": "Catalog", "stac_version": "1.0.0"}), NotOpenEO, "something else"),
        (found(OLD), NotOpenEO, "before 1.0"),
        (found({"api_version": "1.2.0"}), NotOpenEO, "endpoints"),
        (found({}, 404), NotOpenEO, "HTTP 404"),
        (found({}, 401), NotOpenEO, "wants a login"),
        (found({}, 403), NotOpenEO, "wants a login"),
        (found({}, 429), BackendFailed, "HTTP 429"),
        (found({}, 500), BackendFailed, "HTTP 500"),
        ((503, {"Content-Type": "text/html"}, b"<h1>down"), BackendFailed, "HTTP 503"),
        ((302, {"Location": "/"}, b""), BackendRedirects, "in circles"),
    ],
)
def test_what_is_not_an_openeo_backend(
    sessions: Sessions, answer: Route, error: type[Exception], says: str
) -> None:
    # Given
    with serving(always(answer)) as url:
        # When
        check = sessions.check(url)
        with pytest.raises(error, match=says) as raised:
            sessions.open(url)
    # Then
    assert type(check.problem) is error
    assert check.problem.todo
    assert str(check.problem) == str(raised.value)
    assert sessions.all() == []


def test_nobody_answers(sessions: Sessions) -> None:
    # Given
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
        # When / Then
        with pytest.raises(BackendUnreachable, match="could not be reached") as raised:
            sessions.open(url)
    assert raised.value.who == "wait"


def test_no_such_host(sessions: Sessions) -> None:
    with pytest.raises(BackendUnreachable, match="could not be reached"):
        sessions.open("https://no-such-host.invalid")


@contextmanager
def slow_server(drip: bytes) -> Iterator[str]:
    """Accept connections and never answer, or send `drip` once every half second."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        ended = threading.Event()

        def talk(connection: socket.socket) -> None:
            with connection:
                while not ended.wait(0.5):
                    try:
                        connection.sendall(drip)
                    except OSError:
                        return

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                threading.Thread(target=talk, args=(connection,), daemon=True).start()

        threading.Thread(target=run, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            ended.set()
            listener.shutdown(socket.SHUT_RDWR)


def test_a_server_that_never_ends_its_answer_is_left_in_time(
    sessions: Sessions, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: the same clock-work, for people with less time
    assert probe.SECONDS + connecting.SECONDS <= 15
    monkeypatch.setattr(probe, "SECONDS", 1.5)
    outcomes: list[Any] = []

    def ask(url: str) -> None:
        began = time.monotonic()
        outcomes.append((sessions.check(url).problem, time.monotonic() - began))

    head = b"HTTP/1.1 200 OK\r\nContent-Length: 999999\r\n\r\n"
    with slow_server(b"") as silent, slow_server(b"H") as dripping, slow_server(head) as endless:
        askers = [threading.Thread(target=ask, args=(url,)) for url in (silent, dripping, endless)]
        # When
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
    # Then
    for problem, seconds in outcomes:
        assert type(problem) is BackendUnreachable
        assert "in time" in problem.message
        assert seconds < AT_MOST
    assert len(outcomes) == 3


def self_signed() -> bytes:
    """Return a key and its certificate, as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(timezone.utc)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return private + certificate.public_bytes(serialization.Encoding.PEM)


def test_a_certificate_that_nobody_vouches_for(sessions: Sessions, tmp_path: Path) -> None:
    # Given
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(self_signed())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                    context.wrap_socket(connection, server_side=True).close()
                except ssl.SSLError:
                    connection.close()
                except OSError:
                    return

        threading.Thread(target=run, daemon=True).start()
        # When / Then
        with pytest.raises(BackendNotTrusted, match="cannot be verified"):
            sessions.open(f"https://127.0.0.1:{listener.getsockname()[1]}")
        listener.shutdown(socket.SHUT_RDWR)


def test_https_where_only_http_is_spoken(backend: Backend, sessions: Sessions) -> None:
    with pytest.raises(BackendNotTrusted, match="by https"):
        sessions.open(backend.url.removeprefix("http://"))


def test_an_api_that_redirects_to_another_host_is_not_followed(
    backend: Backend, sessions: Sessions
) -> None:
    # Given
    elsewhere = {"Location": f"{backend.url}/v1/"}
    with serving(lambda *_: (302, elsewhere, b"")) as url:
        # When
        problem = sessions.check(f"{url}/v1").problem
    # Then
    assert isinstance(problem, BackendRedirects)
    assert backend.url in problem.message


def test_a_redirect_on_the_same_host_is_followed(backend: Backend, sessions: Sessions) -> None:
    # Given
    backend.routes["/old/"] = lambda: (301, {"Location": "/v1/"}, b"")
    backend.routes["/.well-known/openeo"] = lambda: found({}, 404)
    # When / Then
    assert sessions.check(f"{backend.url}/old").problem is None


def test_discovery_never_leads_to_a_less_safe_place(sessions: Sessions) -> None:
    # Given
    versions = {"versions": [{"url": "http://openeo.example.org/", "api_version": "1.2.0"}]}
    with serving(always(found(versions))) as url:
        # When
        problem = sessions.check(url).problem
    # Then
    assert isinstance(problem, BackendRedirects)


def test_a_title_is_one_harmless_line(backend: Backend, sessions: Sessions) -> None:
    # Given
    said = backend.capabilities() | {"title": "Two\nlines\x1b[31m" + "x" * 500}
    backend.routes["/v1/"] = lambda: found(said)
    # When
    title = sessions.check(backend.url).title
    # Then
    assert title.startswith("Two lines")
    assert title.isprintable()
    assert len(title) <= 200
