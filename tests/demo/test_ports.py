"""Ports of the demo, while others look for free ones."""

from __future__ import annotations

import socket

import pytest

from jupyter_openeo_artifacts.demo.ports import LOOPBACK, PortTaken, free_ports, listening_socket


def test_a_port_that_is_taken_is_nobody_elses_before_it_is_served() -> None:
    with listening_socket() as ours, socket.socket() as other:
        port = ours.getsockname()[1]
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with pytest.raises(OSError, match="in use"):
            other.bind((LOOPBACK, port))
        with pytest.raises(PortTaken):
            listening_socket(port)


def test_free_ports_can_be_taken() -> None:
    for port in free_ports(3):
        listening_socket(port).close()
