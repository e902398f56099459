"""An artifact that is read back: whether it is what was staged."""

from __future__ import annotations

import hashlib
import secrets
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.artifacts import object_reader as fetch
from jupyter_openeo_artifacts.artifacts.exceptions import ArtifactChanged
from jupyter_openeo_artifacts.s3.exceptions import StorageUnreachable
from tests.artifacts.broken import broken
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from pathlib import Path

    from jupyter_openeo_artifacts import S3URI
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

SIZE = 3_000_000
GET = rb"GET /"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def replace(provider: LocalProvider, uri: S3URI, content: bytes) -> None:
    """Put other bytes in an artifact's place, behind everybody's back."""
    provider.storage.administrator().put_object(Bucket=uri.bucket, Key=uri.key, Body=content)


@pytest.mark.parametrize("size", [0, 1, 20 * 2**20], ids=["empty", "a byte", "in parts"])
def test_what_is_as_it_was_is_told(helper: S3STSArtifactHelper, tmp_path: Path, size: int) -> None:
    # Given
    (tmp_path / "a.bin").write_bytes(content := secrets.token_bytes(size))
    uri = helper.upload_file(tmp_path / "a.bin")
    # When
    found = helper.verify(uri, read_back=True, sha256=sha256(content).upper(), size=size)
    # Then
    assert (found.there, found.same, found.sha256) == (True, True, sha256(content))
    assert found.get
    assert not any("not the file" in note for note in found.notes)


def test_damaged_content_of_the_same_size_is_told(
    provider: LocalProvider, helper: S3STSArtifactHelper, uri: S3URI, content: bytes
) -> None:
    # Given
    damaged = content[:1000] + bytes([content[1000] ^ 1]) + content[1001:]
    replace(provider, uri, damaged)
    # When
    found = helper.verify(uri, read_back=True, sha256=sha256(content), size=SIZE)
    unread = helper.verify(uri, sha256=sha256(content), size=SIZE)
    # Then
    assert (found.there, found.same, found.sha256) == (True, False, sha256(damaged))
    assert f"its SHA-256 is {sha256(damaged)} and should be {sha256(content)}" in found.notes[0]
    assert found.get, "its link is tried all the same"
    assert (unread.same, unread.sha256) == (None, ""), "what was not read is not claimed"


def test_content_of_another_size_is_told_without_reading_it(
    provider: LocalProvider, helper: S3STSArtifactHelper, uri: S3URI, content: bytes
) -> None:
    replace(provider, uri, content[:-1])
    found = helper.verify(uri, size=SIZE)
    assert (found.same, found.sha256) == (False, "")
    assert f"it has {SIZE - 1} bytes and should have {SIZE}" in found.notes[0]


def test_what_is_gone_is_told(
    provider: LocalProvider, helper: S3STSArtifactHelper, uri: S3URI, content: bytes
) -> None:
    provider.storage.administrator().delete_object(Bucket=uri.bucket, Key=uri.key)
    found = helper.verify(uri, read_back=True, sha256=sha256(content), size=SIZE)
    assert (found.there, found.same, found.sha256) == (False, None, "")


def test_without_anything_to_compare_with_only_its_sha256_is_told(
    stranger: S3STSArtifactHelper, uri: S3URI, content: bytes
) -> None:
    found = stranger.verify(uri, read_back=True)
    assert (found.same, found.sha256) == (None, sha256(content))


def test_without_anything_to_compare_with_the_etag_speaks(
    stranger: S3STSArtifactHelper, uri: S3URI, content: bytes, line: Line
) -> None:
    # Given: one byte is not what the ETag says
    damaged = bytes([content[0] ^ 1]) + content[1:]
    etag = f'"{hashlib.md5(content).hexdigest()}"'
    line.add(Fault("answer", GET, answer=broken(damaged, SIZE, ETag=etag)))
    # When
    found = stranger.verify(uri, read_back=True)
    # Then
    assert (found.same, found.sha256) == (False, sha256(damaged))
    assert "other bytes than those that it says to have" in found.notes[0]


def test_a_broken_line_and_an_ended_session_are_gone_on_after(
    helper: S3STSArtifactHelper, uri: S3URI, content: bytes, line: Line
) -> None:
    # Given
    seen: list[dict[str, Any]] = []

    def note(request: Any, **_: Any) -> None:
        seen.append({name.lower(): value for name, value in request.headers.items()})

    helper.client.meta.events.register("before-send.s3.GetObject", note)
    line.add(
        Fault("answer", GET, answer=broken(content, 1_234_567)),
        Fault("answer", GET, answer=error_answer(400, "ExpiredToken")),
    )
    # When
    found = helper.verify(uri, read_back=True, sha256=sha256(content))
    # Then
    assert (found.same, found.sha256) == (True, sha256(content))
    assert len(seen) == 3
    assert "range" not in seen[0]
    assert 0 < int(seen[2]["range"].removeprefix(b"bytes=").removesuffix(b"-")) <= 1_234_567
    assert seen[2]["if-match"] == f'"{hashlib.md5(content).hexdigest()}"'.encode()
    assert seen[2]["x-amz-security-token"] != seen[0]["x-amz-security-token"]


def test_a_storage_without_ranges_is_read_from_the_beginning(
    helper: S3STSArtifactHelper, uri: S3URI, content: bytes, line: Line
) -> None:
    line.add(
        Fault("answer", GET, answer=broken(content, 1_234_567)),
        Fault("answer", GET, answer=broken(content, SIZE)),
    )
    assert helper.verify(uri, read_back=True, sha256=sha256(content)).same


def test_what_cannot_be_read_whole_is_an_error_and_no_finding(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    content: bytes,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetch, "PATIENCE", 0.5)
    # Given: it is replaced in the middle
    line.add(
        Fault("answer", GET, answer=broken(content, 1_234_567)),
        Fault("answer", GET, answer=error_answer(412, "PreconditionFailed")),
    )
    with pytest.raises(ArtifactChanged):
        helper.verify(uri, read_back=True, sha256=sha256(content))
    # Given: the line stays broken
    line.add(
        Fault("answer", GET, answer=broken(content, 1_234_567)),
        Fault("swallow", GET, times=999),
    )
    with pytest.raises(StorageUnreachable, match="read the artifact back"):
        helper.verify(uri, read_back=True, sha256=sha256(content))


def test_memory_does_not_grow_with_the_size(helper: S3STSArtifactHelper, tmp_path: Path) -> None:
    # Given
    size = 40 * 2**20
    (tmp_path / "a.bin").write_bytes(content := secrets.token_bytes(size))
    uri = helper.upload_file(tmp_path / "a.bin")
    # When
    tracemalloc.start()
    try:
        found = helper.verify(uri, read_back=True, sha256=sha256(content))
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    # Then
    assert found.same
    assert most < size / 4
