"""The one queue and the one service of this kernel, shared by magics, widgets and the panel."""

from __future__ import annotations

import os
import threading
from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.staging.manager import UploadManager

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.service.service import Service
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

_lock = threading.RLock()

_upload_manager: UploadManager | None = None

_service: Service | None = None


def default_upload_manager() -> UploadManager:
    """Return this process's upload manager, made when it is first needed."""
    global _upload_manager  # noqa: PLW0603  one queue per process, as one kernel has one user
    with _lock:
        if _upload_manager is None:
            _upload_manager = UploadManager()
        return _upload_manager


def default_service() -> Service:
    """Return this process's service, made when it is first needed."""
    global _service  # noqa: PLW0603  as the queue
    with _lock:
        if _service is None:
            _service = _made()
        return _service


def _made() -> Service:
    from jupyter_openeo_artifacts.backends.configured import (
        backends_without_traits,
        configured_backends,
    )
    from jupyter_openeo_artifacts.service.collaborators import BackendPolicy, Collaborators
    from jupyter_openeo_artifacts.service.service import Change, Service
    from jupyter_openeo_artifacts.staging.target import default_sessions

    class Observer:
        def on_upload(self, view: UploadView, /) -> None:
            made.tell(Change("uploads", view.id, view.state))

        def on_session(self, session: BackendSession, /) -> None:
            made.tell(Change("connections", session.id, session.state))

    collaborators = Collaborators(default_sessions, default_upload_manager, Observer())
    made = Service(
        collaborators,
        lambda: default_upload_manager().ledger,
        # Whoever runs code here may ask any backend, so no rule of a server is kept up.
        BackendPolicy(configured_backends(), allow_others=True, allow_local=True),
        backends=backends_without_traits(),
    )
    # Magics and widgets have used both, perhaps: what is there is shown.
    assert collaborators.upload_manager is not None
    assert collaborators.sessions is not None
    return made


def _reset_after_fork() -> None:
    """Leave the queue to the parent: a forked process makes its own."""
    global _lock, _upload_manager, _service
    _lock, _upload_manager, _service = threading.RLock(), None, None


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_reset_after_fork)
