"""The one queue of this kernel, shared by its magics and widgets."""

from __future__ import annotations

import threading

from jupyter_openeo_artifacts.staging.stager import Stager

_lock = threading.Lock()
_stager: Stager | None = None


def own_stager() -> Stager:
    """Return this process's stager, made when it is first needed."""
    global _stager  # noqa: PLW0603  one queue per process, as one kernel has one user
    with _lock:
        if _stager is None:
            _stager = Stager()
            _close_in_the_end(_stager)
        return _stager


def _close_in_the_end(stager: Stager) -> None:
    """Have what runs cancelled when the kernel ends.

    `atexit` would be too late: Python joins the queue's threads before, and they may be waiting for
    a page that is closed. Jupyter would kill the kernel after some seconds, and an unfinished
    upload and its bytes on the disk would stay. The executors use the same hook (CPython
    3.11 to 3.14, `concurrent/futures/thread.py`).
    """
    register = getattr(threading, "_register_atexit", None)
    if register is not None:
        register(stager.close)
