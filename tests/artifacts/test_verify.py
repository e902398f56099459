"""Whether an artifact is there, and its link works for readers."""

from __future__ import annotations

import hashlib
import logging
import secrets
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import urllib3

from jupyter_openeo_artifacts import S3URI
from jupyter_openeo_artifacts.artifacts import link_reader
from jupyter_openeo_artifacts.artifacts.exceptions import NotYours
from tests.servers.provider import s3_client
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

LINK_HEAD = rb"HEAD .*X-Amz-Signature"
OUR_HEAD = rb"HEAD [^?]* HTTP"


@pytest.fixture
def uri(helper: S3STSArtifactHelper, tmp_path: Path) -> S3URI:
    (tmp_path / "fields.parquet").write_bytes(secrets.token_bytes(20_000))
    return helper.upload_file(tmp_path / "fields.parquet")


def answer(status: int, body: str = "", **headers: str | int) -> bytes:
    named = {"Content-Length": len(body), "Connection": "close"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n{body}".encode()


def test_what_is_there_is_told(
    provider: LocalProvider, helper: S3STSArtifactHelper, uri: S3URI, tmp_path: Path
) -> None:
    # When
    found = helper.verify(str(uri))
    # Then
    content = (tmp_path / "fields.parquet").read_bytes()
    assert (found.there, found.uri, found.size) == (True, uri, len(content))
    assert found.etag == hashlib.md5(content).hexdigest()
    assert found.content_type == "application/vnd.apache.parquet"
    assert abs(found.stored_at - datetime.now(timezone.utc)) < timedelta(seconds=30)
    assert (found.get, found.range) == (True, True)


def test_a_head_of_a_link_is_refused_and_said(helper: S3STSArtifactHelper, uri: S3URI) -> None:
    found = helper.verify(uri)
    assert not found.head
    assert len(found.notes) == 1
    assert "refuses HEAD of a link (403)" in found.notes[0]


def test_a_head_that_works_is_told(helper: S3STSArtifactHelper, uri: S3URI, line: Line) -> None:
    line.add(Fault("answer", LINK_HEAD, answer=answer(200, Content_Length=20_000)))
    found = helper.verify(uri)
    assert (found.head, found.notes) == (True, ())


def test_what_is_not_there_is_told(helper: S3STSArtifactHelper, uri: S3URI, line: Line) -> None:
    found = helper.verify(f"{uri}.gone")
    assert (found.there, found.get, found.head, found.range) == (False, False, False, False)
    assert "not in storage any more" in found.notes[0]
    assert line.count(b".*X-Amz-Signature") == 0, "no link is tried"


def test_what_is_somebody_elses_is_refused(
    provider: LocalProvider, helper: S3STSArtifactHelper
) -> None:
    theirs = f"{provider.users['bob'].prefix}/2026/01/01/x/theirs.txt"
    s3_client(provider, "bob").put_object(Bucket=provider.bucket, Key=theirs, Body=b"bob's")
    with pytest.raises(NotYours, match="another account"):
        helper.verify(f"s3://{provider.bucket}/{theirs}")


def test_an_empty_file_has_no_parts(helper: S3STSArtifactHelper, tmp_path: Path) -> None:
    (tmp_path / "empty.txt").touch()
    found = helper.verify(helper.upload_file(tmp_path / "empty.txt"))
    assert (found.there, found.size, found.get, found.range) == (True, 0, True, False)
    assert any("empty" in note for note in found.notes)


def test_no_content_is_read(
    helper: S3STSArtifactHelper, uri: S3URI, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given
    read = []
    truly = urllib3.HTTPResponse.read

    def count(self: urllib3.HTTPResponse, *args: object, **more: object) -> bytes:
        content = truly(self, *args, **more)
        read.append((self.status, len(content)))
        return content

    monkeypatch.setattr(urllib3.HTTPResponse, "read", count)
    # When
    found = helper.verify(uri)
    # Then
    assert (found.get, found.range) == (True, True)
    assert sum(count for status, count in read if status < 300) == 0


def test_a_terabyte_is_no_trouble(helper: S3STSArtifactHelper, line: Line) -> None:
    # Given: a storage that announces a terabyte and sends nothing of it
    size = 10**12
    line.add(
        Fault(
            "answer",
            OUR_HEAD,
            answer=answer(200, Content_Length=size, ETag='"e"', x_amz_request_id="R1"),
        ),
        Fault("answer", LINK_HEAD, answer=answer(200, Content_Length=size)),
        Fault("answer", b"GET", answer=answer(200, Content_Length=size)),
        Fault(
            "answer",
            b"GET",
            answer=answer(206, Content_Length=16_384, Content_Range=f"bytes 0-16383/{size}"),
        ),
    )
    # When
    found = helper.verify(S3URI(helper._objects.bucket, f"{helper._objects.prefix}a"))
    # Then
    assert (found.size, found.get, found.head, found.range) == (size, True, True, True)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("ranged", "word"),
    [
        (answer(200, Content_Length=20_000), "status 200 in place of 206"),
        (answer(200, Content_Length=16_384, Content_Range="bytes 0-16383/20000"), "status 200"),
        (answer(206, Content_Length=9, Content_Range="bytes 0-8/20000"), "another part"),
        (answer(206, Content_Length=16_384), "another part"),
        (error_answer(416, "InvalidRange"), "beyond the end"),
        (answer(204), "answered by 204"),
    ],
)
def test_a_storage_without_ranges_is_told(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line, ranged: bytes, word: str
) -> None:
    # Given: the first GET goes through
    line.release()
    line.add(Fault("late", b"GET"), Fault("answer", b"GET", answer=ranged))
    # When
    found = helper.verify(uri)
    # Then
    assert (found.get, found.range) == (True, False)
    assert any(word in note for note in found.notes)


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (error_answer(403, "AccessDenied", message="Request has expired"), "expired"),
        (error_answer(403, "SignatureDoesNotMatch"), "altered"),
        (answer(200, Content_Length=5), "tells 5 bytes; the file has 20000"),
        (answer(302, Location="https://login.example.org/"), "a page of its own"),
        (answer(200, "<html>", Content_Length=6), "tells 6 bytes"),
    ],
)
def test_a_link_that_does_not_work_is_told(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line, given: bytes, word: str
) -> None:
    line.add(Fault("answer", b"GET", answer=given))
    found = helper.verify(uri)
    assert (found.there, found.get, found.range) == (True, False, True)
    assert any(word in note for note in found.notes)


