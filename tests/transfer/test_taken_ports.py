"""A storage for tests that is given a port which somebody else has taken meanwhile."""

from __future__ import annotations

import socket

from tests.transfer import seaweed


def test_a_storage_whose_port_was_taken_gets_another(tmp_path, monkeypatch) -> None:
    # Given
    with socket.create_server(("127.0.0.1", 0)) as other:
        free, taken = seaweed.free_ports, other.getsockname()[1]
        chosen = [[taken, *free(3)], free(4)]
        wanted = chosen[1][0]
        monkeypatch.setattr(seaweed, "free_ports", lambda _: chosen.pop(0))
        # When
        with seaweed.running_storage(tmp_path) as storage:
            # Then
            assert storage.port == wanted
