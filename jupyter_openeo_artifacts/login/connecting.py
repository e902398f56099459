"""From an address that was found to be openEO to the openEO client's connection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import requests

from jupyter_openeo_artifacts.deadline import within
from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
from jupyter_openeo_artifacts.login.address import host_of, origin
from jupyter_openeo_artifacts.login.exceptions import BackendFailed, BackendRedirects
from jupyter_openeo_artifacts.login.http import BoundedSession
from jupyter_openeo_artifacts.login.probe import unreachable

if TYPE_CHECKING:
    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.login.probe import Probe

SECONDS = 6.0
USE_SECONDS = 60
"""The longest silence in an answer once connected."""


def connect(backend: Probe) -> Connection:
    """Return a connection of the openEO client, not authenticated.

    Its requests have time-outs, and none with a token is redirected to another host.

    Raises
    ------
    BackendUnreachable, BackendFailed, BackendRedirects
        The backend has changed its mind since it was probed; after `SECONDS` at the latest.
    """
    from jupyter_openeo_artifacts.login.openeo_connection import QuietConnection

    # Imported before the clock starts: the first time takes seconds.

    def call() -> Any:
        return QuietConnection(
            backend.root,
            session=BoundedSession(USE_SECONDS, once_more=True, public_only=backend.public_only),
            default_timeout=USE_SECONDS,
        )

    host = host_of(backend.backend)
    try:
        connection = within(SECONDS, call, name=f"connecting to {host}")
    except (requests.RequestException, TimeoutError) as error:
        raise unreachable(error, backend.backend) from error
    except OpenEOArtifactsError:
        raise
    except Exception as error:  # whatever the client makes of an odd document
        raise BackendFailed(
            f"{host} does not answer as the openEO client expects.",
            todo="Try again later; if it stays so, tell the provider of the backend.",
        ) from error
    if origin(connection.root_url) != origin(backend.root):
        raise BackendRedirects(
            f"{host} sends its users to {host_of(connection.root_url)}.",
            todo="If you trust that address, enter it instead.",
        )
    found: Connection = connection
    return found