def test_an_encoding_that_was_stored_is_told(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line
) -> None:
    given = answer(200, Content_Length=20_000, Content_Encoding="aws-chunked")
    line.add(Fault("answer", b"GET", answer=given))
    found = helper.verify(uri)
    assert found.get
    assert any("'aws-chunked'" in note for note in found.notes)


def test_a_line_that_breaks_is_tried_again(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line
) -> None:
    line.add(
        Fault("swallow", b"GET"), Fault("answer", b"GET", answer=error_answer(503, "SlowDown"))
    )
    found = helper.verify(uri)
    assert (found.get, found.range) == (True, True)


def test_the_link_is_in_no_text(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    line: Line,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: links that nobody answers
    monkeypatch.setattr(link_reader, "_PATIENCE", 0.3)
    line.add(Fault("swallow", b".*X-Amz-Signature", times=99))
    # When
    with caplog.at_level(logging.DEBUG):
        found = helper.verify(uri)
        line.faults.clear()
        assert helper.verify(uri).get
        line.add(Fault("swallow", b".*X-Amz-Signature", times=99))
        reader = link_reader.LinkReader(link := helper.sign(uri).url)
        with pytest.raises(Exception, match="read the link") as caught:
            reader.ask("GET", {})
    # Then
    assert not found.get
    assert any("no working connection" in note for note in found.notes)
    assert caught.value.__cause__ is caught.value.__context__ is None
    text = repr(found) + repr(reader) + str(caught.value) + caplog.text
    for secret in ("X-Amz", link):
        assert secret not in text
