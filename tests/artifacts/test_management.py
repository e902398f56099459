"""Listing and deleting what is stored, and providers that cannot."""

from __future__ import annotations

import hashlib
import secrets
import time
from contextlib import ExitStack
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

import pytest
import requests

from jupyter_openeo_artifacts import S3URI, build_artifact_helper
from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactNotOwned,
    DeletionNotSupported,
    ListingNotSupported,
    WrongBucket,
)
from jupyter_openeo_artifacts.artifacts.uri import name_of
from jupyter_openeo_artifacts.demo import LocalProvider
from jupyter_openeo_artifacts.demo import storage as storage_module
from jupyter_openeo_artifacts.demo.access_rules import access_rules
from jupyter_openeo_artifacts.s3.exceptions import ObjectGone
from tests.faults.answer import glued
from tests.limits import AT_MOST
from tests.servers.provider import connected, s3_client
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper


def narrow_rules(**asked: Any) -> dict[str, Any]:
    """Return the provider's rules without listing and deleting."""
    rules = access_rules(**asked)
    document = rules["policies"][0]["document"]
    for statement in document["Statement"]:
        statement["Action"] = [
            each for each in statement["Action"] if each not in ("s3:DeleteObject", "s3:ListBucket")
        ]
    document["Statement"] = [each for each in document["Statement"] if each["Action"]]
    return rules


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "fields 😀.parquet"
    path.write_bytes(secrets.token_bytes(1000))
    return path


@pytest.fixture(scope="module")
def narrow() -> Iterator[LocalProvider]:
    with ExitStack() as held:
        with pytest.MonkeyPatch.context() as patch:  # none that others start has these rules
            patch.setattr(storage_module, "access_rules", narrow_rules)
            running = held.enter_context(LocalProvider())
        yield running


@pytest.fixture
def theirs(provider: LocalProvider) -> S3URI:
    key = f"{provider.users['bob'].prefix}/2026/01/01/0123456789/theirs.txt"
    s3_client(provider, "bob").put_object(Bucket=provider.bucket, Key=key, Body=b"bob's")
    return S3URI(provider.bucket, key)


def is_there(provider: LocalProvider, uri: S3URI) -> bool:
    client = provider.storage.administrator()
    found = client.list_objects_v2(Bucket=uri.bucket, Prefix=uri.key).get("Contents", [])
    return [each["Key"] for each in found] == [uri.key]


def test_what_is_stored_is_listed(helper: S3STSArtifactHelper, file: Path) -> None:
    # Given
    uri = helper.upload_file(file)
    # When
    found = next(each for each in helper.list() if each.uri == uri)
    # Then
    assert (found.name, found.size) == (file.name, file.stat().st_size)
    assert found.etag == hashlib.md5(file.read_bytes()).hexdigest()
    assert abs(found.stored_at - datetime.now(timezone.utc)) < timedelta(seconds=30)


def test_the_list_is_lazy_and_comes_in_pages(
    helper: S3STSArtifactHelper, provider: LocalProvider, line: Line, tmp_path: Path
) -> None:
    # Given: pages of two
    for number in range(5):
        (tmp_path / str(number)).write_text(str(number))
    mine = {helper.upload_file(tmp_path / str(number)) for number in range(5)}
    helper.client.meta.events.register(
        "before-parameter-build.s3.ListObjectsV2", lambda params, **_: params.update(MaxKeys=2)
    )
    before = line.count(rb"GET .*list-type")
    # When
    listed = helper.list()
    # Then
    assert line.count(rb"GET .*list-type") == before
    first = next(listed)
    assert line.count(rb"GET .*list-type") == before + 1
    uris = [first.uri, *(each.uri for each in listed)]
    assert mine <= set(uris)
    assert uris == sorted(set(uris), key=lambda uri: uri.key)
    assert all(uri.key.startswith(provider.users["alice"].prefix) for uri in uris)


def test_another_users_artifacts_are_neither_listed_nor_deleted(
    helper: S3STSArtifactHelper, provider: LocalProvider, theirs: S3URI
) -> None:
    assert theirs not in {each.uri for each in helper.list()}
    with pytest.raises(ArtifactNotOwned, match="another account") as caught:
        helper.delete(theirs)
    assert isinstance(caught.value, PermissionError)
    with pytest.raises(WrongBucket):
        helper.delete(S3URI("elsewhere", f"{provider.users['alice'].prefix}/a"))
    assert is_there(provider, theirs)


def test_an_artifact_is_deleted(
    helper: S3STSArtifactHelper, provider: LocalProvider, file: Path
) -> None:
    # Given
    uri = helper.upload_file(file)
    url = build_artifact_helper(connected(provider)).sign(uri).url
    # When
    helper.delete(str(uri))
    # Then
    assert not is_there(provider, uri)
    assert requests.get(url, timeout=10).status_code == 404
    assert uri not in {each.uri for each in helper.list()}
    with pytest.raises(ObjectGone, match="not in storage any more"):
        helper.delete(uri)
    assert helper.upload_file(file) != uri, "what was deleted is stored anew"


