"""The panel's way to the service through a kernel, for whoever runs code in it."""

from __future__ import annotations

import hmac
import secrets
import threading
from typing import TYPE_CHECKING, Any, ClassVar

from jupyter_openeo_artifacts.errors import OpenEOArtifactsError, Who
from jupyter_openeo_artifacts.notebook.comm import Line
from jupyter_openeo_artifacts.notebook.default_manager import default_service
from jupyter_openeo_artifacts.service.exceptions import NotAllowed
from jupyter_openeo_artifacts.service.scope import Everything

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.service.service import Service


MOST_LINES = 8
"""Pages that are kept: one that is closed often says nothing, and its line costs very little."""


class NoKernel(OpenEOArtifactsError):
    """No Jupyter kernel runs in this process."""

    code: ClassVar[str] = "no_kernel"
    who: ClassVar[Who] = "you"

    def __init__(self) -> None:
        super().__init__("This is no Jupyter kernel.", todo="Run it in a notebook.")


class PanelLines:
    """Opens lines to the one service of a process, to whom has the secret; tabs have one each."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.target: str = f"openeo-artifacts-{secrets.token_hex(8)}"
        self._secret = secrets.token_urlsafe(32)
        self._scope = Everything(service, by_messages=True)
        self._lock = threading.Lock()
        self._lines: list[tuple[Line, Any]] = []

    def address(self) -> dict[str, str]:
        """Return what a page has to open its comm with."""
        return {"target": self.target, "secret": self._secret}

    def on_open(self, comm: Any, message: dict[str, Any]) -> None:
        """Take a comm that brings the secret; close any other at once."""
        data = message.get("content", {}).get("data")
        given = data.get("secret") if isinstance(data, dict) else None
        if not isinstance(given, str) or not hmac.compare_digest(
            given.encode("utf-8", "replace"), self._secret.encode()
        ):
            refused = NotAllowed("This is not the panel's page.", todo="Open the panel again.")
            comm.close(data={"error": refused.to_dict()})
            return
        line = Line(self._scope, comm.send)
        comm.on_msg(lambda told: line.on_message(told["content"]["data"], told.get("buffers", ())))
        comm.on_close(lambda _: line.close())
        with self._lock:
            self._lines = [each for each in self._lines if not each[0].closed]
            self._lines.append((line, comm))
            over, self._lines = self._lines[:-MOST_LINES], self._lines[-MOST_LINES:]
        for old, its_comm in over:
            old.close()
            its_comm.close()


_lines: PanelLines | None = None


def open_panel_line() -> dict[str, str]:
    """Let the panel's page into this kernel, and return the comm's target and the secret it needs.

    The page runs this in the kernel; again it returns the same. Nothing is open before.

    Raises
    ------
    NoKernel
        This process is none.
    """
    global _lines  # noqa: PLW0603  one per process, as the service
    service = default_service()
    if _lines is None or _lines.service is not service:  # a forked process has another
        made = PanelLines(service)
        _comm_manager().register_target(made.target, made.on_open)
        _lines = made
    return _lines.address()


def _comm_manager() -> Any:
    from IPython import get_ipython

    manager = getattr(getattr(get_ipython(), "kernel", None), "comm_manager", None)
    if manager is None:
        raise NoKernel
    return manager
