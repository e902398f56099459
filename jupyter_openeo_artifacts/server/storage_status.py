"""Whether a backend offers storage that we know, in the words of openapi.yaml."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True)
class StorageView:
    """The schema `Storage`; see the meaning of the states there."""

    state: Literal["ready", "none", "unsupported", "invalid", "unknown"]
    provider: str | None = None


UNKNOWN = StorageView("unknown")


def require(artifacts: Any, backend: str) -> str:
    """Return the id of the provider that will be used; blocks for the imports.

    Parameters
    ----------
    artifacts
        The raw value of `artifacts` in the backend's capabilities.
    backend
        The backend's address.

    Raises
    ------
    NoAdvertisedProviders, UnsupportedArtifactsType, InvalidProviderConfig, NoDefaultConfig
        There is none that can be used.
    """
    from jupyter_openeo_artifacts.artifacts.capabilities import choose, providers
    from jupyter_openeo_artifacts.artifacts.config import resolve

    chosen = choose(providers(artifacts))
    resolve(None, chosen.config, chosen.id, encrypted=backend.startswith("https:"))
    return chosen.id


def view(artifacts: Any, backend: str) -> StorageView:
    """Return what the panel shows; blocks for the imports. Parameters are those of `require`."""
    from jupyter_openeo_artifacts.artifacts import exceptions

    try:
        return StorageView("ready", require(artifacts, backend))
    except exceptions.NoAdvertisedProviders:
        return StorageView("none")
    except exceptions.UnsupportedArtifactsType as error:
        return StorageView("unsupported", error.type_id)
    except exceptions.ArtifactsException:
        return StorageView("invalid")
