"""Where a job's bytes go: one login at one backend."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from jupyter_openeo_artifacts.records.ids import connection_id
from jupyter_openeo_artifacts.staging.helpers import helper_of

if TYPE_CHECKING:
    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
    from jupyter_openeo_artifacts.login.session import BackendSession


class Target(Protocol):
    """A backend, and the helper that stages for its user."""

    @property
    def id(self) -> str:
        """The connection's id."""

    @property
    def backend(self) -> str:
        """The backend's address."""

    def helper(self) -> S3STSArtifactHelper:
        """Return the helper; blocks, and raises where the login has ended."""


class SessionTarget:
    """A login that we keep (panel, command line, run-time reference)."""

    def __init__(self, session: BackendSession) -> None:
        self._session = session

    @property
    def id(self) -> str:
        """The connection's id."""
        return self._session.id

    @property
    def backend(self) -> str:
        """The backend's address."""
        return self._session.backend

    def helper(self) -> S3STSArtifactHelper:
        """Return the helper.

        Raises
        ------
        OpenEOArtifactsError
            Not signed in, or the backend offers no storage that we know.
        """
        return helper_of(self._session.openeo(), self._session.require_storage)


class ConnectionTarget:
    """An openEO connection that the user made in a notebook or script."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    @property
    def id(self) -> str:
        """The connection's id."""
        return connection_id(self.backend)

    @property
    def backend(self) -> str:
        """The backend's address."""
        return str(self._connection.root_url)

    def helper(self) -> S3STSArtifactHelper:
        """Return the helper.

        Raises
        ------
        OpenEOArtifactsError
            Not signed in, or the backend offers no storage that we know.
        """
        return helper_of(self._connection)
