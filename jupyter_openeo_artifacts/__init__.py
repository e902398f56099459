"""Stage files for openEO jobs: names for notebooks, and the points where Jupyter hooks in.

Importing this package loads neither openeo nor boto3; a name is fetched when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
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
    from jupyter_openeo_artifacts.artifacts.presigned_probe import explain, explain_log
    from jupyter_openeo_artifacts.artifacts.uri import S3URI
    from jupyter_openeo_artifacts.artifacts.user_bucket import ListedArtifact
    from jupyter_openeo_artifacts.artifacts.verification import Verification
    from jupyter_openeo_artifacts.errors import OpenEOArtifactsError
    from jupyter_openeo_artifacts.notebook.uploader import ArtifactUploader
    from jupyter_openeo_artifacts.staging.artifact import Artifact
    from jupyter_openeo_artifacts.staging.helper_cache import build_artifact_helper
    from jupyter_openeo_artifacts.staging.reference import approve_login, presigned_url, verify

__all__ = [
    "S3URI",
    "Artifact",
    "ArtifactNotOwned",
    "ArtifactUploader",
    "ArtifactsException",
    "DeletionNotSupported",
    "InvalidProviderConfig",
    "ListedArtifact",
    "ListingNotSupported",
    "NoAdvertisedProviders",
    "NoDefaultConfig",
    "OpenEOArtifactsError",
    "PresignedURL",
    "ProviderSpecificException",
    "S3STSConfig",
    "UnsupportedArtifactsType",
    "Verification",
    "approve_login",
    "build_artifact_helper",
    "explain",
    "explain_log",
    "presigned_url",
    "verify",
]

_HOMES = {
    "Artifact": "staging.artifact",
    "ArtifactUploader": "notebook.uploader",
    "ArtifactsException": "artifacts.exceptions",
    "DeletionNotSupported": "artifacts.exceptions",
    "ListingNotSupported": "artifacts.exceptions",
    "InvalidProviderConfig": "artifacts.exceptions",
    "ListedArtifact": "artifacts.user_bucket",
    "NoAdvertisedProviders": "artifacts.exceptions",
    "NoDefaultConfig": "artifacts.exceptions",
    "ArtifactNotOwned": "artifacts.exceptions",
    "OpenEOArtifactsError": "errors",
    "PresignedURL": "artifacts.presigned",
    "ProviderSpecificException": "artifacts.exceptions",
    "S3STSConfig": "artifacts.config",
    "S3URI": "artifacts.uri",
    "UnsupportedArtifactsType": "artifacts.exceptions",
    "Verification": "artifacts.verification",
    "approve_login": "staging.reference",
    "build_artifact_helper": "staging.helper_cache",
    "explain": "artifacts.presigned_probe",
    "explain_log": "artifacts.presigned_probe",
    "presigned_url": "staging.reference",
    "verify": "staging.reference",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("jupyter-openeo-artifacts")
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def load_ipython_extension(ipython: Any) -> None:
    """Make the magics known: `%load_ext jupyter_openeo_artifacts` calls this."""
    from jupyter_openeo_artifacts.notebook.magic import register

    register(ipython)


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    """Tell JupyterLab where the panel is, for an editable install."""
    return [{"src": "labextension", "dest": "jupyter-openeo-artifacts"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Tell Jupyter what to load into its server."""
    from jupyter_openeo_artifacts.server.app import OpenEOArtifacts

    return [{"module": "jupyter_openeo_artifacts", "app": OpenEOArtifacts}]
