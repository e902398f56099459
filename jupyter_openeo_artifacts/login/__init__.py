"""openEO backends and the logins there: a registry, device logins, tokens that stay fresh.

Importing this package or `sessions` loads neither openeo nor requests; other modules need the
latter, `bearer` the former.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jupyter_openeo_artifacts.login.device import DeviceLogin
    from jupyter_openeo_artifacts.login.session import BackendSession
    from jupyter_openeo_artifacts.login.sessions import BackendCheck, Sessions

__all__ = ["BackendCheck", "BackendSession", "DeviceLogin", "Sessions"]

_HOMES = {
    "BackendCheck": "sessions",
    "BackendSession": "session",
    "DeviceLogin": "device",
    "Sessions": "sessions",
}


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
