"""An artifact back to a file."""

from __future__ import annotations

import errno
import hashlib
import os
import resource
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts import S3URI
from jupyter_openeo_artifacts.artifacts import object_reader as download_module
from jupyter_openeo_artifacts.artifacts import object_reader as fetch_module
from jupyter_openeo_artifacts.artifacts.exceptions import (
    ArtifactChanged,
    ArtifactNotOwned,
    DiskFull,
    FileAlreadyExists,
    FileIsFolder,
    FileMissing,
    FileUnwritable,
)
from jupyter_openeo_artifacts.s3.exceptions import ContentMismatch, ObjectGone, StorageUnreachable
from tests.artifacts.broken import broken
from tests.servers.provider import s3_client
from tests.transfer.line import Fault, Line, error_answer

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

SIZE = 3_000_000
GET = rb"GET /"


@pytest.fixture
def uri(helper: S3STSArtifactHelper, tmp_path: Path, content: bytes) -> S3URI:
    (tmp_path / "source.bin").write_bytes(content)
    found = helper.upload_file(tmp_path / "source.bin")
    (tmp_path / "source.bin").unlink()
    return found


@pytest.fixture
def target(tmp_path: Path) -> Path:
    (tmp_path / "here").mkdir()
    return tmp_path / "here" / "back.bin"


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def names(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


def ranges(helper: S3STSArtifactHelper) -> list[tuple[str | None, str | None]]:
    """Return where the Range and If-Match of each coming GET are put."""
    seen: list[tuple[str | None, str | None]] = []

    def note(request: Any, **_: Any) -> None:
        named = {name.lower(): value for name, value in request.headers.items()}
        text = (named.get("range"), named.get("if-match"))
        seen.append(tuple(each.decode() if isinstance(each, bytes) else each for each in text))

    helper.client.meta.events.register("before-send.s3.GetObject", note)
    return seen


def test_it_comes_back_whole(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, content: bytes
) -> None:
    # When
    found = helper.download(str(uri), str(target))
    # Then
    assert found == target
    assert sha256(target.read_bytes()) == sha256(content)
    assert target.stat().st_mode & 0o777 == 0o600
    assert names(target.parent) == [target.name]


@pytest.mark.parametrize("size", [0, 20 * 2**20], ids=["empty", "in parts"])
def test_any_size_comes_back(
    helper: S3STSArtifactHelper, tmp_path: Path, target: Path, size: int
) -> None:
    (tmp_path / "a.bin").write_bytes(content := secrets.token_bytes(size))
    helper.download(helper.upload_file(tmp_path / "a.bin"), target)
    assert sha256(target.read_bytes()) == sha256(content)


def test_the_path_may_be_relative_or_at_home(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(target.parent)
    monkeypatch.setenv("HOME", str(target.parent))
    assert helper.download(uri, "back.bin") == target
    assert helper.download(uri, "~/home.bin") == target.parent / "home.bin"


def test_nothing_is_overwritten_unless_asked(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, content: bytes, line: Line
) -> None:
    # Given
    target.write_text("mine")
    before = line.count(GET)
    # When / Then
    with pytest.raises(FileAlreadyExists, match="already") as caught:
        helper.download(uri, target)
    assert isinstance(caught.value, FileExistsError)
    assert (target.read_text(), line.count(GET)) == ("mine", before)
    helper.download(uri, target, overwrite=True)
    assert target.read_bytes() == content
    assert names(target.parent) == [target.name]


@pytest.mark.parametrize("links", [True, False], ids=["hard links", "no hard links"])
def test_a_file_that_appears_meanwhile_is_kept(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    links: bool,
) -> None:
    # Given
    def refuse(*_: Any) -> None:
        raise OSError(errno.EPERM, "no hard links here")

    if not links:
        monkeypatch.setattr(Path, "hardlink_to", refuse)
        helper.download(uri, target)
        target.unlink()
    helper.client.meta.events.register(
        "before-send.s3.GetObject", lambda **_: target.write_text("mine") and None
    )
    # When / Then
    with pytest.raises(FileAlreadyExists):
        helper.download(uri, target)
    assert target.read_text() == "mine"
    assert names(target.parent) == [target.name]


def test_a_broken_line_is_gone_on_after(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, content: bytes, line: Line
) -> None:
    # Given
    seen = ranges(helper)
    line.add(Fault("answer", GET, answer=broken(content, 1_234_567)))
    # When
    helper.download(uri, target)
    # Then
    assert sha256(target.read_bytes()) == sha256(content)
    etag = f'"{hashlib.md5(content).hexdigest()}"'
    assert seen[0] == (None, etag), "it is the object that HEAD told of"
    begin = int(seen[1][0].removeprefix("bytes=").removesuffix("-"))
    assert 0 < begin <= 1_234_567, "what was received is not asked for again"
    assert seen[1][1] == etag
    assert len(seen) == 2


def test_a_storage_without_ranges_gives_it_from_the_beginning(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, content: bytes, line: Line
) -> None:
    line.add(
        Fault("answer", GET, answer=broken(content, 1_234_567)),
        Fault("answer", GET, answer=broken(content, SIZE)),
    )
    helper.download(uri, target)
    assert sha256(target.read_bytes()) == sha256(content)


@pytest.mark.parametrize(
    "second",
    [
        error_answer(412, "PreconditionFailed"),
        broken(b"x" * SIZE, SIZE, x_amz_request_id="R1"),
        broken(
            b"x" * 7,
            7,
            "206 Partial Content",
            Content_Range=f"bytes 1048576-1048582/{SIZE}",
            x_amz_request_id="R1",
        ),
    ],
    ids=["refused", "another one", "a part of another one"],
)
def test_an_object_that_is_replaced_meanwhile_is_no_mixture(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    *,
    content: bytes,
    line: Line,
    second: bytes,
) -> None:
    line.add(
        Fault("answer", GET, answer=broken(content, 1_234_567)),
        Fault("answer", GET, answer=second),
    )
    with pytest.raises(ArtifactChanged):
        helper.download(uri, target)
    assert names(target.parent) == []


def test_damaged_bytes_are_no_file(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, content: bytes, line: Line
) -> None:
    damaged = bytes([content[0] ^ 1]) + content[1:]
    etag = f'"{hashlib.md5(content).hexdigest()}"'
    line.add(Fault("answer", GET, answer=broken(damaged, SIZE, ETag=etag)))
    with pytest.raises(ContentMismatch):
        helper.download(uri, target)
    assert names(target.parent) == []


def test_a_line_that_stays_broken_is_told(
    helper: S3STSArtifactHelper,
    uri: S3URI,
    target: Path,
    *,
    content: bytes,
    line: Line,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fetch_module, "PATIENCE", 0.5)
    target.write_text("mine")
    line.add(
        Fault("answer", GET, answer=broken(content, 1_234_567)),
        Fault("swallow", GET, times=999),
    )
    with pytest.raises(StorageUnreachable):
        helper.download(uri, target, overwrite=True)
    assert target.read_text() == "mine"
    assert names(target.parent) == [target.name]


def test_a_full_disk_is_told(helper: S3STSArtifactHelper, uri: S3URI, target: Path) -> None:
    # Given: no file of this process may grow beyond a megabyte
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, before[1]))
    # When / Then
    try:
        with pytest.raises(DiskFull, match="no room") as caught:
            helper.download(uri, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert isinstance(caught.value, OSError)
    assert names(target.parent) == []


def test_a_folder_that_cannot_be_written_is_told(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(**_: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(download_module, "mkstemp", refuse)
    with pytest.raises(FileUnwritable, match="Permission denied") as caught:
        helper.download(uri, target)
    assert isinstance(caught.value, PermissionError)
    assert caught.value.todo


def test_what_is_no_place_for_a_file_is_told_before_anything_is_asked(
    helper: S3STSArtifactHelper, uri: S3URI, target: Path, line: Line
) -> None:
    before = line.count(GET)
    with pytest.raises(FileIsFolder, match="folder"):
        helper.download(uri, target.parent)
    with pytest.raises(FileMissing, match="no folder"):
        helper.download(uri, target.parent / "none" / "a.bin")
    os.mkfifo(target)
    with pytest.raises(FileUnwritable, match="ordinary"):
        helper.download(uri, target, overwrite=True)
    assert line.count(GET) == before


def test_a_long_name_is_no_trouble(helper: S3STSArtifactHelper, uri: S3URI, target: Path) -> None:
    assert helper.download(uri, target.parent / ("😀" * 63)).exists()


def test_ctrl_c_leaves_nothing(helper: S3STSArtifactHelper, uri: S3URI, target: Path) -> None:
    def interrupt(**_: Any) -> None:
        raise KeyboardInterrupt

    helper.client.meta.events.register("before-send.s3.GetObject", interrupt)
    with pytest.raises(KeyboardInterrupt):
        helper.download(uri, target)
    assert names(target.parent) == []


def test_what_is_gone_or_somebody_elses_is_told(
    helper: S3STSArtifactHelper, provider: LocalProvider, uri: S3URI, target: Path
) -> None:
    theirs = f"{provider.users['bob'].prefix}/2026/01/01/x/theirs.txt"
    s3_client(provider, "bob").put_object(Bucket=provider.bucket, Key=theirs, Body=b"bob's")
    with pytest.raises(ArtifactNotOwned, match="another account"):
        helper.download(S3URI(provider.bucket, theirs), target)
    with pytest.raises(ObjectGone, match="not in storage any more"):
        helper.download(f"{uri}.gone", target)
    assert names(target.parent) == []
