"""What we do otherwise with files, keys, links and secrets."""

from __future__ import annotations

import inspect
import logging
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import botocore.session
import pytest
from boto3.exceptions import S3UploadFailedError
from openeo.extra.artifacts.exceptions import ArtifactsException

from jupyter_openeo_artifacts.s3.exceptions import StorageError
from tests.artifacts.upstream.sides import OURS, UPSTREAM, Ground, fetched
from tests.limits import AT_MOST

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

THREADS = 4
TRACE = "1f0ff7d0-6c0a-4d4e-8a0f-2f7f1f6a1b11"


@pytest.fixture(scope="module")
def helpers(shared_ground: Ground) -> Iterator[tuple[Any, Any]]:
    """Yield upstream's and ours."""
    with shared_ground.helpers() as pair:
        yield pair


def read(helper: Any, uri: Any) -> bytes:
    answer = fetched(helper.get_presigned_url(uri, 60))
    assert answer.status_code == 200
    return answer.content


def test_nothing_is_overwritten(helpers: tuple[Any, Any], tmp_path: Path) -> None:
    """Two files of one name, or one that has changed, are two artifacts; a job reads the first."""
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "r.txt").write_text(name)
    found = []
    for helper in helpers:
        uris = [helper.upload_file(tmp_path / name / "r.txt") for name in ("one", "two")]
        found.append((uris[0] == uris[1], [read(helper, uri) for uri in uris]))
    assert found == [(True, [b"two", b"two"]), (False, [b"one", b"two"])]


def test_the_content_type_is_guessed(
    helpers: tuple[Any, Any], tmp_path: Path, puts: list[dict[str, str]]
) -> None:
    """Readers go by it; few storages guess one themselves, and none knows the newer formats."""
    (tmp_path / "fields.parquet").write_bytes(b"PAR1")
    uris = [helper.upload_file(tmp_path / "fields.parquet") for helper in helpers]
    links = [helper.get_presigned_url(uri, 60) for helper, uri in zip(helpers, uris, strict=True)]
    kind = "application/vnd.apache.parquet"
    assert [put.get("content-type") for put in puts] == [None, kind]
    assert fetched(links[1]).headers["Content-Type"] == kind


