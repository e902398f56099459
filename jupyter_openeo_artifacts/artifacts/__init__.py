"""What openeo.extra.artifacts describes: capabilities, providers, the helper, URIs, presigned URLs.

Importing this package loads neither openeo nor boto3; a name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.artifacts.build import build_artifact_helper
    from jupyter_openeo_artifacts.artifacts.config import S3STSConfig
    from jupyter_openeo_artifacts.artifacts.exceptions import (
        ArtifactNotOwned,
        ArtifactsException,
        DeletionNotSupported,
        InvalidProviderConfig,
        ListingNotSupported,
        NoAdvertisedProviders,
        NoDefaultConfig,
        ProviderSpecificException,
        UnsupportedArtifactsType,
    )
    from jupyter_openeo_artifacts.artifacts.presigned import PresignedURL
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.artifacts.user_bucket import ListedArtifact
    from jupyter_openeo_artifacts.artifacts.verification import Verification

__all__ = [
    "S3URI",
    "ArtifactNotOwned",
    "ArtifactsException",
    "DeletionNotSupported",
    "InvalidProviderConfig",
    "ListedArtifact",
    "ListingNotSupported",
    "NoAdvertisedProviders",
    "NoDefaultConfig",
    "PresignedURL",
    "ProviderSpecificException",
    "S3STSConfig",
    "UnsupportedArtifactsType",
    "Verification",
    "build_artifact_helper",
]

_HOMES = {
    "ListedArtifact": "user_bucket",
    "PresignedURL": "presigned",
    "S3STSConfig": "config",
    "S3URI": "uri",
    "Verification": "verification",
    "build_artifact_helper": "build",
}


def __getattr__(name: str) -> Any:
    if name in __all__:
        home = _HOMES.get(name, "exceptions")
        return getattr(import_module(f"{__name__}.{home}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
