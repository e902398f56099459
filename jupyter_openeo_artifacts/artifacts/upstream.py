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


def given_flags(config: Any) -> dict[str, bool]:
    """Return the feature flags that somebody chose.

    Upstream's config holds every flag as off where none was chosen, which must not hide what the
    backend advertises; whoever names a single flag has chosen it.
    """
    flags = getattr(config, "feature_flags", None) or {}
    declared = getattr(type(config), "__dataclass_fields__", {}).get("feature_flags")
    untouched = getattr(declared, "default_factory", dict)
    return {} if callable(untouched) and flags == untouched() else dict(flags)
