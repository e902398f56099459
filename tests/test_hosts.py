"""Which lines are nobody else's."""

from __future__ import annotations

import pytest

from jupyter_openeo_artifacts.urls import is_private


@pytest.mark.parametrize(
    ("url", "private"),
    [
        ("https://storage.example", True),
        ("https://storage.example:8443/path", True),
        ("http://127.0.0.1:8333", True),
        ("http://127.8.9.10", True),
        ("http://[::1]:8333", True),
        ("http://localhost:8333", True),
        ("http://storage.example", False),
        ("http://10.0.0.1:8333", False),
        ("http://localhost.example", False),
        ("http://storage.localhost", False),
        ("http://0.0.0.0", False),
        ("ftp://storage.example", False),
    ],
)
def test_https_and_this_machine_are_private(url: str, *, private: bool) -> None:
    assert is_private(url) is private
