"""What every test has: a home of its own, and the local provider on request."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING

import pytest

from jupyter_openeo_artifacts.records import unlisted

if TYPE_CHECKING:
    from pathlib import Path

pytest_plugins = ["tests.servers.provider", "tests.servers.ceph", "tests.not_run"]


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep a test away from the person's own tokens, ledger and settings."""
    monkeypatch.setattr(unlisted.UNLISTED, "_known", OrderedDict())  # of a test before
    home = tmp_path_factory.mktemp("home")
    for name in (
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "OPENEO_CONFIG_HOME",
        "JUPYTER_OPENEO_ARTIFACTS_HOME",
        "JUPYTER_CONFIG_DIR",
    ):
        folder = home / name.lower()
        # The openEO client takes a folder in the real home before one that is not there yet.
        folder.mkdir(mode=0o700)
        monkeypatch.setenv(name, str(folder))
    for name in ("OPENEO_AUTH_METHOD", "OPENEO_AUTH_CLIENT_ID", "OPENEO_AUTH_CLIENT_SECRET"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS", "")  # undone after servers that set it
    monkeypatch.delenv("JUPYTER_OPENEO_ARTIFACTS_BACKENDS")
    return home
