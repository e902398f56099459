"""Run one program so that it ends with whoever asked for it, even when that one is killed.

Run as a program of its own, `python guard.py SECONDS COMMAND...`: the command gets a process
group of its own; when standard input ends (the asker closed it, or died), or on SIGTERM, the group
gets SIGTERM, and SIGKILL when SECONDS have passed. It ends with the command's exit status. Imports
only the standard library, so that it starts in some 20 ms with `python -I -S`.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from typing import Any

_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


def main(arguments: list[str]) -> int:
    """Guard `arguments[1:]`, giving it `arguments[0]` seconds to leave."""
    grace = float(arguments[0])
    wake, poke = os.pipe()
    os.set_blocking(poke, False)
    signal.set_wakeup_fd(poke)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, _nothing)
    child = subprocess.Popen(  # noqa: S603 - the command is ours
        arguments[1:],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=_die_with_parent if sys.platform == "linux" else None,  # noqa: PLW1509 - one thread here
    )
    while child.poll() is None:
        ready, _, _ = select.select([0, wake], [], [])
        if wake in ready and set(os.read(wake, 64)) <= {signal.SIGCHLD}:
            continue
        break
    return _end(child, grace)


def _end(child: subprocess.Popen[bytes], grace: float) -> int:
    for number, seconds in ((signal.SIGTERM, grace), (signal.SIGKILL, 5.0)):
        if child.poll() is None:
            _signal_group(child.pid, number)
        end = time.monotonic() + seconds
        while child.poll() is None and time.monotonic() < end:
            time.sleep(0.02)
    _signal_group(child.pid, signal.SIGKILL)  # what the program itself left behind
    status = child.wait()
    return status if status >= 0 else 128 - status


def _signal_group(group: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _die_with_parent() -> None:
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _nothing(*_: Any) -> None:
    """Take the signal; the wake-up descriptor tells the loop of it."""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
