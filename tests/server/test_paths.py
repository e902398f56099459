"""No path leads out of the Jupyter root."""

from __future__ import annotations

import os
import socket
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from jupyter_server.services.contents.manager import ContentsManager

from jupyter_openeo_artifacts.server.exceptions import (
    ContentsNotLocal,
    FileIsFolder,
    FileRefused,
    FileVanished,
)
from jupyter_openeo_artifacts.server.paths import PathJail

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Return a Jupyter root with all that a cloned repository may hold."""
    root = tmp_path / "root"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "deep" / "er" / "file.txt").write_text("inside")
    (root / ".hidden").write_text("hidden")
    (root / ".git").mkdir()
    (root / ".git" / "config").write_text("hidden")
    (root / "..twodots").mkdir()
    outside = tmp_path / "root-sibling"
    outside.mkdir()
    (outside / "secret.txt").write_text("outside")
    (root / "link.txt").symlink_to(outside / "secret.txt")
    (root / "inner.txt").symlink_to(root / "deep" / "er" / "file.txt")
    (root / "linked").symlink_to(outside)
    (root / "dangling").symlink_to(root / "nothing")
    os.mkfifo(root / "pipe")
    return root


def content(jail: PathJail, path: str) -> str:
    with os.fdopen(jail.open(path)) as file:
        return file.read()


def descriptors(folder: Path) -> list[Path]:
    """Return what is open in or at a folder; other threads open and close what they like."""
    found = []
    for entry in Path("/dev/fd").iterdir():
        with suppress(OSError):
            found.append(entry.readlink())
    return [path for path in found if path.is_relative_to(folder)]


@pytest.mark.parametrize("path", ["deep/er/file.txt", "/deep/er/file.txt"])
def test_a_file_below_the_root_is_opened(root: Path, path: str) -> None:
    assert content(PathJail(str(root)), path) == "inside"


def test_the_root_itself_may_be_reached_by_a_link(root: Path, tmp_path: Path) -> None:
    # Given
    (tmp_path / "home").symlink_to(root)
    # When / Then
    assert content(PathJail(str(tmp_path / "home")), "deep/er/file.txt") == "inside"


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("../root-sibling/secret.txt", FileRefused),
        ("deep/../../root-sibling/secret.txt", FileRefused),
        ("deep/./er/file.txt", FileRefused),
        ("deep//er/file.txt", FileRefused),
        ("deep/er/file.txt\0.png", FileRefused),
        ("..\\root-sibling\\secret.txt", FileRefused),
        ("link.txt", FileRefused),
        ("inner.txt", FileRefused),
        ("linked/secret.txt", FileRefused),
        ("dangling", FileRefused),
        (".hidden", FileRefused),
        (".git/config", FileRefused),
        ("pipe", FileRefused),
        ("", FileIsFolder),
        ("/", FileIsFolder),
        ("deep", FileIsFolder),
        ("deep/", FileIsFolder),
        ("nothing", FileVanished),
        ("deep/er/file.txt/x", FileVanished),
        ("RTC:deep/er/file.txt", FileVanished),
        ("x" * 300, FileVanished),
        ("\udcff", FileVanished),
        ("\ud800", FileRefused),
        ("/etc/hostname", FileVanished),
    ],
)
def test_other_paths_are_refused(root: Path, path: str, error: type[OpenEOArtifactsError]) -> None:
    # When
    with pytest.raises(error) as raised:
        PathJail(str(root)).open(path)
    # Then
    assert str(root) not in str(raised.value)
    assert descriptors(root.resolve().parent) == [], "a descriptor was left open"


def test_a_socket_is_no_file(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "socket"))
        with pytest.raises(FileRefused):
            PathJail(str(root)).open("socket")


def test_hidden_files_are_opened_where_jupyter_shows_them(root: Path) -> None:
    jail = PathJail(str(root), allow_hidden=True)
    assert content(jail, ".git/config") == "hidden"
    with pytest.raises(FileRefused):
        jail.open("../root-sibling/secret.txt")


def test_a_folder_swapped_for_a_link_does_not_help(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Given: a link takes the folder's place after the folder was opened
    real = os.open

    def swapped(path: Any, *args: Any, **more: Any) -> int:
        found = real(path, *args, **more)
        if path == "deep":
            (root / "deep").rename(root / "away")
            (root / "deep").symlink_to(root.parent / "root-sibling")
        return found

    monkeypatch.setattr(os, "open", swapped)
    monkeypatch.setattr(os, "supports_dir_fd", {swapped})
    # When / Then: what is read still is what was below the folder that was opened
    assert content(PathJail(str(root)), "deep/er/file.txt") == "inside"


def test_the_jail_is_that_of_jupyters_own_files(root: Path) -> None:
    # Given
    contents = AsyncLargeFileManager(root_dir=str(root))
    # When / Then
    assert content(PathJail.of(contents), "deep/er/file.txt") == "inside"
    with pytest.raises(FileRefused):
        PathJail.of(contents).open(".hidden")


def test_files_that_lie_elsewhere_are_refused() -> None:
    with pytest.raises(ContentsNotLocal):
        PathJail.of(ContentsManager())
