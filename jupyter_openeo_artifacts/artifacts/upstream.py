"""The one file that knows upstream's private names; without them, everything else still works."""

from __future__ import annotations

from typing import Any


def register(helper: type[Any]) -> None:
    """Let `isinstance(helper, ArtifactHelperABC)` hold, without inheriting its private methods."""
    try:
        from openeo.extra.artifacts._artifact_helper_abc import ArtifactHelperABC
    except ImportError:
        return
    ArtifactHelperABC.register(helper)


def config_type(config: Any) -> str:
    """Return the type of ours, or of upstream's configs."""
    get_type = getattr(config, "get_type", None)
    return str(get_type()) if callable(get_type) else type(config).__name__
