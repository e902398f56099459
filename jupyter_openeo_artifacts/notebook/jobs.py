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
        return _stager
