"""A link that is said to work works: its file is looked for first, and it can be verified."""

from __future__ import annotations

import secrets
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import requests

from jupyter_openeo_artifacts import (
    OpenEOArtifactsError,
    S3STSConfig,
    build_artifact_helper,
    presigned_url,
    verify,
)
from jupyter_openeo_artifacts.artifacts import user_bucket as object_check
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNotOwned, LinkInvalid, WrongBucket
from jupyter_openeo_artifacts.s3.exceptions import ObjectGone
from jupyter_openeo_artifacts.state.link_ends import LinkEnds
from tests.servers.provider import connected, s3_client
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts import S3URI
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

OUR_HEAD = rb"HEAD [^?]* HTTP"
CONTENT = secrets.token_bytes(20_000)
PAGE = b"<!DOCTYPE html><html>Please log in</html>"
HTML = b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n"
PAGES = {
    "with its length": HTML + b"Content-Length: %d\r\n\r\n%s" % (len(PAGE), PAGE),
    "without a length": HTML + b"\r\n" + PAGE,
    "in chunks": HTML + b"Transfer-Encoding: chunked\r\n\r\n29\r\n%s\r\n0\r\n\r\n" % PAGE,
    "with a web server's ETag": HTML + b'ETag: "5f3a-61b2"\r\n\r\n' + PAGE,
    "as a part": HTML.replace(b"200 OK", b"206 X")
    + b"Content-Range: bytes 0-0/41\r\nContent-Length: 1\r\n\r\n<",
    "not found": b"HTTP/1.1 404 X\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
}
OWN = {
    "a request id": b"x-amz-request-id: R1\r\n",
    "the other id": b"x-amz-id-2: R1\r\n",
    "an MD5": b'ETag: "d41d8cd98f00b204e9800998ecf8427e"\r\n',
    "an MD5 of parts, weak": b'ETag: W/"d41d8cd98f00b204e9800998ecf8427e-3"\r\n',
    "our mark": b"x-amz-meta-openeo-artifacts-upload: abc\r\n",
}


@pytest.fixture
def uri(helper: S3STSArtifactHelper, tmp_path: Path) -> S3URI:
    (tmp_path / "fields.parquet").write_bytes(CONTENT)
    return helper.upload_file(tmp_path / "fields.parquet")


@pytest.fixture
def bobs(provider: LocalProvider) -> str:
    key = f"{provider.users['bob'].prefix}/2026/01/01/0123456789/theirs.txt"
    s3_client(provider, "bob").put_object(Bucket=provider.bucket, Key=key, Body=b"bob's")
    return f"s3://{provider.bucket}/{key}"


def test_what_would_not_work_is_one_sentence_in_every_way(
    provider: LocalProvider, helper: S3STSArtifactHelper, uri: S3URI, bobs: str
) -> None:
    # Given
    elsewhere = f"s3://elsewhere/{uri.key}"
    helper.delete(uri)
    connection = connected(provider)
    cases = [
        (str(uri), ObjectGone, "'fields.parquet' is not in storage any more"),
        (
            bobs,
            ArtifactNotOwned,
            "'theirs.txt' was staged by another account: this login can neither",
        ),
        (elsewhere, WrongBucket, "'fields.parquet' is in the bucket 'elsewhere'"),
    ]
    for given, kind, said in cases:
        # When / Then
        for sign in (helper.sign, lambda what: presigned_url(what, connection=connection)):
            with pytest.raises(kind, match=said) as caught:
                sign(given)
            assert isinstance(caught.value, OpenEOArtifactsError)
            assert caught.value.todo
    for given, kind, said in cases[1:]:
        for act in (helper.verify, helper.delete, lambda what: helper.download(what, "unused")):
            with pytest.raises(kind, match=said):
                act(given)


def test_what_is_there_is_signed_for_one_more_request(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line
) -> None:
    line.requests.clear()
    signed = helper.sign(uri)
    assert signed.checked
    assert line.count(OUR_HEAD) == 1
    assert requests.get(signed.url, timeout=10).content == CONTENT


@pytest.mark.parametrize("status", [403, 405, 501])
def test_a_provider_that_refuses_head_breaks_no_link(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line, status: int
) -> None:
    # Given
    line.add(Fault("answer", OUR_HEAD, answer=error_answer(status, ""), times=99))
    # When
    signed = helper.sign(uri)
    # Then
    assert not signed.checked
    assert "not checked, would be valid until" in repr(signed)
    assert requests.get(signed.url, timeout=10).content == CONTENT


