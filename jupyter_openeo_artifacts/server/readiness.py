"""Having at hand what the first file of a login needs, before there is one."""

from __future__ import annotations

import threading
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.login.session import BackendSession


def get_ready(session: BackendSession) -> None:
    """Import what stages files and ask the STS for a session, in a thread of its own.

    Else the first file would wait for that, and its bytes share the interpreter with the imports.
    The thread does not keep the server from ending: an STS may be silent for minutes.
    """
    threading.Thread(
        target=_get_ready, args=(session,), name="openeo-artifacts-ready", daemon=True
    ).start()


def _get_ready(session: BackendSession) -> None:
    from jupyter_openeo_artifacts.staging.target import SessionTarget

    with suppress(Exception):  # whoever stages is told; a traceback here would tell nobody
        SessionTarget(session).helper()
        import jupyter_openeo_artifacts.transfer.upload  # noqa: F401
