"""The administrator's list of backends: logins may be used there without a question.

It is in Jupyter's own configuration (`OpenEOArtifacts.backends`), so that server, kernels and
command line read the same, or in one environment variable, which goes before.
"""

from __future__ import annotations

import os
from contextlib import suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from jupyter_openeo_artifacts.errors import BackendAddressInvalid
from jupyter_openeo_artifacts.urls import normalise, origin

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


ENVIRONMENT = "JUPYTER_OPENEO_ARTIFACTS_BACKENDS"
"""Addresses with spaces or commas between them. A Jupyter server sets it for its kernels."""

SHIPPED = (
    {
        "url": "https://openeo.dataspace.copernicus.eu",
        "title": "Copernicus Data Space Ecosystem",
    },
)

_FILE = "jupyter_server_config"
_OWN_FILE = "jupyter_jupyter_openeo_artifacts_config"  # as jupyter_server names an extension's


class ListedBackends:
    """The backends that the administrator vouches for.

    Parameters
    ----------
    addresses
        Returns their addresses; called once, when first needed.
    """

    def __init__(self, addresses: Callable[[], Iterable[str]]) -> None:
        self._given = addresses

    def vouches_for(self, *addresses: str) -> bool:
        """Tell whether one of the normalised addresses is listed, or lies below one that is."""
        return any(_is_below(each, listed) for each in addresses for listed in self._addresses)

    @property
    def has_insecure(self) -> bool:
        """Whether one is reached by http, so that such addresses are let in."""
        return any(address.startswith("http:") for address in self._addresses)

    @cached_property
    def _addresses(self) -> tuple[str, ...]:
        found = []
        for address in self._given():
            with suppress(BackendAddressInvalid):
                found.append(normalise(address, allow_insecure=True))
        return tuple(found)


def configured_backends() -> list[str]:
    """Return the addresses that are listed on this machine, outside of a Jupyter server."""
    named = os.environ.get(ENVIRONMENT)
    if named is not None:
        return _split(named)
    return [str(each["url"]) for each in _from_files() if "url" in each]


def backends_without_traits() -> list[dict[str, Any]]:
    """Return what a Jupyter server offers where its own configuration says nothing."""
    named = os.environ.get(ENVIRONMENT)
    if named is not None:
        return [{"url": address} for address in _split(named)]
    return _from_folders() or [dict(each) for each in SHIPPED]


def hand_to_kernels(addresses: Iterable[str]) -> None:
    """Let the processes that this one starts know its list."""
    os.environ[ENVIRONMENT] = " ".join(addresses)


def _split(text: str) -> list[str]:
    return text.replace(",", " ").split()


def _is_below(address: str, listed: str) -> bool:
    above, path = urlsplit(listed).path.rstrip("/"), urlsplit(address).path
    same = origin(address) == origin(listed)
    return same and (path.rstrip("/") == above or path.startswith(f"{above}/"))


def _from_files() -> list[dict[str, Any]]:
    """Read what a Jupyter server on this machine would be configured with."""
    from jupyter_core.application import JupyterApp
    from traitlets import Dict, List

    class OpenEOArtifacts(JupyterApp):  # the class's name is the section's
        name = _FILE
        backends = List(Dict(), backends_without_traits()).tag(config=True)
        raise_config_file_errors = True
        log_level = "CRITICAL"

    app = OpenEOArtifacts()
    for name in (_FILE, _OWN_FILE):
        app.config_file_name = name
        # A file may be meant for the server's environment alone, and fail in a kernel's.
        with suppress(Exception):
            app.load_config_file()
    return list(app.backends)


def _from_folders() -> list[dict[str, Any]]:
    """Read `jupyter_server_config.d/*.json`, where packages and images put their settings."""
    from jupyter_core.paths import jupyter_config_path
    from traitlets.config.loader import Config, JSONFileConfigLoader

    found = Config()
    for folder in reversed(jupyter_config_path()):  # the nearest last: it wins
        for path in sorted(Path(folder, f"{_FILE}.d").glob("*.json")):
            with suppress(Exception):  # Jupyter itself says what is wrong with such a file
                found.merge(JSONFileConfigLoader(path.name, str(path.parent)).load_config())
    section = found.get("OpenEOArtifacts")
    listed = section.get("backends") if isinstance(section, dict) else None
    if not isinstance(listed, list) or not all(isinstance(each, dict) for each in listed):
        return []
    return listed
