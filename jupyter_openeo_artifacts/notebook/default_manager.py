"""The one queue of this kernel, shared by its magics and widgets."""

from __future__ import annotations

import os
import threading

from jupyter_openeo_artifacts.staging.manager import UploadManager

_lock = threading.Lock()


_upload_manager: UploadManager | None = None


def default_upload_manager() -> UploadManager:
    """Return this process's upload manager, made when it is first needed."""
    global _upload_manager  # noqa: PLW0603  one queue per process, as one kernel has one user
    with _lock:
        if _upload_manager is None:
            _upload_manager = UploadManager()
        return _upload_manager


def _reset_after_fork() -> None:
    """Leave the queue to the parent: a forked process makes its own."""
    global _lock, _upload_manager
    _lock, _upload_manager = threading.Lock(), None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
