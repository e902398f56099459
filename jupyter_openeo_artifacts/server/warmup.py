"""Having at hand what the first file of a login needs, before there is one."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.backends.session import BackendSession


def get_ready(session: BackendSession) -> None:
    """Import what stages files, ask the STS for a session, make the S3 client; in an own thread.

    Else the first file would wait for that, and its bytes share the interpreter with it. The thread
    does not keep the server from ending: an STS may be silent for minutes.
    """
    threading.Thread(
        target=_get_ready, args=(session,), name="openeo-artifacts-ready", daemon=True
    ).start()


def _get_ready(session: BackendSession) -> None:
    from jupyter_openeo_artifacts.staging.target import SessionTarget

    with suppress(Exception):  # whoever stages is told; a traceback here would tell nobody
        SessionTarget(session).helper().get_ready()
        import jupyter_openeo_artifacts.transfer.upload  # noqa: F401