def test_a_tilde_is_the_persons_home(
    helpers: tuple[Any, Any], file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is how people write paths."""
    monkeypatch.setenv("HOME", str(file.parent))
    theirs, mine = helpers
    with pytest.raises(FileNotFoundError):
        theirs.upload_file(f"~/{file.name}")
    assert mine.upload_file(f"~/{file.name}").key.endswith(f"/{file.name}")


@pytest.mark.parametrize("name", ["../x", "./y", "a/../../z", "line\nbreak", "/lead", "tail/"])
def test_names_that_a_reader_would_trip_over_are_refused(
    helpers: tuple[Any, Any], file: Path, puts: list[dict[str, str]], name: str
) -> None:
    """HTTP libraries fold `..` away and ask for another key: a link that cannot work."""
    theirs, mine = helpers
    with suppress(S3UploadFailedError):  # SeaweedFS takes no dots; moto and others do
        assert theirs.upload_file(file, name).key.endswith(f"/{name}")
    assert len(puts) == 1
    with pytest.raises(ValueError, match="cannot be used for an artifact"):
        mine.upload_file(file, name)
    assert len(puts) == 1, "nothing was sent"


@pytest.mark.parametrize("key", ["tail?", "/lead", "line\nbreak", "tab\there", "a\r\nb", "//", "?"])
def test_every_uri_comes_back_as_it_was(key: str) -> None:
    """A URI in a notebook must mean the object that it was made for."""
    theirs, mine = (side.uri("b", key) for side in (UPSTREAM, OURS))
    assert UPSTREAM.uri.from_str(str(theirs)) != theirs
    assert OURS.uri.from_str(str(mine)) == mine
    assert str(mine) == str(theirs)


@pytest.mark.parametrize("text", ["s3://b", "s3://b/", "s3:///k", "s3://u:p@b:80/k", "S3://b/k"])
def test_what_is_no_storage_uri_is_refused(text: str) -> None:
    """Else the mistake shows only when a job cannot read its file."""
    assert isinstance(UPSTREAM.uri.from_str(text), UPSTREAM.uri)
    with pytest.raises(ValueError, match="s3://<bucket>/<key>"):
        OURS.uri.from_str(text)


def test_a_storage_uri_may_be_a_text(helpers: tuple[Any, Any], file: Path) -> None:
    """It is what a process graph, a table or another notebook holds."""
    theirs, mine = helpers
    uri = theirs.upload_file(file)
    with pytest.raises(AttributeError):
        theirs.get_presigned_url(str(uri))
    for spelling in (uri, str(uri), OURS.uri.from_str(str(uri))):
        assert read(mine, spelling) == file.read_bytes()


def test_the_trace_id_is_inside_the_signature(ground: Ground, file: Path) -> None:
    """What is added to a signed link afterwards breaks it."""
    with ground.backend(ground.entry()) as address:
        connection = ground.connect(address)
        theirs, mine = (
            side.build(connection, side.config(trace_id=TRACE)) for side in (UPSTREAM, OURS)
        )
    uri = mine.upload_file(file)
    links = [helper.get_presigned_url(uri, 60) for helper in (theirs, mine)]
    assert all(parse_qs(urlsplit(link).query)["X-Request-ID"] == [TRACE] for link in links)
    assert [fetched(link).status_code for link in links] == [403, 200]


@pytest.mark.parametrize("seconds", [0, -60])
def test_a_link_is_for_some_time(helpers: tuple[Any, Any], seconds: int) -> None:
    """One that has ended already is a mistake in the cell, not in storage."""
    theirs, mine = helpers
    assert theirs.get_presigned_url(OURS.uri("b", "k"), seconds)
    with pytest.raises(ValueError, match="positive"):
        mine.get_presigned_url(OURS.uri("b", "k"), seconds)


def test_what_storage_refuses_is_said_in_our_words(ground: Ground, file: Path) -> None:
    """Whose move it is, and what to do; the storage's own answer is the cause."""
    with ground.helpers(bucket="elsewhere") as (theirs, mine):
        with pytest.raises(S3UploadFailedError):
            theirs.upload_file(file)
        with pytest.raises(StorageError) as caught:
            mine.upload_file(file)
    assert isinstance(caught.value, ArtifactsException), "upstream's class catches it"
    assert (caught.value.who, type(caught.value).__name__) == ("provider", "StorageDenied")


def test_no_secret_is_in_a_repr_or_a_log(
    ground: Ground, file: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Logs and notebooks are shown around; a session token in them is a login given away."""
    monkeypatch.setattr(logging.getLogger("botocore"), "level", logging.NOTSET)
    leaks = []
    for side in (UPSTREAM, OURS):
        caplog.clear()
        with caplog.at_level(logging.DEBUG), ground.backend(ground.entry()) as address:
            connection = ground.connect(address)
            helper = side.build(connection)
            uri = helper.upload_file(file)
            helper.get_presigned_url(uri, 60)
        if side is UPSTREAM:
            session = helper._creds  # noqa: SLF001  upstream's, which is shown here to leak
            secrets = [session.aws_secret_access_key, session.aws_session_token]
        else:
            session = helper.credentials.current()
            secrets = [session.secret_key, session.token]
        secrets.append(connection.auth.bearer.split("/", 2)[2])
        shown = repr(session) + repr(helper) + repr(vars(helper))
        leaks.append([secret in shown or secret in caplog.text for secret in secrets])
    assert leaks == [[True, True, True], [False, False, False]]


def test_many_threads_share_one_client(
    ground: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each client has a pool of connections of its own, and takes long to build."""
    # Given: clients that take their time
    built: list[str] = []
    create = botocore.session.Session.create_client

    def slowly(self: Any, service: str, *args: Any, **options: Any) -> Any:
        built.append(service)
        time.sleep(0.1)
        return create(self, service, *args, **options)

    monkeypatch.setattr(botocore.session.Session, "create_client", slowly)
    (tmp_path / "x").write_bytes(b"x" * 1000)
    clients = []
    with ground.helpers() as helpers:
        for helper in helpers:
            built.clear()
            together = threading.Barrier(THREADS)

            def stage(_: int, helper: Any = helper, together: Any = together) -> Any:
                together.wait(AT_MOST)
                return helper.upload_file(tmp_path / "x")

            # When
            with ThreadPoolExecutor(THREADS) as pool:
                uris = list(pool.map(stage, range(THREADS)))
            # Then
            assert read(helper, uris[-1]) == b"x" * 1000
            clients.append(built.count("s3"))
    assert clients[0] > 1
    assert clients[1] == 1


def test_what_upstream_does_not_offer(helpers: tuple[Any, Any]) -> None:
    """Progress, cancel, content type, and until when a link holds are asked for most."""
    theirs, mine = helpers
    for name in ("sign", "upload", "owns", "provider"):
        assert not hasattr(theirs, name)
        assert hasattr(mine, name)
    wanted = {"content_type", "observer", "cancel"}
    assert wanted <= set(inspect.signature(mine.upload).parameters)
