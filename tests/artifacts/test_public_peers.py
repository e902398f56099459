"""Where only public addresses may be asked, the peer of STS and S3 is judged, not its name."""

from __future__ import annotations

import pickle
import socket
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import BotoCoreError

from jupyter_openeo_artifacts import urls as hosts
from jupyter_openeo_artifacts.artifacts.presigned_probe import LinkReader
from jupyter_openeo_artifacts.artifacts.sts import STSSessions
from jupyter_openeo_artifacts.concurrency.cancellation import CancelToken
from jupyter_openeo_artifacts.s3 import client as clients
from jupyter_openeo_artifacts.s3.credentials import Credentials, Session
from jupyter_openeo_artifacts.s3.error_mapping import classify_error
from jupyter_openeo_artifacts.s3.exceptions import StorageNotAllowed
from jupyter_openeo_artifacts.s3.request_body import body
from jupyter_openeo_artifacts.s3.server_clock import ServerClock
from jupyter_openeo_artifacts.s3.settings import Storage
from tests.artifacts.login_service import TokenHolder
from tests.servers.forward_proxy import forward_proxy
from tests.servers.raw_http import raw_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.servers.raw_http import Line, RawServer

NAME = "storage.example"
OK = (
    b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nx-amz-request-id: 1\r\n"
    b'ETag: "9dd4e461268c8034f5c8564e155c67a6"\r\n\r\n'
)


def client(endpoint: str, *, trailers: bool = False) -> Any:
    now = datetime.now(timezone.utc)
    session = Session("a", "s", "t", "me", now, now + timedelta(hours=12))
    storage = public_storage(endpoint, {"checksum-via-trailers": trailers})
    return clients.s3_client(storage, Credentials(lambda: session), ServerClock())


def public_storage(endpoint: str, flags: dict[str, bool] | None = None) -> Storage:
    return Storage(
        endpoint, endpoint, "", "r", "b", flags or {}, "us-east-1", 900, "stub", public_only=True
    )


CALLS: dict[str, Callable[[str], Any]] = {
    "small file": lambda at: client(at).put_object(Bucket="b", Key="k", Body=b"x"),
    "part": lambda at: client(at).upload_part(
        Bucket="b", Key="k", UploadId="u", PartNumber=1, Body=body(memoryview(b"x"), CancelToken())
    ),
    "part with trailers": lambda at: client(at, trailers=True).upload_part(
        Bucket="b", Key="k", UploadId="u", PartNumber=1, Body=b"x"
    ),
    "look": lambda at: client(at).head_object(Bucket="b", Key="k"),
    "read": lambda at: client(at).get_object(Bucket="b", Key="k"),
    "session": lambda at: STSSessions(
        public_storage(at), TokenHolder(lambda: "canary-token"), ServerClock()
    ).obtain(),
    "link": lambda at: LinkReader(f"{at}/b/k?X-Amz-Signature=1", public_only=True).ask("GET", {}),
}


@pytest.fixture
def storage() -> Iterator[RawServer]:
    def say(line: Line, _: str) -> None:
        line.say(OK)

    with raw_server(say) as running:
        yield running


@pytest.fixture
def look_up(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    """Return what has the storage's name stand for addresses, one list after another.

    It returns the names that are looked up from then on.
    """
    real = socket.getaddrinfo

    def stand_for(*answers: list[str]) -> list[str]:
        left, asked = list(answers), list[str]()

        def getaddrinfo(host: str, port: int, *more: Any, **how: Any) -> Any:
            if host != NAME:
                return real(host, port, *more, **how)
            asked.append(host)
            said = left.pop(0) if len(left) > 1 else left[0]
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in said]

        monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
        return asked

    return stand_for


def at(server: RawServer, scheme: str = "http") -> str:
    return f"{scheme}://{NAME}:{server.url.rpartition(':')[2]}"


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "addresses", [["127.0.0.1"], ["93.184.215.14", "127.0.0.1"]], ids=["local", "one is local"]
)
def test_a_name_that_stands_for_this_machine_now_is_not_connected_to(
    storage: RawServer,
    look_up: Callable[..., list[str]],
    *,
    addresses: list[str],
    call: str,
    scheme: str,
) -> None:
    # Given: it looked public when the backend was opened
    asked = look_up(["93.184.215.14"], addresses)
    assert hosts.is_public(at(storage, scheme))
    # When
    with pytest.raises(StorageNotAllowed) as refused:
        CALLS[call](at(storage, scheme))
    # Then: once, and nobody has heard of it
    assert refused.value.host == NAME
    assert refused.value.code == "backend_not_allowed"
    assert len(asked) == 2
    assert storage.lines == []
    assert str(pickle.loads(pickle.dumps(refused.value))) == str(refused.value)


@pytest.mark.parametrize("call", [name for name in CALLS if name != "session"])
def test_what_was_judged_is_what_is_connected_to(
    storage: RawServer,
    look_up: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    call: str,
) -> None:
    # Given: 127.0.0.1 stands for a public address, and a second look-up would find another one
    monkeypatch.setattr(hosts, "is_public_address", lambda address: address == "127.0.0.1")
    asked = look_up(["127.0.0.1"], ["127.0.0.2"])
    # When
    CALLS[call](at(storage))
    # Then
    assert (len(asked), len(storage.lines)) == (1, 1)


@pytest.mark.parametrize("call", ["small file", "look"])
def test_the_next_address_is_tried_where_nobody_answers_at_one(
    storage: RawServer,
    look_up: Callable[..., list[str]],
    monkeypatch: pytest.MonkeyPatch,
    call: str,
) -> None:
    # Given: nobody listens at 127.0.0.9
    monkeypatch.setattr(hosts, "is_public_address", lambda address: address.startswith("127."))
    look_up(["127.0.0.9", "127.0.0.1"])
    # When / Then
    CALLS[call](at(storage))
    assert len(storage.lines) == 1


@pytest.mark.parametrize("call", ["small file", "look"])
@pytest.mark.parametrize("answer", [socket.gaierror("not now"), UnicodeError("no name")])
def test_a_name_that_is_not_found_is_asked_for_again(
    monkeypatch: pytest.MonkeyPatch, answer: Exception, call: str
) -> None:
    # Given
    def getaddrinfo(*_: Any, **__: Any) -> Any:
        raise answer

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    # When
    with pytest.raises(BotoCoreError) as failed:
        CALLS[call](f"https://{NAME}")
    # Then
    verdict = classify_error(failed.value, action="store it", host=NAME)
    assert verdict is not None
    assert verdict.kind == "again"


def test_a_proxy_connects_itself(
    storage: RawServer, look_up: Callable[..., list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: as for the backend, it is the proxy's business where a name leads
    look_up(["127.0.0.1"])
    with forward_proxy() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        # When
        CALLS["look"](at(storage))
        # Then
        assert [host for _, host in proxy.asked] == [at(storage).partition("://")[2]]
