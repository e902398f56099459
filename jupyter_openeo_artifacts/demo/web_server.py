"""A web application served by waitress on the loopback interface, in threads of this process."""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket

_THREADS = 8
_LOOK_AROUND_SECONDS = 1.0


class WebServer:
    """Serves one application on a socket that listens already, so that its port is sure.

    Parameters
    ----------
    bound
        A listening socket; it belongs to the server from now on.
    """

    def __init__(self, app: Any, bound: socket.socket, *, name: str) -> None:
        import waitress

        # It warns of every request that waits a moment for a thread.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)

        self._sockets: dict[int, Any] = {}
        self._server = waitress.create_server(
            app, map=self._sockets, sockets=[bound], threads=_THREADS, ident=None
        )
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._answer, name=name, daemon=True)

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port and all connections."""
        from waitress import wasyncore

        # Workers and loop first: who is not done wakes the loop by a pipe, whose number could be
        # somebody else's file by then.
        self._server.task_dispatcher.shutdown(timeout=1)
        self._stopping.set()
        if self._thread.is_alive():
            self._server.trigger.pull_trigger()
            self._thread.join()
        wasyncore.close_all(self._sockets, ignore_all=True)

    def _answer(self) -> None:
        from waitress import wasyncore

        while not self._stopping.is_set():
            wasyncore.loop(timeout=_LOOK_AROUND_SECONDS, map=self._sockets, count=1)
