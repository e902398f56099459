"""From a Jupyter contents path to an open file, never outside of the Jupyter root.

jupyter_server's own `_get_os_path` follows symbolic links out of the root: a link in a cloned
repository would be enough to send a private key to storage by one click. So every component is
opened alone, below the folder opened before it, and a link is refused wherever it is, but
for one that leads into a folder which the administrator allows.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from jupyter_openeo_artifacts.server.exceptions import (
    ContentsNotLocal,
    FileIsFolder,
    FileRefused,
    FileUnreadable,
    FileVanished,
)
from jupyter_openeo_artifacts.sources.zip_source import FOLDER_TODO, MOST_FILES, is_left_out
from jupyter_openeo_artifacts.state.files import OPEN_FLAGS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from jupyter_server.services.contents.manager import ContentsManager


T = TypeVar("T")


_READ = os.O_RDONLY | OPEN_FLAGS

_FOLDER = _READ | getattr(os, "O_DIRECTORY", 0)


# Without O_NONBLOCK, opening a FIFO would wait for somebody to write to it.
_FILE = _READ | getattr(os, "O_NONBLOCK", 0)


class LinkRefused(FileRefused):
    """A link is in the way."""


class ContentsRoot:
    """Opens files below one folder.

    Parameters
    ----------
    root
        The Jupyter root; it may itself be reached by links, it is the administrator's choice.
    allow_hidden
        `ContentsManager.allow_hidden`.
    allowed_roots
        Folders into which links below the root may lead (shared data).
    """

    def __init__(
        self, root: str, *, allow_hidden: bool = False, allowed_roots: Sequence[str] = ()
    ) -> None:
        self._root = root
        self._allow_hidden = allow_hidden
        self._allowed_roots = allowed_roots

    @classmethod
    def of(cls, contents: ContentsManager, allowed_roots: Sequence[str] = ()) -> ContentsRoot:
        """Return the root of the server's files.

        Raises
        ------
        ContentsNotLocal
            They do not lie in a folder of this machine, or it cannot keep us inside one.
        """
        from jupyter_server.services.contents.filemanager import FileContentsManager

        if not isinstance(contents, FileContentsManager):
            raise ContentsNotLocal(
                "The files of this Jupyter server do not lie in a folder of its machine.",
                todo="Drop the file from your desktop, or stage it in a cell by %artifact_upload.",
            )
        if os.open not in os.supports_dir_fd or not hasattr(os, "O_NOFOLLOW"):
            raise ContentsNotLocal(
                "On this operating system files cannot be staged from the file browser.",
                todo="Drop the file from your desktop, or stage it in a cell by %artifact_upload.",
            )
        return cls(
            contents.root_dir, allow_hidden=contents.allow_hidden, allowed_roots=allowed_roots
        )

    @property
    def folder(self) -> str:
        """The root's real path, however it is spelled."""
        return os.path.realpath(self._root)

    def open(self, path: str) -> int:
        """Return a descriptor, open for reading, of the file at `path`; the caller closes it.

        Parameters
        ----------
        path
            A contents path: `/` between components, relative to the root.

        Raises
        ------
        FileRefused
            It leads out of the root, over a link, to something hidden or to no ordinary file.
        FileVanished, FileIsFolder, FileUnreadable
            What else may be in the way.
        """
        return self._reach(path, ContentsRoot._walk)

    def files(self, path: str) -> list[str]:
        """Return the paths of all files below the folder at `path`, relative to it.

        Links are not followed, and what `is_left_out` is not told.

        Raises
        ------
        FileRefused, FileVanished, FileUnreadable
            As `open`; it is none that can be listed.
        """
        return self._reach(path, ContentsRoot._list)

    def _reach(self, path: str, act: Callable[[ContentsRoot, list[str]], T]) -> T:
        """Do something with what is at a path, and once more where an allowed link leads to it."""
        parts = self._components(path)
        try:
            return act(self, parts)
        except LinkRefused:
            real = os.path.realpath(os.path.join(self._root, *parts))  # noqa: PTH118  as realpath
            for root in map(os.path.realpath, self._allowed_roots):
                if os.path.commonpath([root, real]) == root != real:
                    # Again without a link on the way: one that was changed since is refused.
                    below = ContentsRoot(root, allow_hidden=True)
                    return act(below, [*Path(real).relative_to(root).parts])
            raise

    def _list(self, parts: list[str]) -> list[str]:
        here = self._enter(parts, parts[-1])
        found: list[str] = []
        try:
            _list_below(here, "", found)
        except OSError as error:
            raise FileUnreadable(f"{parts[-1]!r} cannot be read: {error.strerror}.") from error
        finally:
            os.close(here)
        return found

    def _enter(self, folders: list[str], name: str) -> int:
        here = os.open(self._root, _FOLDER)
        try:
            for folder in folders:
                below = _step(folder, _FOLDER, here, name)
                os.close(here)
                here = below
        except BaseException:
            os.close(here)
            raise
        return here

    def _walk(self, parts: list[str]) -> int:
        *folders, name = parts
        here = self._enter(folders, name)
        try:
            found = _step(name, _FILE, here, name)
        finally:
            os.close(here)
        try:
            _check(os.fstat(found).st_mode, name)
        except BaseException:
            os.close(found)
            raise
        return found

    def _components(self, path: str) -> list[str]:
        try:
            os.fsencode(path)
        except UnicodeEncodeError as error:
            raise _outside() from error
        parts = path.strip("/").split("/")
        if parts == [""]:
            raise _is_folder("the Jupyter root")
        for part in parts:
            if part in ("", ".", "..") or "\0" in part or "\\" in part:
                raise _outside()
            if part.startswith(".") and not self._allow_hidden and is_left_out(part):
                raise FileRefused(
                    f"{part!r} is hidden, and this Jupyter server does not hand out hidden files.",
                    todo="Rename it, or ask the administrator for ContentsManager.allow_hidden.",
                )
        return parts


