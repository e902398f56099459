"""What a piece of work costs, measured in the process that does it; needs nothing but Python."""

from __future__ import annotations

import json
import resource
import sys
import time
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@dataclass
class Cost:
    """Seconds by the clock, seconds of the processor (user and system), and memory in MiB.

    `idle` is the resident memory when the work began, with all that it needs imported; `peak` the
    most that the process ever had. `storage` is what the storage used of the processor meanwhile,
    where that was looked at.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    idle: float = 0.0
    peak: float = 0.0
    storage: float = 0.0


@contextmanager
def metered() -> Iterator[Cost]:
    """Measure what happens meanwhile, in this process and in those it waits for."""
    cost = Cost(idle=_memory("VmRSS"))
    begun, used = time.perf_counter(), _cpu()
    yield cost
    cost.seconds, cost.cpu = time.perf_counter() - begun, _cpu() - used
    cost.peak = _memory("VmHWM")


def serve(uploads: dict[str, Callable[[dict[str, Any]], Cost]]) -> None:
    """Do the one upload that standard input names; its cost is the last line of the output."""
    wish = json.load(sys.stdin)
    cost = uploads[wish["upload"]](wish)
    sys.stdout.write(f"\n{json.dumps(asdict(cost))}\n")
    sys.stdout.flush()


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(each.ru_utime + each.ru_stime for each in both)


def _memory(name: str) -> float:
    # Not ru_maxrss, which a process inherits from whoever started it.
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) / 1024
    return 0.0
