"""The folder that holds everything a local provider keeps: a temporary one, or `--data DIR`."""

from __future__ import annotations

import json
import os
import secrets
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.demo.exceptions import DataFolderUnusable

if TYPE_CHECKING:
    from collections.abc import Iterator

RECORD = "provider.json"
"""The file by which a folder is known as a local provider's."""


class DataFolder:
    """A private folder (0700) with small JSON files (0600) in it.

    Parameters
    ----------
    path
        The folder to keep; None makes a temporary one that `close` removes.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._wanted = path
        self._path: Path | None = None

    @property
    def kept(self) -> bool:
        """Whether it stays after the provider ends."""
        return self._wanted is not None

    @property
    def path(self) -> Path:
        """The folder, absolute; it is there after `open`."""
        if self._path is None:
            raise RuntimeError("the data folder is not open")
        return self._path

    def open(self) -> None:
        """Make the folder.

        Raises
        ------
        DataFolderUnusable
            It cannot be made or written, or holds other things.
        """
        if self._wanted is None:
            self._path = Path(tempfile.mkdtemp(prefix="openeo-demo-")).resolve()
            return
        with _explained(self._wanted):
            self._wanted.mkdir(parents=True, exist_ok=True, mode=0o700)
            others = any(self._wanted.iterdir()) and not (self._wanted / RECORD).exists()
        if others:
            raise DataFolderUnusable(
                f"The folder {self._wanted} holds other things than a local provider's.",
                todo="Give an empty or a new folder with --data.",
            )
        with _explained(self._wanted):
            self._wanted.chmod(0o700)
            self._path = self._wanted.resolve()
            self.write("writable.json", {})
            (self._path / "writable.json").unlink()

    def close(self) -> None:
        """Remove a temporary folder; leave a kept one."""
        if self._path is not None and not self.kept:
            shutil.rmtree(self._path, ignore_errors=True)
        self._path = None

    def folder(self, name: str) -> Path:
        """Return the private sub-folder `name`, made if need be."""
        with _explained(self.path):
            folder = self.path / name
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return folder

    def read(self, name: str) -> Any:
        """Return the JSON of file `name`, or None if there is none.

        Raises
        ------
        DataFolderUnusable
            It cannot be read or is no JSON.
        """
        file = self.path / name
        try:
            return json.loads(file.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise DataFolderUnusable(
                f"{file} cannot be read as the record of a local provider.",
                todo="Give another folder with --data, or remove this one to begin afresh.",
            ) from error

    def write(self, name: str, content: Any) -> Path:
        """Replace file `name` by `content` as JSON, in one step, mode 0600 from its creation."""
        file = self.path / name
        draft = file.with_name(f".{file.name}.{secrets.token_hex(6)}")
        with _explained(self.path):
            descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            try:
                with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
                    json.dump(content, stream, indent=1)
                draft.replace(file)
            except BaseException:
                draft.unlink(missing_ok=True)
                raise
        return file


@contextmanager
def _explained(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise DataFolderUnusable(
            f"The data folder {folder} cannot be used: {error.strerror}.",
            todo="Give a folder that you can write to with --data.",
        ) from error
