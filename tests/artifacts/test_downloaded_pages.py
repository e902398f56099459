"""Answers that are not the object's content, whatever they look like, are never taken for it."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.artifacts import object_reader as fetch_module
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactChanged
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.s3.exceptions import ContentMismatch, StorageBusy, StorageUnreachable
from jupyter_openeo_artifacts.state.ids import new_id
from jupyter_openeo_artifacts.state.ledger import Ledger
from jupyter_openeo_artifacts.state.staged_record import StagedRecord
from tests.artifacts.broken import broken
from tests.transfer.line import Fault, Line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from jupyter_openeo_artifacts import S3URI
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

SIZE = 3_000_000
GET, HEAD = rb"GET /", rb"HEAD /"
PAGE = b"<html>log in</html>"
ALWAYS = 9_999


def answer(body: bytes, status: str = "200 OK", **headers: object) -> bytes:
    """Return an answer with these headers alone."""
    lines = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status}\r\n{lines}Connection: close\r\n\r\n".encode() + body


def chunked(content: bytes, **headers: object) -> bytes:
    """Return an answer whose length nobody tells before its end."""
    body = b"".join(
        f"{len(content[at : at + 65_536]):x}\r\n".encode() + content[at : at + 65_536] + b"\r\n"
        for at in range(0, len(content), 65_536)
    )
    return answer(body + b"0\r\n\r\n", Transfer_Encoding="chunked", **headers)


def etag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here" / "back.bin"


@dataclass(frozen=True)
class Page:
    """What a log-in page may be answered as."""

    name: str
    answer: Callable[[], bytes]


PAGES = [
    Page("with its length", lambda: answer(PAGE, Content_Type="text/html", Content_Length=19)),
    Page("ended by the line", lambda: answer(PAGE, Content_Type="text/html")),
    Page("in chunks", lambda: chunked(PAGE, Content_Type="text/html")),
    Page(
        "with a web server's ETag",
        lambda: answer(PAGE, Content_Length=19, ETag='"5f3a-61b2"'),
    ),
    Page("as large as the file", lambda: answer(b"x" * SIZE, Content_Length=SIZE)),
    Page("empty", lambda: answer(b"", Content_Length=0)),
]


@pytest.mark.parametrize("page", PAGES, ids=[each.name for each in PAGES])
@pytest.mark.parametrize("request_line", [GET, HEAD], ids=["GET", "HEAD"])
def test_a_page_that_comes_once_is_waited_for(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    *,
    content: bytes,
    line: Line,
    page: Page,
    request_line: bytes,
) -> None:
    # Given
    said = page.answer()
    head_only = said[: said.index(b"\r\n\r\n") + 4]
    line.add(Fault("answer", request_line, answer=said if request_line == GET else head_only))
    # When
    helper.download(uri, target)
    # Then
    assert target.read_bytes() == content


def test_an_etag_that_was_made_weak_on_its_way_is_the_objects_all_the_same(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, *, content: bytes, line: Line
) -> None:
    # Given: a proxy that compresses tells of a HEAD so, and storage compares as RFC 9110 says
    weak = answer(b"", ETag=f"W/{etag(content)}", Content_Length=SIZE, x_amz_request_id="1")
    line.add(Fault("answer", HEAD, answer=weak, times=ALWAYS))
    # When
    helper.download(uri, target)
    # Then
    assert target.read_bytes() == content


@pytest.mark.parametrize("page", PAGES, ids=[each.name for each in PAGES])
def test_a_page_that_stays_is_no_file_and_no_content(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    *,
    line: Line,
    page: Page,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: everything is answered by the page
    monkeypatch.setattr(fetch_module, "PATIENCE", 0.5)
    line.add(Fault("answer", GET, answer=page.answer(), times=ALWAYS))
    # When / Then
    with pytest.raises(StorageBusy, match="not one of S3"):
        helper.download(uri, target)
    assert list(target.parent.iterdir()) == []
    with pytest.raises(StorageBusy, match="not one of S3"):
        helper.verify(uri, read_back=True)


@pytest.mark.parametrize("request_line", [GET, HEAD], ids=["GET", "HEAD"])
@pytest.mark.parametrize("kind", ["text/plain", "text/html"])
def test_a_404_of_something_in_between_is_not_the_storages_word(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    *,
    content: bytes,
    line: Line,
    request_line: bytes,
    kind: str,
) -> None:
    # Given: an ingress while the storage behind it is started anew
    body = b"default backend - 404" if request_line == GET else b""
    said = answer(body, "404 Not Found", Content_Type=kind, Content_Length=21)
    line.add(Fault("answer", request_line, answer=said))
    # When
    helper.download(uri, target)
    # Then
    assert target.read_bytes() == content


@pytest.mark.parametrize("whole", [True, False], ids=["whole", "cut"])
@pytest.mark.parametrize("form", ["in chunks", "ended by the line"])
def test_an_answer_without_a_length_is_read_to_its_end(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    *,
    content: bytes,
    line: Line,
    whole: bool,
    form: str,
) -> None:
    # Given: storage's own answer, whose length something in between has dropped
    said = (
        chunked(content, ETag=etag(content))
        if form == "in chunks"
        else answer(content, ETag=etag(content))
    )
    line.add(Fault("answer", GET, answer=said if whole else said[:-1_000_000]))
    # When
    helper.download(uri, target)
    # Then
    assert target.read_bytes() == content
    assert line.count(GET) == (1 if whole else 2)


def test_where_no_answer_tells_a_length_the_digest_decides(
    helper: S3STSArtifactHelper,
    stranger: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    *,
    content: bytes,
    line: Line,
) -> None:
    # Given: neither HEAD nor GET tells a length, and the ETag is no MD5 of the whole
    parts = '"0123456789abcdef0123456789abcdef-2"'
    line.add(
        Fault("answer", HEAD, answer=answer(b"", ETag=parts), times=ALWAYS),
        Fault("answer", GET, answer=answer(content, ETag=parts)),
        Fault("answer", GET, answer=answer(content[:-1], ETag=parts)),
        Fault("answer", GET, answer=answer(content, ETag=parts)),
    )
    # When / Then: who knows the digest sees that it is whole, or that it is not
    helper.download(uri, target)
    assert target.read_bytes() == content
    with pytest.raises(OpenEOArtifactsError):
        helper.download(uri, target, overwrite=True)
    assert target.read_bytes() == content
    # And: who does not is told so
    with pytest.raises(StorageUnreachable, match="how long it is"):
        stranger.download(uri, target, overwrite=True)


def test_verify_gets_along_without_a_length(
    helper: S3STSArtifactHelper, uri: S3URI, content: bytes, line: Line
) -> None:
    # Given
    said = answer(b"", ETag=etag(content))
    line.add(Fault("answer", HEAD, answer=said, times=2))
    # When
    found = helper.verify(uri, size=SIZE)
    # Then
    assert (found.there, found.size, found.same) == (True, None, None)
    assert (found.get, found.head, found.range) == (True, True, True)


@pytest.mark.parametrize("ranged", [False, True], ids=["no ranges", "always from byte 1"])
def test_a_line_that_breaks_each_time_comes_to_an_end(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    *,
    content: bytes,
    line: Line,
    ranged: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Given: each try brings the same bytes and no more, or is of a part that nobody asked for
    monkeypatch.setattr(fetch_module, "PATIENCE", 1.0)
    again = broken(content, 1_234_567)
    if ranged:
        span = f"bytes {SIZE - 1}-{SIZE - 1}/{SIZE}"
        again = broken(content, 1, "206 Partial Content", Content_Range=span)
    line.add(Fault("answer", GET, answer=broken(content, 1_234_567)))
    line.add(Fault("answer", GET, answer=again, times=ALWAYS))
    # When / Then
    with pytest.raises(StorageUnreachable):
        helper.download(uri, target)
    assert list(target.parent.iterdir()) == []


def test_what_is_known_on_this_machine_is_compared(
    stranger: S3STSArtifactHelper, uri: S3URI, target: Path, provider: LocalProvider, content: bytes
) -> None:
    # Given: the object was replaced by another one, for which storage tells the right MD5
    Ledger().add(record(uri, content))
    other = secrets.token_bytes(SIZE)
    provider.storage.administrator().put_object(Bucket=uri.bucket, Key=uri.key, Body=other)
    # When / Then
    with pytest.raises(ContentMismatch, match="were staged"):
        stranger.download(uri, target)
    assert list(target.parent.iterdir()) == []
    assert stranger.verify(uri, read_back=True).same is False
    # And: a caller's own digest wins
    stranger.download(uri, target, sha256=hashlib.sha256(other).hexdigest().upper())
    assert target.read_bytes() == other


def test_an_object_that_is_replaced_after_the_look_is_told(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, line: Line
) -> None:
    other = secrets.token_bytes(SIZE)
    line.add(Fault("answer", GET, answer=broken(other, SIZE, x_amz_request_id="R1")))
    with pytest.raises(ArtifactChanged):
        helper.download(uri, target)
    assert list(target.parent.iterdir()) == []


def record(uri: S3URI, content: bytes) -> StagedRecord:
    """Return a line of the ledger for it."""
    from datetime import UTC, datetime

    return StagedRecord(
        id=new_id(),
        name="source.bin",
        uri=str(uri),
        backend="https://backend.example",
        connection="c",
        provider="p",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        content_type="application/octet-stream",
        origin="api",
        staged_at=datetime.now(UTC),
    )
