"""A process that takes over all uploads that it finds, or only looks at them, when told to."""

from __future__ import annotations

import json
import sys
import time

from jupyter_openeo_artifacts.staging.recovery import (
    confirmed_bytes,
    has_cleanup,
    interrupted,
    interrupted_backends,
    may_wait,
    sweep,
)
from tests.staging.left import CONNECTION


def take() -> None:
    """For each line, a moment: take then, say what, and keep it until the next line."""
    for line in sys.stdin:
        while time.time() < float(line):
            pass
        taken = list(interrupted(CONNECTION, None))
        sys.stdout.write(json.dumps([spec.upload for spec, _ in taken]) + "\n")
        sys.stdout.flush()
        sys.stdin.readline()
        for _, upload_record in taken:
            upload_record.remove()
        sys.stdout.write("\n")
        sys.stdout.flush()


def look() -> None:
    """Look, as fast as that goes."""
    while True:
        may_wait(CONNECTION)
        interrupted_backends()
        has_cleanup(CONNECTION)
        confirmed_bytes("0")
        sweep()


if __name__ == "__main__":
    (take if sys.argv[1] == "take" else look)()
