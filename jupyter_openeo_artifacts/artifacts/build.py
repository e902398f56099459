"""From a connection to its artifact helper."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts import upstream
from jupyter_openeo_artifacts.artifacts.capabilities import (
    KNOWN_TYPES,
    advertised,
    choose,
    providers,
)
from jupyter_openeo_artifacts.artifacts.config import resolve
from jupyter_openeo_artifacts.artifacts.exceptions import (
    InvalidProviderConfig,
    NoAdvertisedProviders,
    UnsupportedArtifactsType,
)
from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper
from jupyter_openeo_artifacts.artifacts.upstream import as_artifacts_exception

if TYPE_CHECKING:
    from collections.abc import Callable

    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.access_token import StorageLogin
    from jupyter_openeo_artifacts.s3.settings import Storage

_NEEDED = ("s3_endpoint", "sts_endpoint", "role", "bucket")


@as_artifacts_exception
def build_artifact_helper(
    connection: Connection, config: Any = None, *, provider: str | None = None
) -> S3STSArtifactHelper:
    """Return the helper for `connection`, which goes on renewing its token.

    Parameters and errors are those of `jupyter_openeo_artifacts.build_artifact_helper`.
    """
    if config is not None and upstream.config_type(config) not in KNOWN_TYPES:
        raise UnsupportedArtifactsType(upstream.config_type(config))
    return S3STSArtifactHelper(connection, _storage(connection, config, provider))


@as_artifacts_exception
def admitted_helper(
    connection: Connection,
    admit: Callable[[str, str], None],
    *,
    public_only: bool = False,
    login: StorageLogin | None = None,
) -> S3STSArtifactHelper:
    """Return the helper of a login that is not for every storage.

    Parameters
    ----------
    admit
        Called with the STS and the S3 endpoint before anything is sent to them; may raise.
    public_only
        Connect to them at public addresses only.
    login
        Whose tokens are shown to the STS; the openEO client's own if not given.

    Raises
    ------
    OpenEOArtifactsError
        As `build_artifact_helper`, and what `admit` raises.
    """
    storage = replace(_storage(connection, None, None), public_only=public_only)
    admit(storage.sts_endpoint, storage.s3_endpoint)
    return S3STSArtifactHelper(connection, storage, login)


def advertised_endpoints(connection: Connection) -> tuple[str, str]:
    """Return the STS and the S3 endpoint that a helper of the connection would use.

    Only the backend is asked.

    Raises
    ------
    OpenEOArtifactsError
        It offers no storage that is known here.
    """
    storage = _storage(connection, None, None)
    return storage.sts_endpoint, storage.s3_endpoint


def _storage(connection: Connection, config: Any, provider: str | None) -> Storage:
    encrypted = connection.root_url.startswith("https:")
    try:
        chosen = choose(providers(advertised(connection)), provider)
        return resolve(config, chosen.config, chosen.id, encrypted=encrypted)
    except (NoAdvertisedProviders, UnsupportedArtifactsType):
        if config is None or provider is not None:
            raise
    except InvalidProviderConfig:
        complete = all(getattr(config, key, None) is not None for key in _NEEDED)
        if not complete or provider is not None:
            raise
    return resolve(config, {}, "configured", encrypted=encrypted)
