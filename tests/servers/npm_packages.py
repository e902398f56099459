"""npm packages that tests need, installed below `.make/` at first use."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import filelock

from tests.servers.debian_packages import ROOT

if TYPE_CHECKING:
    from pathlib import Path


def install(source: Path) -> Path:
    """Return a folder with the files of `source` and its packages; installed once, by one process.

    Parameters
    ----------
    source
        Has a `package.json` and the `package-lock.json` that says what is installed.
    """
    folder = ROOT / ".make" / "npm" / source.name
    folder.mkdir(parents=True, exist_ok=True)
    with filelock.FileLock(folder / ".lock"):
        for file in source.iterdir():
            if file.is_file():
                shutil.copyfile(file, folder / file.name)
        wanted = (source / "package-lock.json").read_bytes()
        done = folder / "package-lock.json.done"
        if not done.exists() or done.read_bytes() != wanted:
            subprocess.run(
                ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
                cwd=folder,
                check=True,
                capture_output=True,
                timeout=300,
            )
            done.write_bytes(wanted)
    return folder
