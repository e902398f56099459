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
from jupyter_openeo_artifacts.artifacts import presigned_probe as link_reader
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactNotOwned
from tests.servers.provider import s3_client
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

LINK_HEAD = rb"HEAD .*X-Amz-Signature"
OUR_HEAD = rb"HEAD [^?]* HTTP"
CONTENT = secrets.token_bytes(20_000)
ETAG = f'"{hashlib.md5(CONTENT).hexdigest()}"'
PAGE = "<html>Please log in</html>"


@pytest.fixture
def uri(helper: S3STSArtifactHelper, tmp_path: Path) -> S3URI:
    (tmp_path / "fields.parquet").write_bytes(CONTENT)
    return helper.upload_file(tmp_path / "fields.parquet")


def answer(status: int, body: str = "", **headers: str | int | None) -> bytes:
    """Return an answer with these headers; one that is None is left out."""
    named = {"Content-Length": len(body), "Connection": "close"} | {
        name.replace("_", "-"): value for name, value in headers.items()
    }
    told = {name: value for name, value in named.items() if value is not None}
    lines = "".join(f"{name}: {value}\r\n" for name, value in told.items())
    return f"HTTP/1.1 {status} X\r\n{lines}\r\n{body}".encode()


def own(status: int, **headers: str | int) -> bytes:
    """Return an answer of the storage's own about the file."""
    return answer(status, **{"ETag": ETAG, "x_amz_request_id": "R1", **headers})


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
    line.add(Fault("answer", LINK_HEAD, answer=own(200, Content_Length=20_000)))
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
    with pytest.raises(ArtifactNotOwned, match="another account"):
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
            answer=own(200, Content_Length=size),
        ),
        Fault("answer", LINK_HEAD, answer=own(200, Content_Length=size)),
        Fault("answer", b"GET", answer=own(200, Content_Length=size)),
        Fault(
            "answer",
            b"GET",
            answer=own(206, Content_Length=16_384, Content_Range=f"bytes 0-16383/{size}"),
        ),
    )
    # When
    found = helper.verify(S3URI(helper.config.bucket, f"{helper.prefix}a"))
    # Then
    assert (found.size, found.get, found.head, found.range) == (size, True, True, True)
    assert found.notes == ()


@pytest.mark.parametrize(
    ("ranged", "word"),
    [
        (own(200, Content_Length=20_000), "status 200 in place of 206"),
        (own(200, Content_Length=16_384, Content_Range="bytes 0-16383/20000"), "status 200"),
        (own(206, Content_Length=9, Content_Range="bytes 0-8/20000"), "another part"),
        (own(206, Content_Length=16_384), "another part"),
        (answer(200, PAGE, Content_Type="text/html"), "a page of its own"),
        (answer(206, Content_Range="bytes 0-16383/20000"), "a page of its own"),
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
        (own(200, Content_Length=5), "tells 5 bytes; the file has 20000"),
        (own(200, Content_Length=20_000, ETag=f'"{"0" * 32}"'), "gives another object"),
        (answer(200, Content_Length=20_000, ETag=f'"{"0" * 32}"'), "a page of its own"),
        (answer(302, Location="https://login.example.org/"), "a page of its own"),
        (answer(200, PAGE, Content_Type="text/html"), "a page of its own"),
        (answer(200, PAGE, Content_Type="text/html", Content_Length=None), "a page of its own"),
        (answer(200, PAGE * 1000, Content_Length=20_000), "a page of its own"),
        (answer(200, PAGE, ETag='"5f3a-61b2"', Content_Length=None), "a page of its own"),
        (
            answer(
                200,
                f"{len(PAGE):x}\r\n{PAGE}\r\n0\r\n\r\n",
                Content_Length=None,
                Transfer_Encoding="chunked",
            ),
            "a page of its own",
        ),
        (answer(404), "a page of its own"),
        (error_answer(404, "NoSuchKey"), "not there any more"),
    ],
)
def test_a_link_that_does_not_work_is_told(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line, given: bytes, word: str
) -> None:
    line.add(Fault("answer", b"GET", answer=given))
    found = helper.verify(uri)
    assert (found.there, found.get, found.range) == (True, False, True)
    assert any(word in note for note in found.notes)


@pytest.mark.parametrize("named", [{"ETag": ETAG}, {"ETag": f"W/{ETAG}"}])
def test_a_proxy_that_drops_the_request_id_is_none_the_worse(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line, named: dict[str, str]
) -> None:
    # Given
    ranged = answer(206, Content_Length=16_384, Content_Range="bytes 0-16383/20000", **named)
    whole = answer(200, Content_Length=20_000, **named)
    line.add(Fault("answer", LINK_HEAD, answer=whole), Fault("answer", b"GET", answer=whole))
    line.add(Fault("answer", b"GET", answer=ranged))
    # When
    found = helper.verify(uri)
    # Then
    assert (found.get, found.head, found.range, found.notes) == (True, True, True, ())


def test_a_page_to_a_head_of_a_link_is_told(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line
) -> None:
    page = answer(200, Content_Type="text/html", Content_Length=None)
    line.add(Fault("answer", LINK_HEAD, answer=page))
    found = helper.verify(uri)
    assert (found.get, found.head, found.range) == (True, False, True)
    assert "a page of its own" in found.notes[0]


def test_an_encoding_that_was_stored_is_told(
    helper: S3STSArtifactHelper, uri: S3URI, line: Line
) -> None:
    given = own(200, Content_Length=20_000, Content_Encoding="aws-chunked")
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
    monkeypatch.setattr(link_reader, "PATIENCE", 0.3)
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
