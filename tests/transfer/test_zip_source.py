"""A folder as one zip: others read it, and a file that changes meanwhile is refused."""

from __future__ import annotations

import os
import zipfile
from io import BytesIO
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.artifacts.exceptions import FileIsFolder
from jupyter_openeo_artifacts.artifacts.local_file import readable_file, source_of
from jupyter_openeo_artifacts.sources import zip_source
from jupyter_openeo_artifacts.sources.exceptions import SourceChanged, SourceUnreadable
from jupyter_openeo_artifacts.sources.source import Source, read_bytes
from jupyter_openeo_artifacts.sources.zip_source import ZipSource

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def tiles(tmp_path: Path) -> Path:
    folder = tmp_path / "tiles"
    for name, content in {
        "b.tif": b"b" * 3_000_000,
        "a.tif": b"",
        "x/ü 🌍.tif": b"deep",
        ".DS_Store": b"left out",
        "x/__pycache__/m.pyc": b"left out",
        ".git/config": b"left out",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        os.utime(path, (1_764_000_000, 1_764_000_000))
    (folder / "link.tif").symlink_to(folder / "b.tif")
    return folder


def read_in_parts(source: Source, part: int) -> bytes:
    assert source.size is not None
    return b"".join(read_bytes(source, at, part) for at in range(0, source.size, part))


@pytest.mark.parametrize("part", [7_000, 2**20, 2**24])
def test_it_is_read_by_others(tiles: Path, part: int) -> None:
    # When
    content = read_in_parts(source := ZipSource.from_path(tiles), part)
    # Then: in order, stored, without what nobody means
    assert len(content) == source.size
    with zipfile.ZipFile(BytesIO(content)) as found:
        assert found.testzip() is None
        assert found.namelist() == ["a.tif", "b.tif", "x/ü 🌍.tif"]
        assert {each.compress_type for each in found.infolist()} == {zipfile.ZIP_STORED}
        # Then: not behind the bytes, where readers of streams do not find it
        assert {each.flag_bits & 8 for each in found.infolist()} == {0}
        assert found.read("x/ü 🌍.tif") == b"deep"
    source.check_unchanged()
    source.close()


def test_it_can_be_read_from_anywhere_by_a_later_process(tiles: Path) -> None:
    whole = read_in_parts(first := ZipSource.from_path(tiles), 2**20)
    later = ZipSource.from_path(tiles)
    assert later.identity == first.identity
    for at in (0, 10, 3_000_000, len(whole) - 30):
        assert read_bytes(later, at, 100) == whole[at : at + 100]


@pytest.mark.parametrize("when", ["before its bytes", "among its bytes", "after them"])
def test_a_file_that_changes_meanwhile_is_refused(tiles: Path, when: str) -> None:
    # Given
    source = ZipSource.from_path(tiles)
    read = {"before its bytes": 0, "among its bytes": 1_000_000, "after them": source.size}[when]
    read_bytes(source, 0, read)
    # When: of the same size
    (tiles / "b.tif").write_bytes(b"c" * 3_000_000)
    # Then
    with pytest.raises(SourceChanged, match=r"'b.tif'( of 'tiles')? changed"):
        finish(source, read)


def finish(source: ZipSource, at: int) -> None:
    """Read on, and ask at the end, as an upload does."""
    read_bytes(source, at, 1_000_000)
    source.check_unchanged()


def test_a_zip_larger_and_fuller_than_those_of_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given limits that are passed by little
    monkeypatch.setattr(zip_source, "MANY", 2)
    monkeypatch.setattr(zip_source, "ZIP64", 1000)
    for name in "abc":
        (tmp_path / name).write_bytes(name.encode() * 2000)
    # When
    content = read_in_parts(ZipSource.from_path(tmp_path), 100)
    # Then: the numbers stand where a reader looks once the others are at their limit
    assert b"PK\x06\x06" in content
    assert b"PK\x06\x07" in content
    assert content.count(b"\x01\x00\x10\x00" + (2000).to_bytes(8, "little") * 2) >= 3


def test_more_than_4_gb(tmp_path: Path) -> None:
    # Given holes, of which nothing is written
    for name in ("a.tif", "b.tif"):
        with (tmp_path / name).open("wb") as file:
            file.truncate(4_400_000_000)
    source = ZipSource.from_path(tmp_path)
    source._crcs = {0: 0, 1: 0}  # noqa: SLF001  reading 9 GB takes long
    size = source.size
    # When: all but the holes is read
    made = tmp_path / "made.zip"
    with made.open("wb") as out:
        for at in (0, 4_400_000_000, 8_800_000_000):
            out.seek(at)
            out.write(read_bytes(source, at, min(10_000, size - at)))
    # Then
    with zipfile.ZipFile(made) as found:
        first, second = found.infolist()
        assert first.file_size == second.file_size == 4_400_000_000
        assert second.header_offset > 4_400_000_000
        found.open(second).close()


def test_what_is_no_folder_of_files_is_refused(tmp_path: Path) -> None:
    (tmp_path / ".hidden").write_bytes(b"x")
    with pytest.raises(SourceUnreadable, match="no files"):
        _ = ZipSource.from_path(tmp_path).size


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a.tif"], "'data' is a folder. Stage it as one zip"),
        ([".zgroup"], "'data' is a Zarr store: many files, which nobody can read by one link."),
        (["zarr.json"], "ZipStore reads that"),
    ],
)
def test_what_to_do_with_a_folder_is_said(tmp_path: Path, names: list[str], message: str) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(b"{}")
    with pytest.raises(FileIsFolder) as refused:
        readable_file(folder)
    assert message in str(refused.value)
    # When it is wanted as a zip, all of a store is in it
    opened, name, size = source_of(readable_file(folder, folder=True))
    with zipfile.ZipFile(BytesIO(read_in_parts(opened(), 100))) as found:
        assert found.namelist() == names
    assert (name, size) == ("data.zip", opened().size)