def test_a_storage_that_does_not_answer_breaks_no_link(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    monkeypatch.setattr(object_check, "PATIENCE", 0.3)
    line.add(Fault("swallow", OUR_HEAD, times=99))
    # When / Then
    assert not helper.sign(uri).checked


def test_a_link_is_verified_by_itself(helper: S3STSArtifactHelper, uri: S3URI) -> None:
    # Given
    signed = helper.sign(uri, 600)
    # When: without any login, and by the helper that made it
    for found in (verify(signed.url), helper.verify(signed.url)):
        # Then
        assert (found.there, found.get, found.range) == (True, True, True)
        assert (found.uri, found.size) == (uri, len(CONTENT))
        assert found.valid_until == signed.valid_until
        assert "X-Amz" not in repr(found) + str(found) + repr(found.notes)


def test_the_end_of_a_link_is_that_of_its_session(provider: LocalProvider, tmp_path: Path) -> None:
    # Given: asked for a day, signed with a session of fifteen minutes
    helper = build_artifact_helper(connected(provider), S3STSConfig(session_seconds=900))
    (tmp_path / "a.txt").write_text("a")
    signed = helper.sign(helper.upload_file(tmp_path / "a.txt"), 86_400)
    # When / Then: whoever made it knows, and so does whoever reads what was noted
    assert helper.verify(signed.url).valid_until == signed.valid_until
    assert verify(signed.url).valid_until == signed.valid_until
    # When / Then: on another machine the signature alone speaks
    LinkEnds().note(str(verify(signed.url).uri), signed.signed_at - timedelta(1), signed.signed_at)
    assert verify(signed.url).valid_until == signed.requested_until


def test_a_link_that_does_not_work_says_why(helper: S3STSArtifactHelper, uri: S3URI) -> None:
    # Given
    good = helper.sign(uri, 600).url
    altered = good[:-1] + ("0" if good[-1] != "0" else "1")
    # When / Then
    found = verify(altered)
    assert (found.there, found.get) == (None, False)
    assert "altered" in found.notes[0]
    # When / Then
    helper.delete(uri)
    found = verify(good)
    assert (found.there, found.get) == (False, False)
    assert "not there any more" in found.notes[0]


@pytest.mark.parametrize("page", PAGES)
def test_a_page_in_the_storages_place_is_not_the_file(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line, page: str
) -> None:
    # Given
    signed = helper.sign(uri, 600)
    line.add(Fault("answer", b"GET", answer=PAGES[page], times=99))
    for look in (verify, helper.verify):
        # When
        found = look(signed.url)
        # Then
        assert (found.there, found.get, found.range) == (None, False, False)
        assert (found.size, found.etag, found.content_type) == (None, "", "")
        assert "answered with a page of its own" in found.notes[0]
        assert "link does not work" in str(found)


@pytest.mark.parametrize("sign", OWN)
def test_a_storage_is_known_by_any_of_its_signs(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line, sign: str
) -> None:
    # Given: a proxy drops the others
    signed = helper.sign(uri, 600)
    line.add(Fault("answer", b"GET", answer=HTML + OWN[sign] + b"Content-Length: 41\r\n\r\n"))
    # When
    found = verify(signed.url)
    # Then
    assert (found.there, found.get, found.size) == (True, True, 41)


def test_an_empty_files_link_works(helper: S3STSArtifactHelper, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    found = verify(helper.sign(helper.upload_file(tmp_path / "empty.txt")).url)
    assert (found.get, found.size) == (True, 0)


NEARLY = "https://storage.example/{key}?X-Amz-Signature=secret&X-Amz-Credential=a&X-Amz-Expires={s}"


@pytest.mark.parametrize(
    "given",
    [
        "https://storage.example/b/k",
        "https://storage.example/b/k?X-Amz-Signature=secret&X-Amz-Expires=60",
        NEARLY.format(key="", s=60) + "&X-Amz-Date=20261127T000000Z",
        NEARLY.format(key="b/k", s="x") + "&X-Amz-Date=20261127T000000Z",
        NEARLY.format(key="b/k", s=60) + "&X-Amz-Date=tomorrow",
        "HTTPS://[storage/b/k?X-Amz-Signature=secret",
    ],
)
def test_a_part_of_a_link_is_refused_and_not_repeated(
    helper: S3STSArtifactHelper, given: str
) -> None:
    for look in (verify, helper.verify):
        with pytest.raises(LinkInvalid) as caught:
            look(given)
        assert caught.value.__cause__ is None
        assert "secret" not in str(caught.value)
        assert "storage.example" not in str(caught.value)


def test_the_end_of_the_last_link_is_kept_and_the_link_is_not(
    helper: S3STSArtifactHelper, uri: S3URI, own_home: Path
) -> None:
    # When
    helper.sign(uri, 60)
    signed = helper.sign(uri, 600)
    helper.verify(uri)  # makes a link of its own, which nobody has
    # Then
    kept = LinkEnds().get(str(uri))
    assert kept is not None
    assert (kept.signed_at, kept.until) == (signed.signed_at, signed.valid_until)
    assert LinkEnds().get(f"{uri}.other") is None
    signature = signed.url.rpartition("X-Amz-Signature=")[2].encode()
    for path in own_home.rglob("*"):
        assert not path.is_file() or signature not in path.read_bytes()


def test_an_end_that_cannot_be_kept_breaks_no_link(
    helper: S3STSArtifactHelper, uri: S3URI, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(LinkEnds, "note", full)
    assert helper.sign(uri).checked


def test_damaged_ends_are_none(tmp_path: Path) -> None:
    # Given
    ends, now = LinkEnds(tmp_path / "links"), datetime.now(timezone.utc)
    ends.note("s3://b/k", now, now)
    (file,) = (tmp_path / "links").iterdir()
    for content in (b"", b"[]", b'{"until": 3}', b'{"signed_at": "2026-01-01", "until": "2026"}'):
        # When
        file.write_bytes(content)
        # Then
        assert ends.get("s3://b/k") is None
    # When / Then
    ends.note("s3://b/k", now, now)
    found = ends.get("s3://b/k")
    assert found is not None
    assert found.until == now


def test_explaining_a_link_is_a_short_import() -> None:
    line = "from jupyter_openeo_artifacts import explain; print(explain(404, b'').says)"
    told = subprocess.run([sys.executable, "-c", line], capture_output=True, text=True, check=True)
    assert told.stdout == "The file is not there any more.\n"
