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

from jupyter_openeo_artifacts.server.contents_path import ContentsRoot
from jupyter_openeo_artifacts.server.exceptions import (
    ContentsNotLocal,
    FileIsFolder,
    FileRefused,
    FileVanished,
)

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


def content(jail: ContentsRoot, path: str) -> str:
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
    assert content(ContentsRoot(str(root)), path) == "inside"


def test_the_root_itself_may_be_reached_by_a_link(root: Path, tmp_path: Path) -> None:
    # Given
    (tmp_path / "home").symlink_to(root)
    # When / Then
    assert content(ContentsRoot(str(tmp_path / "home")), "deep/er/file.txt") == "inside"


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
        ("dangling", FileVanished),
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
        ContentsRoot(str(root)).open(path)
    # Then
    assert str(root) not in str(raised.value)
    assert descriptors(root.resolve().parent) == [], "a descriptor was left open"


def test_a_socket_is_no_file(root: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(root / "socket"))
        with pytest.raises(FileRefused):
            ContentsRoot(str(root)).open("socket")


def test_hidden_files_are_opened_where_jupyter_shows_them(root: Path) -> None:
    jail = ContentsRoot(str(root), allow_hidden=True)
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
    assert content(ContentsRoot(str(root)), "deep/er/file.txt") == "inside"


def test_the_jail_is_that_of_jupyters_own_files(root: Path) -> None:
    # Given
    contents = AsyncLargeFileManager(root_dir=str(root))
    # When / Then
    assert content(ContentsRoot.of(contents), "deep/er/file.txt") == "inside"
    with pytest.raises(FileRefused):
        ContentsRoot.of(contents).open(".hidden")


def test_files_that_lie_elsewhere_are_refused() -> None:
    with pytest.raises(ContentsNotLocal):
        ContentsRoot.of(ContentsManager())


def test_a_link_into_an_allowed_folder_is_followed(root: Path, tmp_path: Path) -> None:
    # Given: shared data, reached by a link that the administrator's own path has as well
    shared = tmp_path / "root-sibling"
    (tmp_path / "shared").symlink_to(shared)
    (shared / "other").symlink_to(tmp_path / "elsewhere")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "secret.txt").write_text("outside")
    # When
    jail = ContentsRoot(str(root), allowed_roots=["/nowhere", str(tmp_path / "shared")])
    # Then: into it, and no further
    assert content(jail, "linked/secret.txt") == "outside"
    assert content(jail, "link.txt") == "outside"
    for path in ("linked/other/secret.txt", "inner.txt", "linked"):
        with pytest.raises((FileRefused, FileIsFolder)):
            jail.open(path)
    with pytest.raises(FileVanished):
        jail.open("linked/nothing.txt")
    assert content(jail, "deep/er/file.txt") == "inside"


def test_a_folder_whose_name_begins_alike_is_not_allowed(root: Path, tmp_path: Path) -> None:
    (tmp_path / "root-sib").mkdir()
    with pytest.raises(FileRefused):
        ContentsRoot(str(root), allowed_roots=[str(tmp_path / "root-sib")]).open("link.txt")


def test_a_link_that_leads_nowhere_is_said_to(root: Path) -> None:
    with pytest.raises(FileVanished, match="leads nowhere"):
        ContentsRoot(str(root)).open("dangling")
