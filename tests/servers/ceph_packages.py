"""Ceph from Debian's packages, unpacked below the checkout.

`python -m tests.servers.ceph_packages` fetches them ahead of a run, as `make ceph` does.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.servers.debian_packages import ROOT, DebianPackages, PackagesMissing

PACKAGES = DebianPackages(
    "Ceph", ("ceph-common", "ceph-mon", "ceph-osd", "radosgw"), ROOT / ".ceph"
)


@dataclass(frozen=True)
class CephPrograms:
    """Where the unpacked packages are; what they lack is the system's own."""

    root: Path

    def find(self, name: str) -> str:
        """Return the path of one of Ceph's programs."""
        found = shutil.which(name, path=f"{self.root}/usr/bin{os.pathsep}{os.environ['PATH']}")
        if not found:
            raise PackagesMissing(f"the packages of this system hold no program {name!r}")
        return found

    def library(self, name: str) -> Path:
        """Return a folder below the library folder."""
        for root in (self.root, Path("/")):
            for found in root.glob(f"usr/lib/*-linux-gnu*/{name}"):
                return found
        raise PackagesMissing(f"the packages of this system hold no folder {name!r}")

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
    """Return Ceph's programs.

    Raises
    ------
    PackagesMissing
        They cannot be had here.
    """
    return CephPrograms(PACKAGES.unpacked())


if __name__ == "__main__":
    try:
        print(f"Ceph {ceph_programs().release} is in {PACKAGES.folder.name}/.")  # noqa: T201
    except PackagesMissing as missing:
        print(f"The tests on Ceph will be skipped: {missing}.")  # noqa: T201
