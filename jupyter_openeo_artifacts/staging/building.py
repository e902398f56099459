"""The artifact helper for a connection of the user's own, whose login stays everybody's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jupyter_openeo_artifacts.artifacts import build
from jupyter_openeo_artifacts.login.shared_renewal import share_renewal

if TYPE_CHECKING:
    from openeo.rest.connection import Connection

    from jupyter_openeo_artifacts.artifacts.helper import S3STSArtifactHelper


def build_artifact_helper(
    connection: Connection, config: Any = None, *, provider: str | None = None
) -> S3STSArtifactHelper:
    """Return the helper that stages artifacts for `connection`.

    From then on the connection renews its token by openEO's token store, as the panel does: a
    second use of a refresh token that is good for one would end the login of both.

    Parameters
    ----------
    connection
        A connection that is signed in by OpenID Connect.
    config
        An `S3STSConfig`, ours or upstream's, for what the backend advertises wrongly or not at
        all; only needed when the backend's provider says so. A complete one (both endpoints, role
        and bucket) works whatever is advertised.
    provider
        Id of one of the advertised providers; else the first of a known type is taken, in the
        order in which they are advertised.

    Raises
    ------
    NoAdvertisedProviders
        The backend offers no artifact storage.
    UnsupportedArtifactsType
        What it offers is of a type that is not known here.
    InvalidProviderConfig, NoDefaultConfig
        What it advertises is broken or lacks a value.
    ProviderSpecificException
        There is no usable login.
    """
    share_renewal(connection)
    return build.build_artifact_helper(connection, config, provider=provider)