def _step(component: str, flags: int, below: int, name: str) -> int:
    try:
        return os.open(component, flags | os.O_NOFOLLOW, dir_fd=below)
    except OSError as error:
        # ENOTDIR with O_NOFOLLOW is also how Linux answers for a link in place of a folder.
        if error.errno in (errno.ELOOP, errno.EMLINK) or _is_link(component, below):
            if _leads_nowhere(component, below):
                raise FileVanished(
                    f"{component!r} is a link that leads nowhere.",
                    todo="Make what it points to, or choose another file.",
                ) from error
            raise LinkRefused(
                f"{component!r} is a symbolic link; links are not followed.",
                todo="Stage the file that it points to, or copy that below the Jupyter root."
                " The administrator can allow folders for it (OpenEOArtifacts.allowed_roots).",
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM):
            raise FileUnreadable(
                f"The Jupyter server may not read {component!r}.",
                todo="Give yourself the right to read it.",
            ) from error
        if error.errno in (errno.ENXIO, errno.ENODEV):
            raise _no_ordinary_file(name) from error
        if error.errno in (errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG, errno.ESTALE):
            raise FileVanished(
                f"There is no file {name!r} there any more.",
                todo="Refresh the file browser and choose it again.",
            ) from error
        raise FileUnreadable(f"{name!r} could not be opened: {error.strerror}.") from error


def _list_below(folder: int, before: str, found: list[str]) -> None:
    with os.scandir(folder) as entries:
        names = [
            (each.name, each.is_dir(follow_symlinks=False))
            for each in entries
            if not is_left_out(each.name) and not each.is_symlink()
        ]
    for name, is_folder in names:
        if not is_folder:
            found.append(before + name)
        elif len(found) <= MOST_FILES:
            below = _step(name, _FOLDER, folder, name)
            try:
                _list_below(below, f"{before}{name}/", found)
            finally:
                os.close(below)


def _is_link(component: str, below: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(component, dir_fd=below, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _leads_nowhere(component: str, below: int) -> bool:
    try:
        os.stat(component, dir_fd=below)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def _check(mode: int, name: str) -> None:
    if stat.S_ISDIR(mode):
        raise _is_folder(repr(name))
    if not stat.S_ISREG(mode):
        raise _no_ordinary_file(name)


def _outside() -> FileRefused:
    return FileRefused(
        "This path does not stay below the Jupyter root.",
        todo="Choose the file in the file browser.",
    )


def _is_folder(name: str) -> FileIsFolder:
    return FileIsFolder(f"{name} is a folder.", todo=FOLDER_TODO)


def _no_ordinary_file(name: str) -> FileRefused:
    return FileRefused(f"{name!r} is not an ordinary file.", todo="Choose a file.")
