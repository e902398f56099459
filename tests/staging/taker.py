"""A process that takes over all jobs that it finds, or only looks at them, when it is told to."""

from __future__ import annotations

import json
import sys
import time

from jupyter_openeo_artifacts.staging.debts import owes
from jupyter_openeo_artifacts.staging.interrupted import (
    interrupted,
    interrupted_backends,
    may_wait,
    sweep,
)
from jupyter_openeo_artifacts.staging.job_journals import vouched
from tests.staging.left import CONNECTION


def take() -> None:
    """For each line, a moment: take then, say what, and keep it until the next line."""
    for line in sys.stdin:
        while time.time() < float(line):
            pass
        taken = list(interrupted(CONNECTION, None))
        sys.stdout.write(json.dumps([wish.job for wish, _ in taken]) + "\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for _, ticket in taken:
            ticket.remove()
        sys.stdout.write("\n")
        sys.stdout.flush()


def look() -> None:
    """Look, as fast as that goes."""
    while True:
        may_wait(CONNECTION)
        interrupted_backends()
        owes(CONNECTION)
        vouched("0")
        sweep()


if __name__ == "__main__":
    (take if sys.argv[1] == "take" else look)()