def test_a_provider_that_cannot_by_its_policy(narrow: LocalProvider, file: Path) -> None:
    # Given
    helper = build_artifact_helper(connected(narrow))
    uri = helper.upload_file(file)
    # When / Then
    began = time.monotonic()
    with pytest.raises(
        DeletionNotSupported, match=r"them automatically\. Leave it: links to it end, too\."
    ):
        helper.delete(uri)
    with pytest.raises(ListingNotSupported, match="does not list"):
        list(helper.list())
    assert time.monotonic() - began < AT_MOST
    assert is_there(narrow, uri)


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (500, "InternalError"),  # fakes3pp
        (403, "AccessDenied"),
        (405, "MethodNotAllowed"),
        (501, "NotImplemented"),
    ],
)
def test_a_provider_that_cannot_delete_is_told_at_once(
    helper: S3STSArtifactHelper, line: Line, file: Path, status: int, code: str
) -> None:
    # Given
    uri = helper.upload_file(file)
    line.add(Fault("answer", b"DELETE", times=99, answer=error_answer(status, code)))
    began = time.monotonic()
    # When / Then
    with pytest.raises(DeletionNotSupported) as caught:
        helper.delete(uri)
    assert time.monotonic() - began < AT_MOST
    assert caught.value.who == "provider"
    assert caught.value.request_id == "REQ42"


GLUED = glued("InternalError").head("now", close=True) + glued("InternalError").body
PLAIN = b"HTTP/1.1 404 X\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\ngone"


@pytest.mark.parametrize(
    "said",
    [
        GLUED,
        error_answer(404, "NoSuchKey"),
        error_answer(404, "NoSuchBucket"),
        error_answer(400, "Whatever"),
        b"HTTP/1.1 204 X\r\nConnection: close\r\n\r\n",
    ],
    ids=["fakes3pp", "not there", "no bucket", "a new code", "done"],
)
def test_what_is_there_still_was_not_deleted_whatever_was_said(
    helper: S3STSArtifactHelper, provider: LocalProvider, line: Line, file: Path, *, said: bytes
) -> None:
    # Given
    uri = helper.upload_file(file)
    line.add(Fault("answer", b"DELETE", times=9_999, answer=said))
    # When / Then
    with pytest.raises(DeletionNotSupported):
        helper.delete(uri)
    assert is_there(provider, uri)
    assert helper.verify(uri).there


def test_a_404_of_something_in_between_is_waited_for(
    helper: S3STSArtifactHelper, provider: LocalProvider, line: Line, file: Path
) -> None:
    uri = helper.upload_file(file)
    line.add(Fault("answer", b"DELETE", answer=PLAIN))
    helper.delete(uri)
    assert not is_there(provider, uri)
    assert line.count(b"DELETE") == 2


def test_a_page_in_place_of_an_answer_that_was_lost_is_no_harm(
    helper: S3STSArtifactHelper, provider: LocalProvider, line: Line, file: Path
) -> None:
    # Given: the first deletion is carried out and its answer lost; then storage says "not there"
    uri = helper.upload_file(file)
    line.add(Fault("swallow", b"DELETE"), Fault("answer", b"DELETE", answer=GLUED))
    # When
    helper.delete(uri)
    # Then
    assert not is_there(provider, uri)


def test_a_fault_that_passes_is_no_refusal(
    helper: S3STSArtifactHelper, provider: LocalProvider, line: Line, file: Path
) -> None:
    uri = helper.upload_file(file)
    line.add(
        Fault("answer", b"DELETE", answer=error_answer(500, "InternalError")),
        Fault("answer", b"DELETE", answer=error_answer(503, "SlowDown")),
        Fault("swallow", b"DELETE"),
    )
    helper.delete(uri)
    assert not is_there(provider, uri)


@pytest.mark.parametrize(
    ("status", "code"), [(403, "AccessDenied"), (501, "NotImplemented"), (405, "MethodNotAllowed")]
)
def test_a_provider_that_cannot_list_is_told(
    helper: S3STSArtifactHelper, line: Line, status: int, code: str
) -> None:
    line.add(Fault("answer", rb"GET .*list-type", times=99, answer=error_answer(status, code)))
    began = time.monotonic()
    with pytest.raises(ListingNotSupported) as caught:
        next(helper.list())
    assert time.monotonic() - began < AT_MOST
    assert caught.value.request_id == "REQ42"


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("u/2026/01/31/0123456789/a.tif", "a.tif"),
        ("u/2026/01/31/0123456789/run 1/a.tif", "run 1/a.tif"),
        ("u/2026/01/31/a.tif", "a.tif"),
        ("u/2026/01/31/folder/a.tif", "folder/a.tif"),
        ("u/2026/01/31/0123456789", "0123456789"),
        ("u/else/a.tif", "else/a.tif"),
    ],
)
def test_the_name_in_a_key(key: str, name: str) -> None:
    assert name_of(key) == name
