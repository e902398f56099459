"""Ports on the loopback interface: free ones, or the very ones a kept provider had."""

from __future__ import annotations

import socket
from contextlib import ExitStack

from jupyter_openeo_artifacts.demo.exceptions import PortTaken

LOOPBACK = "127.0.0.1"


def listening_socket(port: int = 0) -> socket.socket:
    """Listen on `port` of 127.0.0.1, or on a free one for 0.

    Raises
    ------
    PortTaken
        Somebody else has it.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # Without it a port stays shut for a minute after its last connection closed.
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
        bound.listen()  # a port that is only bound can be taken by whoever reuses addresses, too
    except OSError as error:
        bound.close()
        raise PortTaken(
            port, todo="End the program that uses it, or take another port or --data folder."
        ) from error
    return bound


def free_ports(count: int) -> list[int]:
    """Return `count` different ports that were free a moment ago.

    A program that is told a port binds it later, so another may come between: whoever starts one
    has to try again with other ports.
    """
    with ExitStack() as stack:
        return [stack.enter_context(listening_socket()).getsockname()[1] for _ in range(count)]


def check_free(port: int) -> None:
    """Raise `PortTaken` unless `port` can be bound right now."""
    listening_socket(port).close()
