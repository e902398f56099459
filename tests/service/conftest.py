"""A Jupyter server and a kernel's service in one process, each with a home of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from jupyter_openeo_artifacts.notebook import default_manager
from jupyter_openeo_artifacts.service.own_uploads import OwnUploads
from jupyter_openeo_artifacts.service.scope import Everything
from jupyter_openeo_artifacts.staging.target import ConnectionTarget

# Their autouse fixtures start a server application for each test, so they stay in this folder.
from tests.server.conftest import *  # noqa: F403
from tests.service.clients import CommClient, HttpClient
from tests.support.kernel import connection, own_queue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import openeo


__all__ = ["connection", "own_queue"]


@pytest.fixture
def over_http(api: Any, tus: Any) -> HttpClient:
    """Return a client of the Jupyter server."""
    return HttpClient(api, tus)


@pytest.fixture
def over_comm(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[], CommClient]]:
    """Return what makes the panel's client of a kernel, in a home that no server has used."""
    clients = []

    def made() -> CommClient:
        home = tmp_path_factory.mktemp("kernel")
        for name in ("OPENEO_CONFIG_HOME", "JUPYTER_OPENEO_ARTIFACTS_HOME"):
            folder = home / name.lower()
            folder.mkdir(mode=0o700)
            monkeypatch.setenv(name, str(folder))
        service = default_manager.default_service()
        clients.append(CommClient(Everything(service, by_messages=True)))
        return clients[-1]

    yield made
    for client in clients:
        client.line.close()


@pytest.fixture
def widget(connection: openeo.Connection) -> Iterator[Callable[..., CommClient]]:
    """Return what makes a widget's client of the kernel."""
    clients = []

    def made(**options: Any) -> CommClient:
        service = default_manager.default_service()
        scope = OwnUploads(service, lambda: ConnectionTarget(connection), **options)
        clients.append(CommClient(scope))
        return clients[-1]

    yield made
    for client in clients:
        client.line.close()
