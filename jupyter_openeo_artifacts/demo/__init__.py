"""A whole openEO provider on this machine: real S3 and STS, a real OpenID provider, an openEO API.

For trying the software without an account anywhere, and for its tests. Importing this package
loads nothing; `LocalProvider` needs what `pip install "jupyter-openeo-artifacts[demo]"` brings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.demo.provider import LocalProvider

__all__ = ["LocalProvider"]


def __getattr__(name: str) -> Any:
    if name == "LocalProvider":
        from jupyter_openeo_artifacts.demo.provider import LocalProvider

        return LocalProvider
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
