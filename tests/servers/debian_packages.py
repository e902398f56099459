"""Debian's packages, unpacked below the checkout: nothing is installed in the system."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import filelock

ROOT = Path(__file__).parents[2]
SECONDS = 600  # a download of some 70 MB


class PackagesMissing(Exception):
    """The packages cannot be had on this machine; the text says why."""


@dataclass(frozen=True)
class DebianPackages:
    """Packages of the system's own distribution, with those that they need and the system lacks.

    Parameters
    ----------
    what
        Their name for a person.
    names
        Their names for apt.
    folder
        Where they are fetched to, and stay.
    """

    what: str
    names: tuple[str, ...]
    folder: Path

    def unpacked(self) -> Path:
        """Return the folder that stands for the system's root; fetched once, by one process.

        Raises
        ------
        PackagesMissing
            They cannot be had here.
        """
        root = self.folder / "root"
        self.folder.mkdir(exist_ok=True)
        with filelock.FileLock(self.folder / ".lock"):
            if not root.exists():
                self._fetch(root)
        return root

    def _fetch(self, root: Path) -> None:
        for program in ("apt-get", "dpkg"):
            if not shutil.which(program):
                raise PackagesMissing(
                    f"there is no {program} here; {self.what} comes from Debian's packages"
                )
        # What the system knows of its packages may be nothing, or old: then we ask for ourselves.
        try:
            self._unpack(self._download([]), root)
        except PackagesMissing:
            self._unpack(self._download(self._own_lists()), root)
            shutil.rmtree(self.folder / "apt")

    def _own_lists(self) -> list[str]:
        """Ask the system's package servers what they have; return the options that use it."""
        lists, cache = self.folder / "apt/lists", self.folder / "apt/cache"
        (lists / "partial").mkdir(parents=True, exist_ok=True)
        (cache / "archives/partial").mkdir(parents=True, exist_ok=True)
        options = [f"--option=Dir::State::Lists={lists}", f"--option=Dir::Cache={cache}"]
        self._run("apt-get", *_options(options), "update")
        return options

    def _download(self, options: list[str]) -> Path:
        debs = self.folder / "debs"
        shutil.rmtree(debs, ignore_errors=True)
        debs.mkdir()
        asked = ["apt-get", *_options(options)]
        plan = self._run(*asked, "--simulate", "--no-install-recommends", "install", *self.names)
        missing = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
        if missing:  # none are where the packages are installed
            self._run(*asked, "download", *missing, folder=debs)
        return debs

    def _unpack(self, debs: Path, root: Path) -> None:
        half = root.with_name("half")
        shutil.rmtree(half, ignore_errors=True)
        half.mkdir()
        for deb in debs.glob("*.deb"):
            self._run("dpkg", "--extract", str(deb), str(half))
        for path in half.rglob("*"):
            if path.is_file() and not path.is_symlink():
                path.chmod(path.stat().st_mode & 0o777)  # nobody becomes root by a sudo of ours
        half.rename(root)
        shutil.rmtree(debs)

    def _run(self, *command: str, folder: Path | None = None) -> str:
        """Run and return what it says, in English."""
        try:
            done = subprocess.run(
                command,
                cwd=folder or self.folder,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=True,
            )
        except subprocess.TimeoutExpired as error:
            raise PackagesMissing(f"{command[0]} did not end in {SECONDS} s") from error
        except subprocess.CalledProcessError as error:
            last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise PackagesMissing(
                f"Debian's packages of {self.what} cannot be had: {last}"
            ) from error
        return done.stdout


def _options(more: list[str]) -> list[str]:
    # As root, apt works as another user, who may not write here.
    return ["--quiet=2", "--option=APT::Sandbox::User=root", *more]
