"""Ceph from Debian's packages, unpacked below the checkout: nothing is installed in the system.

`python -m tests.servers.ceph_packages` fetches them ahead of a run, as `make ceph` does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import filelock

FOLDER = Path(__file__).parents[2] / ".ceph"
PACKAGES = ("ceph-common", "ceph-mon", "ceph-osd", "radosgw")
SECONDS = 600  # a download of some 70 MB


class CephMissing(Exception):
    """Ceph cannot be had on this machine; the text says why."""


@dataclass(frozen=True)
class CephPrograms:
    """Where the unpacked packages are; what they lack is the system's own."""

    root: Path

    def find(self, name: str) -> str:
        """Return the path of one of Ceph's programs."""
        found = shutil.which(name, path=f"{self.root}/usr/bin{os.pathsep}{os.environ['PATH']}")
        if not found:
            raise CephMissing(f"the packages of this system hold no program {name!r}")
        return found

    def library(self, name: str) -> Path:
        """Return a folder below the library folder."""
        for root in (self.root, Path("/")):
            for found in root.glob(f"usr/lib/*-linux-gnu*/{name}"):
                return found
        raise CephMissing(f"the packages of this system hold no folder {name!r}")

    def environment(self) -> dict[str, str]:
        """Return what the programs need to find their own parts."""
        libraries = [
            str(path)
            for pattern in ("usr/lib/*-linux-gnu*", "usr/lib/*-linux-gnu*/ceph", "lib/*-linux-gnu*")
            for path in self.root.glob(pattern)
        ]
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "TZ") if name in os.environ}
        return kept | {
            "LD_LIBRARY_PATH": os.pathsep.join(libraries),
            "PYTHONPATH": str(self.root / "usr/lib/python3/dist-packages"),
        }

    def command_line(self) -> list[str]:
        """Return how to call `ceph`, which is a program for the system's own Python."""
        python = self.root / "usr/bin/python3"
        return [str(python) if python.exists() else "/usr/bin/python3", self.find("ceph")]

    @property
    def release(self) -> int:
        """The number of Ceph's release, as 16."""
        said = subprocess.run(
            [self.find("radosgw"), "--version"],
            env=self.environment(),
            check=True,
            capture_output=True,
            text=True,
        )
        return int(said.stdout.removeprefix("ceph version ").partition(".")[0])


def ceph_programs() -> CephPrograms:
    """Return Ceph's programs; fetched once, by one process.

    Raises
    ------
    CephMissing
        They cannot be had here.
    """
    root = FOLDER / "root"
    FOLDER.mkdir(exist_ok=True)
    with filelock.FileLock(FOLDER / ".lock"):
        if not root.exists():
            _fetch(root)
    return CephPrograms(root)


def _fetch(root: Path) -> None:
    for program in ("apt-get", "dpkg"):
        if not shutil.which(program):
            raise CephMissing(f"there is no {program} here; Ceph comes from Debian's packages")
    # What the system knows of its packages may be nothing, or old: then we ask for ourselves.
    try:
        _unpack(_download([]), root)
    except CephMissing:
        _unpack(_download(_own_lists()), root)
        shutil.rmtree(FOLDER / "apt")


def _own_lists() -> list[str]:
    """Ask the system's package servers what they have; return the options that make use of it."""
    lists, cache = FOLDER / "apt/lists", FOLDER / "apt/cache"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    (cache / "archives/partial").mkdir(parents=True, exist_ok=True)
    options = [f"--option=Dir::State::Lists={lists}", f"--option=Dir::Cache={cache}"]
    _run("apt-get", *_options(options), "update")
    return options


def _download(options: list[str]) -> Path:
    debs = FOLDER / "debs"
    shutil.rmtree(debs, ignore_errors=True)
    debs.mkdir()
    asked = _options(options)
    plan = _run("apt-get", *asked, "--simulate", "--no-install-recommends", "install", *PACKAGES)
    names = [line.split()[1] for line in plan.splitlines() if line.startswith("Inst ")]
    if names:  # none are missing where Ceph is installed
        _run("apt-get", *asked, "download", *names, folder=debs)
    return debs


def _options(more: list[str]) -> list[str]:
    # As root, apt works as another user, who may not write here.
    return ["--quiet=2", "--option=APT::Sandbox::User=root", *more]


def _unpack(debs: Path, root: Path) -> None:
    half = root.with_name("half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    for deb in debs.glob("*.deb"):
        _run("dpkg", "--extract", str(deb), str(half))
    for path in half.rglob("*"):
        if path.is_file() and not path.is_symlink():
            path.chmod(path.stat().st_mode & 0o777)  # nobody shall become root by a sudo of ours
    half.rename(root)
    shutil.rmtree(debs)


def _run(*command: str, folder: Path | None = None) -> str:
    """Run and return what it says, in English."""
    try:
        done = subprocess.run(
            command,
            cwd=folder or FOLDER,
            env={**os.environ, "LC_ALL": "C.UTF-8"},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=True,
        )
    except subprocess.TimeoutExpired as error:
        raise CephMissing(f"{command[0]} did not end in {SECONDS} s") from error
    except subprocess.CalledProcessError as error:
        last = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise CephMissing(f"Debian's packages of Ceph cannot be had: {last}") from error
    return done.stdout


if __name__ == "__main__":
    try:
        print(f"Ceph {ceph_programs().release} is in {FOLDER.name}/.")  # noqa: T201
    except CephMissing as missing:
        print(f"The tests on Ceph will be skipped: {missing}.")  # noqa: T201
