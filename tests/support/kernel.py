"""What a new kernel has: an upload queue, logins and a service that nobody has used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.notebook import default_manager
from jupyter_openeo_artifacts.staging import target as targets
from tests.servers.provider import connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    import openeo

    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture(autouse=True)
def own_queue(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give each test of a folder that imports this a queue, logins and a service of its own."""
    monkeypatch.setattr(default_manager, "_upload_manager", None)
    monkeypatch.setattr(default_manager, "_service", None)
    monkeypatch.setattr(targets, "_sessions", None)
    yield
    if default_manager._upload_manager is not None:
        default_manager._upload_manager.close()


@pytest.fixture
def connection(provider: LocalProvider) -> openeo.Connection:
    """Return alice's connection."""
    return connected(provider)
