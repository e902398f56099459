"""What a new kernel has: an upload queue, logins and a service that nobody has used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.notebook.default_manager import (
    default_service,
    default_upload_manager,
)
from jupyter_openeo_artifacts.staging.target import default_sessions
from tests.servers.provider import connected

if TYPE_CHECKING:
    from collections.abc import Iterator

    import openeo

    from jupyter_openeo_artifacts.demo.provider import LocalProvider


@pytest.fixture(autouse=True)
def own_queue() -> Iterator[None]:
    """Give each test of a folder that imports this a queue, logins and a service of its own."""
    default_service.forget()
    default_sessions.forget()
    default_upload_manager.forget()
    yield
    made = default_upload_manager.forget()
    if made is not None:
        made.close()
    default_service.forget()
    default_sessions.forget()


@pytest.fixture
def connection(provider: LocalProvider) -> openeo.Connection:
    """Return alice's connection."""
    return connected(provider)
