"""The one queue and the one service of this kernel, shared by magics, widgets and the panel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_openeo_artifacts.concurrency.process_end import OnePerProcess
from jupyter_openeo_artifacts.staging.manager import UploadManager

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.backends.session import BackendSession
    from jupyter_openeo_artifacts.service.service import Service
    from jupyter_openeo_artifacts.staging.upload_spec import UploadView

default_upload_manager = OnePerProcess(UploadManager)
"""Returns this process's upload manager, as one kernel has one user."""


def _service() -> Service:
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


default_service = OnePerProcess(_service)
"""Returns this process's service."""
